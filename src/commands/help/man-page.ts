import { version } from "../../base/program-version.ts";
import { type CommandSpec, optionSignature } from "../spec.ts";
import { exitStatuses } from "./exit-statuses.ts";

const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");

function commandSection(spec: CommandSpec): string[] {
  const out = [`.SH "${spec.name.toUpperCase()}"`, roff(spec.summary)];
  for (const paragraph of spec.description) out.push(".PP", roff(paragraph));
  for (const option of spec.options) out.push(".TP", `.B ${roff(optionSignature(option))}`, roff(option.help));
  for (const example of spec.examples ?? []) out.push(".TP", `.B ${roff(example.line)}`, roff(example.does));
  return out;
}

/** The manual page, mondo(8), in roff. `bootWords` is the preformatted list of boot words. */
export function renderManPage(specs: readonly CommandSpec[], bootWords: string): string {
  const out = [
    `.TH MONDO 8 "" "mondo ${version}"`,
    ".SH NAME",
    "mondo, mondoarchive, mondorestore, mindi \\- bare\\-metal disaster recovery for Linux",
    ".SH SYNOPSIS",
    ...specs.flatMap((spec) => [".br", `.B mondo ${spec.name}`, roff(spec.usage)]),
    ...specs.flatMap(commandSection),
    '.SH "BOOT WORDS"',
    ".nf",
    roff(bootWords.trimEnd()),
    ".fi",
    '.SH "EXIT STATUS"',
    ...exitStatuses.flatMap(([code, meaning]) => [".TP", `.B ${code}`, roff(meaning)]),
  ];
  return `${out.join("\n")}\n`;
}
