import { msg } from "../../base/message.ts";
import { version } from "../../base/program-version.ts";
import { termLines, wrap } from "../../base/wrap.ts";
import { type CommandSpec, type OptionSpec, optionSignature } from "../spec.ts";

/** Lines longer than this are hard to read, however wide the terminal is. */
const WIDEST = 100;
const NARROWEST = 40;

/** The width of help on a terminal of so many columns. */
export const helpWidth = (columns: number): number => Math.max(NARROWEST, Math.min(WIDEST, columns));

function optionLines(options: readonly OptionSpec[], width: number): string[] {
  const longest = Math.max(...options.map((option) => optionSignature(option).length));
  const column = Math.min(26, Math.floor(width / 3), longest + 4);
  return options.flatMap((option) => termLines(optionSignature(option), option.help, { width, column }));
}

/** `mondo help`: all commands, wrapped to the width in characters. */
export function renderOverview(specs: readonly CommandSpec[], width: number): string {
  const rows = specs.flatMap((spec) => termLines(spec.name, spec.summary, { width, column: 16 }));
  const intro = msg`mondo ${version}: back up this running machine to a bootable disc, and restore it onto blank disks.`;
  const more = msg`Run "mondo help COMMAND" for its options, and "mondo help boot" for the words of the boot prompt. mondoarchive, mondorestore and mindi are other names of this program.`;
  return [
    ...wrap(intro, width),
    "",
    msg`Usage: mondo COMMAND [OPTION]…`,
    "",
    ...rows,
    "",
    ...wrap(more, width),
    "",
  ].join("\n");
}

/** The usage line of one name, continued below its first word. */
function usageLines(name: string, usage: string, first: boolean, width: number): string[] {
  const word = msg`Usage:`;
  const column = word.length + 1;
  const [line = "", ...others] = wrap(`${name} ${usage}`.trim(), width - column);
  return [
    `${first ? word : " ".repeat(word.length)} ${line}`,
    ...others.map((other) => `${" ".repeat(column + 2)}${other}`),
  ];
}

/** `mondo help COMMAND`, wrapped to the width in characters; command lines of examples stay whole. */
export function renderHelp(spec: CommandSpec, width: number): string {
  const names = [`mondo ${spec.name}`, ...(spec.alsoCalled ?? [])];
  const lines = [...names.flatMap((name, index) => usageLines(name, spec.usage, index === 0, width - 2)), ""];
  for (const paragraph of spec.description) lines.push(...wrap(paragraph, width), "");
  if (spec.options.length > 0) lines.push(msg`Options:`, ...optionLines(spec.options, width), "");
  if (spec.examples) {
    const examples = spec.examples.flatMap(({ line, does }) => [
      `  ${line}`,
      ...wrap(does, width - 6).map((part) => `      ${part}`),
    ]);
    lines.push(msg`Examples:`, ...examples, "");
  }
  return lines.join("\n");
}
