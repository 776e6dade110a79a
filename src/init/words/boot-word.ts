/** How a word is written on the kernel command line, and explained to people. */
export interface Spelling {
  /** As it is typed; a `=` at the end means that it takes a value. */
  readonly name: string;
  /** With placeholders for the value. */
  readonly syntax: string;
  /** A phrase for help and manual. */
  readonly meaning: string;
}

/**
 * One of our words on the kernel command line. `Value` is the type of its option, which is optional if it may be
 * `undefined`.
 */
export interface BootWord<Value> {
  /** All its spellings. */
  readonly names: readonly string[];
  readonly syntax: string;
  readonly meaning: string;
  /**
   * The option's value from those of all occurrences, in order (empty texts for a flag). `refuse` takes each invalid
   * value.
   */
  read(given: readonly string[], refuse: (value: string) => void): Value;
}

/** Words by the name of the option that each sets. */
export type BootWordTable = Readonly<Record<string, BootWord<unknown>>>;

type ValueOf<Word> = Word extends BootWord<infer Value> ? Value : never;

/** The options that the words of a table set. */
export type WordValues<Table extends BootWordTable> = {
  readonly [Key in keyof Table as undefined extends ValueOf<Table[Key]> ? never : Key]: ValueOf<Table[Key]>;
} & {
  readonly [Key in keyof Table as undefined extends ValueOf<Table[Key]> ? Key : never]?: Exclude<
    ValueOf<Table[Key]>,
    undefined
  >;
};

/** A word that takes a value. `parse` returns `undefined` for an invalid text. */
export interface ValuedWord<Value> extends Spelling {
  readonly name: `${string}=`;
  parse(text: string): Value | undefined;
}

/** A word without a value: true when it is given. */
export function flag(names: readonly [string, ...string[]], meaning: string): BootWord<boolean> {
  return { names, syntax: names.join(" | "), meaning, read: (given) => given.length > 0 };
}

/** A word that switches off a default: false when it is given. */
export function switchOff(name: string, meaning: string): BootWord<boolean> {
  return { names: [name], syntax: name, meaning, read: (given) => given.length === 0 };
}

/** A word with one value. The last one wins, so that a line can be changed by adding to it. */
export function lastOf<Value>({ name, syntax, meaning, parse }: ValuedWord<Value>): BootWord<Value | undefined> {
  return {
    names: [name],
    syntax,
    meaning,
    read(given, refuse) {
      const text = given.at(-1);
      if (text === undefined) return undefined;
      const value = parse(text);
      if (value === undefined) refuse(text);
      return value;
    },
  };
}

/** As `lastOf`, with a default for a word that is absent or invalid. */
export function lastOr<Value>(word: ValuedWord<Value>, otherwise: Value): BootWord<Value> {
  const last = lastOf(word);
  return { ...last, read: (given, refuse) => last.read(given, refuse) ?? otherwise };
}

/** A word that may be given several times: all values, in order. */
export function everyOf<Value>({
  name,
  syntax,
  meaning,
  parse,
}: ValuedWord<Value>): BootWord<readonly Value[] | undefined> {
  return {
    names: [name],
    syntax,
    meaning,
    read(given, refuse) {
      const values = given.flatMap((text) => {
        const value = parse(text);
        if (value === undefined) refuse(text);
        return value === undefined ? [] : [value];
      });
      return values.length === 0 ? undefined : values;
    },
  };
}
