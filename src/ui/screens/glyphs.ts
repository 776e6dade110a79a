import { asciiOf, consoleLettersOf } from "../../base/language.ts";

/** Letters that frames are drawn with. */
export interface Glyphs {
  readonly rule: string;
  readonly edge: string;
  readonly full: string;
  readonly empty: string;
  /**
   * Text with nothing but what the terminal can show, one column for each character. Blanks at which no line may break
   * stay such until rows are drawn.
   */
  shown(text: string): string;
}

const ASCII: Readonly<Record<string, string>> = {
  "…": "...",
  "»": ">",
  "→": "->",
  "–": "-",
  "—": "-",
  "“": '"',
  "”": '"',
  "’": "'",
  "·": "-",
  "×": "x",
  "└": "`",
  "├": "|",
  "│": "|",
  "─": "-",
};

/** `é` → `e`; undefined for what is no Latin letter. */
function withoutMarks(char: string): string | undefined {
  const plain = asciiOf(char);
  return /^[\x20-\x7e]$/.test(plain) ? plain : undefined;
}

const visible = (text: string) => text.replaceAll("\t", "  ");

/**
 * For terminals that take bytes for characters. Names that are not ASCII keep their length, so that columns stay
 * columns.
 */
export const asciiGlyphs: Glyphs = {
  rule: "-",
  edge: "|",
  full: "#",
  empty: ".",
  shown: (text) => visible(text).replace(/[^\x20-\x7e\u00a0]/gu, (char) => ASCII[char] ?? withoutMarks(char) ?? "?"),
};

/** Scripts whose letters take one column everywhere, in the fonts of consoles, too. */
const SINGLE =
  /[^\x20-\x7e\u00a0-\u00ac\u00ae-\u024f\u0370-\u03ff\u0400-\u045f\u2010-\u2026\u2190-\u2193\u2500-\u259f]/gu;

/** For UTF-8 terminals: only letters that take one column everywhere; another becomes `?`. */
export const unicodeGlyphs: Glyphs = {
  rule: "─",
  edge: "│",
  full: "█",
  empty: "░",
  shown: (text) => visible(text).replace(SINGLE, "?"),
};

/** The console of the kernel: UTF-8, with the letters of code page 437 in its font. */
export const consoleGlyphs: Glyphs = {
  ...unicodeGlyphs,
  shown: (text) =>
    consoleLettersOf(unicodeGlyphs.shown(text)).replace(/[\u2010-\u2026]/gu, (char) => ASCII[char] ?? "?"),
};

/** Text as it is: plain lines go through `printable` when they are written. */
export const plainGlyphs: Glyphs = { ...asciiGlyphs, shown: (text) => text };
