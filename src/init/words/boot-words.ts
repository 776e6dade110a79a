import type { BootWordTable } from "./boot-word.ts";
import { cardWords } from "./card-words.ts";
import { modeWords } from "./mode-words.ts";
import { placeWords } from "./place-words.ts";
import { rescueWords } from "./rescue-words.ts";

/** The words of ours by what they are about, in the order in which help shows them. */
export interface BootWords<Rescue extends BootWordTable = typeof rescueWords> {
  readonly modes: typeof modeWords;
  readonly rescue: Rescue;
  readonly places: typeof placeWords;
  readonly cards: typeof cardWords;
}

/** Every word of ours: parsing, options, help and manual page know no other. */
export const bootWords: BootWords = { modes: modeWords, rescue: rescueWords, places: placeWords, cards: cardWords };

/** The words of all tables, in their order. */
export const allWords = (words: BootWords<BootWordTable>) =>
  [words.modes, words.rescue, words.places, words.cards].flatMap((table: BootWordTable) => Object.values(table));

/** The words as lines of help. */
export function renderBootWords(words: BootWords<BootWordTable> = bootWords): string {
  const width = 34;
  return allWords(words)
    .map(({ syntax, meaning }) =>
      syntax.length > width
        ? `  ${syntax}\n  ${" ".repeat(width)}  ${meaning}`
        : `  ${syntax.padEnd(width)}  ${meaning}`,
    )
    .join("\n");
}
