import { MondoError } from "./errors.ts";
import { msg } from "./message.ts";

/** A word of the kernel command line that boot loaders and shells leave as it is. */
export const PLAIN_BOOT_WORD = /^[\w=:/.,@+-]+$/;

/** Throws `usage` for what is no such word. */
export function requireBootWords(words: readonly string[]): void {
  const bad = words.find((word) => !PLAIN_BOOT_WORD.test(word));
  if (bad === undefined) return;
  throw new MondoError("usage", msg`"${bad}" can't be a word of the kernel command line here`, {
    hint: msg`Leave out quotes, $, ; and other signs of the shell.`,
  });
}

/** Pure: `console=ttyS0  keymap=de` → its words. Throws `usage` for what can't be one. */
export function bootWordsOf(text: string): readonly string[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  requireBootWords(words);
  return words;
}
