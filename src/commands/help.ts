import { version } from "../base/program-version.ts";
import { type CommandSpec, type OptionSpec, optionSignature } from "./spec.ts";

const WIDTH = 100;

/** Breaks text into lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}

function optionLines(options: readonly OptionSpec[]): string[] {
  const column = Math.min(26, Math.max(...options.map((option) => optionSignature(option).length)) + 4);
  return options.flatMap((option) => {
    const signature = `  ${optionSignature(option)}`;
    const text = wrap(option.help, WIDTH - column);
    const first = signature.length < column ? signature.padEnd(column) + (text.shift() ?? "") : signature;
    return [first, ...text.map((line) => " ".repeat(column) + line)];
  });
}

/** `mondo help`: all commands on one screen. */
export function renderOverview(specs: readonly CommandSpec[]): string {
  const rows = specs.map((spec) => `  ${spec.name.padEnd(14)}${spec.summary}`);
  return [
    `mondo ${version}: back up this running machine to a bootable disc, and bring it back on a blank disk.`,
    "",
    "Usage: mondo COMMAND [OPTION]…",
    "",
    ...rows,
    "",
    'Run "mondo help COMMAND" for its options, "mondo help boot" for the words of the boot prompt. mondoarchive, mondorestore and mindi are other names of this program.',
    "",
  ].join("\n");
}

/** `mondo help COMMAND`. */
export function renderHelp(spec: CommandSpec): string {
  const names = [`mondo ${spec.name}`, ...(spec.alsoCalled ?? [])];
  const lines = [...names.map((name, i) => `${i === 0 ? "Usage:" : "      "} ${name} ${spec.usage}`), ""];
  for (const paragraph of spec.description) lines.push(...wrap(paragraph, WIDTH), "");
  if (spec.options.length > 0) lines.push("Options:", ...optionLines(spec.options), "");
  if (spec.examples) lines.push("Examples:", ...spec.examples.flatMap((e) => [`  ${e.line}`, `      ${e.does}`]), "");
  return lines.join("\n");
}

const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");

/** The manual page, mondo(8), in roff. `bootWords` is the preformatted list of boot words. */
export function renderManPage(specs: readonly CommandSpec[], bootWords: string): string {
  const out = [
    `.TH MONDO 8 "" "mondo ${version}"`,
    ".SH NAME",
    "mondo, mondoarchive, mondorestore, mindi \\- bare\\-metal disaster recovery for Linux",
    ".SH SYNOPSIS",
  ];
  for (const spec of specs) out.push(".br", `.B mondo ${spec.name}`, roff(spec.usage));
  for (const spec of specs) {
    out.push(`.SH "${spec.name.toUpperCase()}"`, roff(spec.summary));
    for (const paragraph of spec.description) out.push(".PP", roff(paragraph));
    for (const option of spec.options) out.push(".TP", `.B ${roff(optionSignature(option))}`, roff(option.help));
    for (const example of spec.examples ?? []) out.push(".TP", `.B ${roff(example.line)}`, roff(example.does));
  }
  out.push('.SH "BOOT WORDS"', ".nf", roff(bootWords.trimEnd()), ".fi");
  out.push('.SH "EXIT STATUS"');
  for (const [code, meaning] of exitStatuses) out.push(".TP", `.B ${code}`, roff(meaning));
  return `${out.join("\n")}\n`;
}

/** What the exit status says. */
export const exitStatuses: readonly (readonly [number, string])[] = [
  [0, "done"],
  [1, "failed"],
  [2, "the command line can't be understood, or root is needed"],
  [3, "done, but some files could not be saved or restored as they are; they were listed"],
  [4, "differences were found"],
  [10, "refused; nothing was touched"],
];

/** A completion script for bash. */
export function renderBashCompletion(specs: readonly CommandSpec[]): string {
  const words = (options: readonly OptionSpec[]) =>
    options
      .flatMap((o) => [o.letter && `-${o.letter}`, o.long && `--${o.long}`])
      .filter(Boolean)
      .join(" ");
  const valued = specs.flatMap((spec) => spec.options.filter((o) => o.completes));
  const pattern = (kind: "directory" | "file") =>
    [
      ...new Set(
        valued
          .filter((o) => o.completes === kind)
          .flatMap((o) => [o.letter && `-${o.letter}`, o.long && `--${o.long}`]),
      ),
    ]
      .filter(Boolean)
      .join("|") || "--";
  const cases = specs.map((s) => `    ${[s.name, ...(s.alsoCalled ?? [])].join("|")}) words="${words(s.options)}" ;;`);
  return [
    "# bash completion for mondo and its other names",
    "_mondo() {",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not JavaScript
    '  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" command words=""',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not JavaScript
    '  command="${COMP_WORDS[0]##*/}"',
    '  if [ "$command" = mondo ]; then',
    `    if [ "$COMP_CWORD" = 1 ]; then COMPREPLY=($(compgen -W "${specs.map((s) => s.name).join(" ")}" -- "$current")); return; fi`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not JavaScript
    '    command="${COMP_WORDS[1]}"',
    "  fi",
    '  case "$before" in',
    `    ${pattern("directory")}) COMPREPLY=($(compgen -d -- "$current")); return ;;`,
    `    ${pattern("file")}) COMPREPLY=($(compgen -f -- "$current")); return ;;`,
    "  esac",
    '  case "$command" in',
    ...cases,
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    "}",
    `complete -F _mondo mondo ${specs.flatMap((s) => s.alsoCalled ?? []).join(" ")}`,
    "",
  ].join("\n");
}
