import { type Completes, spellingsOf } from "../spec.ts";
import type { CompletedCommand } from "./completed-command.ts";

/** The shell command that offers what completes a word. */
function offer(completes: Completes): string {
  if (typeof completes === "object")
    return `_mondo_words "${completes.words.join(" ")}"${completes.files ? " files" : ""}`;
  return { directory: "_mondo_files -d", file: "_mondo_files -f", set: "_mondo_sets" }[completes];
}

/**
 * Values of a command's options: one arm for each option that has something to offer, one for each that has nothing.
 */
function valueArms({ names: [name], options }: CompletedCommand): string[] {
  return options
    .filter((option) => option.value !== undefined)
    .map((option) => {
      const patterns = spellingsOf(option).map((spelling) => `"${name} ${spelling}"`);
      return `    ${patterns.join("|")}) ${option.completes ? `${offer(option.completes)}; ` : ""}return ;;`;
    });
}

const START = `# bash completion for mondo and its other names
_mondo_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY+=($(compgen "$1" -- "$current"))
}
_mondo_words() {
  local IFS=$' \\n'
  COMPREPLY=($(compgen -W "$1" -- "$current"))
  if [ -n "$2" ]; then _mondo_files -f; fi
}
_mondo_sets() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -X '!*.[iI][sS][oO]' -- "$current") $(compgen -d -- "$current"))
  case "$current" in /dev/*) COMPREPLY=($(compgen -f -- "$current")) ;; esac
}
_mondo() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[0]##*/}"
  COMPREPLY=()
  if [ "$current" = = ]; then current=; elif [ "$before" = = ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"; fi`;

/** A completion script for bash. */
export function renderBashCompletion(commands: readonly CompletedCommand[]): string {
  const others = commands.flatMap(({ names: [name, ...rest] }) => rest.map((other) => ({ name, other })));
  const words = ({ options }: CompletedCommand) => options.flatMap(spellingsOf).join(" ");
  return [
    START,
    '  case "$command" in',
    ...others.map(({ name, other }) => `    ${other}) command=${name} ;;`),
    "    *)",
    '      if [ "$COMP_CWORD" = 1 ]; then',
    `        _mondo_words "${commands.map(({ names: [name] }) => name).join(" ")} --help --version"; return`,
    "      fi",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell, not JavaScript
    '      command="${COMP_WORDS[1]}" ;;',
    "  esac",
    '  case "$command $before" in',
    ...commands.flatMap(valueArms),
    "  esac",
    '  case "$command $current" in',
    ...commands.map((command) => `    "${command.names[0]} -"*) _mondo_words "${words(command)} --help" ;;`),
    ...commands.flatMap(({ names: [name], operand }) => (operand ? [`    "${name} "*) ${offer(operand)} ;;`] : [])),
    "  esac",
    "}",
    `complete -F _mondo mondo ${others.map(({ other }) => other).join(" ")}`,
    "",
  ].join("\n");
}
