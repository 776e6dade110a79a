/**
 * What a shell offers for a word: names of files, sets (ISOs, devices and directories), or words, perhaps beside files.
 */
export type Completes = "directory" | "file" | "set" | { readonly words: readonly string[]; readonly files?: true };

/** What a command understands: the one source of parsing, `mondo help`, the manual page and shell completion. */
export interface OptionSpec {
  /** Classic letter, if there is one. */
  readonly letter?: string;
  /** Long name, if there is one. At least one of both. */
  readonly long?: string;
  /** Placeholder of its value; default: it is a flag. */
  readonly value?: string;
  /** May be given several times: its values are a list. */
  readonly many?: true;
  /** What it does, as a phrase without full stop. */
  readonly help: string;
  /** Who gives it is told this, as a sentence without full stop; for what does not do what it did once. */
  readonly says?: string;
  /** Completion of the value. */
  readonly completes?: Completes;
}

export interface CommandSpec {
  readonly name: string;
  /** Further names the executable answers to with this command (by argv[0]). */
  readonly alsoCalled?: readonly string[];
  /** One phrase, imperative. */
  readonly summary: string;
  /** The words after the command name: `-O -i -d DIR [OPTION]…`. */
  readonly usage: string;
  /** Paragraphs for help and manual page. */
  readonly description: readonly string[];
  readonly options: readonly OptionSpec[];
  /** Options of another command that it takes as well; its help names that command. */
  readonly alsoTakes?: { readonly of: string; readonly options: readonly OptionSpec[] };
  /** Placeholder of positional words; default: none are allowed. */
  readonly operands?: string;
  /** Completion of the first positional word; `topic`: what help explains. */
  readonly operandCompletes?: Completes | "topic";
  readonly examples?: readonly { readonly line: string; readonly does: string }[];
}

/** Everything that a command takes: its own options, and another's. */
export const optionsOf = ({ options, alsoTakes }: Pick<CommandSpec, "options" | "alsoTakes">): readonly OptionSpec[] =>
  alsoTakes ? [...options, ...alsoTakes.options] : options;

/** The name under which a parsed value is kept: the long name, else the letter. */
export function keyOf(option: OptionSpec): string {
  return option.long ?? option.letter ?? "";
}

/** `d` → `-d`, `dir` → `--dir`. */
export const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);

/** All spellings of an option: `-d`, `--dir`. */
export function spellingsOf({ letter, long }: OptionSpec): readonly string[] {
  return [letter, long].flatMap((name) => (name === undefined ? [] : [dashed(name)]));
}

/** `-d, --dir DIR` */
export function optionSignature(option: OptionSpec): string {
  const names = spellingsOf(option).join(", ");
  return option.value === undefined ? names : `${names} ${option.value}`;
}
