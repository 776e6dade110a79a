import { msg } from "../../base/message.ts";
import { version } from "../../base/program-version.ts";
import { type CommandSpec, optionSignature } from "../spec.ts";
import { exitStatuses } from "./exit-statuses.ts";

const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");

const heading = (text: string): string => `.SH "${text}"`;

function commandSection(spec: CommandSpec): string[] {
  const out = [heading(spec.name.toUpperCase()), roff(spec.summary)];
  for (const paragraph of spec.description) out.push(".PP", roff(paragraph));
  for (const option of spec.options) out.push(".TP", `.B ${roff(optionSignature(option))}`, roff(option.help));
  for (const example of spec.examples ?? []) out.push(".TP", `.B ${roff(example.line)}`, roff(example.does));
  return out;
}

/** The manual page, mondo(8), in roff. `bootWords` is the preformatted list of boot words. */
export function renderManPage(specs: readonly CommandSpec[], bootWords: string): string {
  const out = [
    `.TH MONDO 8 "" "mondo ${version}"`,
    heading(msg`NAME`),
    `mondo, mondoarchive, mondorestore, mindi \\- ${roff(msg`bare-metal disaster recovery for Linux`)}`,
    heading(msg`SYNOPSIS`),
    ...specs.flatMap((spec) => [".br", `.B mondo ${spec.name}`, roff(spec.usage)]),
    ...specs.flatMap(commandSection),
    heading(msg`BOOT WORDS`),
    ".nf",
    roff(bootWords.trimEnd()),
    ".fi",
    heading(msg`EXIT STATUS`),
    ...exitStatuses.flatMap(([code, meaning]) => [".TP", `.B ${code}`, roff(meaning)]),
  ];
  return `${out.join("\n")}\n`;
}
