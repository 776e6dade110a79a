/** What a command understands: the one source of parsing, `mondo help`, the man page and shell completion. */
export interface OptionSpec {
  /** Classic letter, if there is one. */
  readonly letter?: string;
  /** Long name, if there is one. At least one of both. */
  readonly long?: string;
  /** Placeholder of its value; a flag when absent. */
  readonly value?: string;
  /** May be given several times: its values are a list. */
  readonly many?: true;
  /** What it does, as a phrase without full stop. */
  readonly help: string;
  /** Completion of the value. */
  readonly completes?: "directory" | "file";
}

export interface CommandSpec {
  readonly name: string;
  /** Further names the executable answers to with this command (by argv[0]). */
  readonly alsoCalled?: readonly string[];
  /** One phrase, imperative. */
  readonly summary: string;
  /** The words after the command name: `-O -i -d DIR [OPTION]…`. */
  readonly usage: string;
  /** Paragraphs for help and man page. */
  readonly description: readonly string[];
  readonly options: readonly OptionSpec[];
  /** Placeholder of positional words; none are allowed when absent. */
  readonly operands?: string;
  readonly examples?: readonly { readonly line: string; readonly does: string }[];
}

/** The name under which a parsed value is kept: the long name, else the letter. */
export function keyOf(option: OptionSpec): string {
  return option.long ?? option.letter ?? "";
}

/** `-d, --dir DIR` */
export function optionSignature(option: OptionSpec): string {
  const names = [option.letter && `-${option.letter}`, option.long && `--${option.long}`].filter(Boolean).join(", ");
  return option.value === undefined ? names : `${names} ${option.value}`;
}
