import { msg } from "../../base/message.ts";
import { type Completes, type OptionSpec, spellingsOf } from "../spec.ts";
import type { CompletedCommand } from "./completed-command.ts";

/** Text inside single quotes, without what _arguments(zshcompsys) takes for its own. */
const quoted = (text: string): string => text.replaceAll("'", "’").replace(/[[\]:\\]/g, "\\$&");

/** The action of _arguments that offers what completes a word. */
function action(completes: Completes | undefined): string {
  if (completes === undefined) return " ";
  if (typeof completes === "object") {
    const words = `(${completes.words.join(" ")})`;
    return completes.files ? `_mondo_words_or_files ${completes.words.join(" ")}` : words;
  }
  return { directory: "_files -/", file: "_files", set: '_files -g "*.(iso|ISO)(-.) *(-/) *(%)"' }[completes];
}

/** One specification of _arguments: `'(-d --dir)'{-d,--dir}'[what it does]:DIR:_files -/'`. */
function argument(option: OptionSpec): string {
  const spellings = spellingsOf(option);
  const value = option.value === undefined ? "" : `:${quoted(option.value)}:${action(option.completes)}`;
  const text = `[${quoted(option.help)}]${value}`;
  const [only = ""] = spellings;
  const takes = (spelling: string) =>
    option.value !== undefined && spelling.startsWith("--") ? `${spelling}=` : spelling;
  if (spellings.length === 1) return `'${option.many ? "*" : ""}${takes(only)}${text}'`;
  return `${option.many ? "'*'" : `'(${spellings.join(" ")})'`}{${spellings.map(takes).join(",")}}'${text}'`;
}

function commandArm({ names, options, operand }: CompletedCommand): string[] {
  const lines = options.map((option) => `      ${argument(option)}`);
  const rest = operand === undefined ? [] : [`      '*: :${action(operand)}'`];
  return [
    `    ${names.join("|")}) _arguments -s -S \\`,
    [...lines, ...rest, `      '--help[${quoted(msg`explain the command`)}]'`].join(" \\\n"),
    "      ;;",
  ];
}

/** A completion script for zsh, to lie in a directory of its `fpath` as `_mondo`. */
export function renderZshCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.flatMap(({ names: [, ...others] }) => others);
  return [
    `#compdef mondo ${names.join(" ")}`,
    '_mondo_words_or_files() { compadd -- "$@"; _files }',
    "_mondo_command() {",
    '  case "$1" in',
    ...commands.flatMap(commandArm),
    "  esac",
    "}",
    "_mondo() {",
    "  if [[ $service != mondo ]]; then _mondo_command $service; return; fi",
    "  if (( CURRENT == 2 )); then",
    "    local -a commands=(",
    ...commands.map(({ names: [name], summary }) => `      '${name}:${quoted(summary)}'`),
    "    )",
    "    _describe command commands",
    "    return",
    "  fi",
    "  shift words; (( CURRENT-- ))",
    "  _mondo_command $words[1]",
    "}",
    '_mondo "$@"',
    "",
  ].join("\n");
}
