import { termLines } from "../../base/wrap.ts";
import type { BootWordTable } from "./boot-word.ts";
import { cardWords } from "./card-words.ts";
import { modeWords } from "./mode-words.ts";
import { placeWords } from "./place-words.ts";
import { rescueWords } from "./rescue-words.ts";

/** Our words by topic, in the order of the help. */
export interface BootWords<Rescue extends BootWordTable = typeof rescueWords> {
  readonly modes: typeof modeWords;
  readonly rescue: Rescue;
  readonly places: typeof placeWords;
  readonly cards: typeof cardWords;
}

/** All our words: parser, options, help and manual page are made from these tables. */
export const bootWords: BootWords = { modes: modeWords, rescue: rescueWords, places: placeWords, cards: cardWords };

/** The words of all tables, in their order. */
export const allWords = (words: BootWords<BootWordTable>) =>
  [words.modes, words.rescue, words.places, words.cards].flatMap((table: BootWordTable) => Object.values(table));

/** The words as lines of help, wrapped to the width in characters. */
export function renderBootWords(width: number, words: BootWords<BootWordTable> = bootWords): string {
  return allWords(words)
    .flatMap(({ syntax, meaning }) => termLines(syntax, meaning, { width, column: 30 }))
    .join("\n");
}
