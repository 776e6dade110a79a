import { msg } from "../../base/message.ts";
import type { BootWord, BootWordTable, WordValues } from "./boot-word.ts";

/** The words of a command line: ours, and all others. */
export interface SortedWords {
  /** Values of ours, in their order. */
  readonly ours: ReadonlyMap<BootWord<unknown>, readonly string[]>;
  /** Words of the kernel, of other programs, and obsolete ones. */
  readonly others: readonly string[];
}

/**
 * Splits as the kernel does: at blanks outside of double quotes, which are dropped. Source: lib/cmdline.c, next_arg().
 */
export function splitCommandLine(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:"[^"]*"?|[^\s"])+/g)) {
    const word = match[0].replaceAll('"', "");
    if (word !== "" && word !== "--") words.push(word);
  }
  return words;
}

/** The name of a word, with the `=` when it has a value, and the value. */
export function splitWord(word: string): readonly [name: string, value: string] {
  const end = word.indexOf("=") + 1;
  return end === 0 ? [word, ""] : [word.slice(0, end), word.slice(end)];
}

/** Pure: sorts known words from the others; only whole words match. */
export function sortWords(words: readonly string[], known: readonly BootWord<unknown>[]): SortedWords {
  const byName = new Map(known.flatMap((word) => word.names.map((name) => [name, word] as const)));
  const ours = new Map<BootWord<unknown>, readonly string[]>();
  const others: string[] = [];
  for (const text of words) {
    const [name, value] = splitWord(text);
    const word = byName.get(name);
    if (word) ours.set(word, [...(ours.get(word) ?? []), value]);
    else others.push(text);
  }
  return { ours, others };
}

/** A URL that was not understood, without what may be a password in it: complaints are shown, and logged. */
const withoutPassword = (text: string): string => text.replace(/(:\/\/[^/@:]*):.*@/s, "$1@");

/** Pure: the options of one table; `complain` takes a sentence about each invalid value. */
export function valuesOf<Table extends BootWordTable>(
  table: Table,
  { ours }: SortedWords,
  complain: (text: string) => void,
): WordValues<Table> {
  const entries = Object.entries(table).map(([key, word]) => {
    const refuse = (value: string) => complain(msg`${word.names[0]}${withoutPassword(value)}: expected ${word.syntax}`);
    return [key, word.read(ours.get(word) ?? [], refuse)] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as WordValues<Table>;
}

/** Words that are meant for us alone: `mondo.kep=auto`, `Mondo-keep=auto`; `keep=auto`, which nobody else knows. */
const MEANS_US = /^mondo[._-]|^(mondo)?keep(=|$)/i;

/** Pure: complaints about words that are meant for us but are none of ours. */
export function misspelt(others: readonly string[], known: readonly BootWord<unknown>[]): string[] {
  const bare = (name: string) => name.replace(/^mondo[._-]?|=$/gi, "").toLowerCase();
  return others
    .filter((text) => MEANS_US.test(text))
    .map((text) => {
      const near = known.find(({ names }) => names.some((name) => bare(name) === bare(splitWord(text)[0])));
      const shown = withoutPassword(text);
      return near ? msg`${shown}: expected ${near.syntax}` : msg`${shown}: there is no such boot word`;
    });
}
