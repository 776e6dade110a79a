/**
 * Sentences for people. They stand in English where they are told; a catalog has the same sentence in another language,
 * under the English one with its values numbered: `the disk {0} has {1}`.
 */

/** Sentences of one language by their English text. */
export interface Catalog {
  /** As BCP 47 names it: `fr`. */
  readonly language: string;
  readonly texts: Readonly<Record<string, string>>;
  /**
   * Those with values that `stored` tags, each with the numbers of the values that are sentences themselves: the others
   * are names, which are never translated. Default: `told` knows none.
   */
  readonly stored?: Readonly<Record<string, readonly number[]>>;
  /** What a terminal can show of a text. Default: everything. */
  readonly shown?: (text: string) => string;
}

/** A piece of a sentence: text, a value by its number, or forms of a word for a value that is a number. */
type Piece = string | { readonly value: number; readonly forms?: readonly string[] };

const PLACE = /\{(\d+)(?:\|([^{}]*))?\}/g;

/** Source: CLDR, plural rules; forms stand in this order. */
const CATEGORIES = ["one", "other"] as const;

let catalog: Catalog | undefined;
let plurals: Intl.PluralRules | undefined;
let known = new WeakMap<TemplateStringsArray, readonly Piece[]>();
let patterns: readonly Pattern[] | undefined;

/** From now on sentences are told in the language of a catalog; undefined: in English. */
export function tellIn(chosen: Catalog | undefined): void {
  catalog = chosen;
  plurals = chosen && new Intl.PluralRules(chosen.language);
  known = new WeakMap();
  patterns = undefined;
}

/** The catalog that sentences are told from; undefined: they are told in English. */
export const catalogTold = (): Catalog | undefined => catalog;

/** The language of sentences, as BCP 47 names it. */
export const languageTold = (): string => catalog?.language ?? "en";

/** The English text that a catalog knows a sentence by. */
export const keyOf = (parts: readonly string[]): string =>
  parts.reduce((text, part, at) => `${text}{${at - 1}}${part}`);

/** Pure: a sentence of a catalog, `{0} {0|file|files}`, in pieces. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACE)) {
    pieces.push(text.slice(end, match.index));
    pieces.push({ value: Number(match[1]), ...(match[2] === undefined ? {} : { forms: match[2].split("|") }) });
    end = match.index + match[0].length;
  }
  return [...pieces, text.slice(end)].filter((piece) => piece !== "");
}

function textOf(piece: Piece, values: readonly unknown[]): string {
  if (typeof piece === "string") return piece;
  const value = values[piece.value];
  if (piece.forms === undefined) return String(value);
  const category = plurals?.select(Number(value)) ?? "other";
  const at = CATEGORIES.indexOf(category === "one" ? "one" : "other");
  return piece.forms[at] ?? piece.forms.at(-1) ?? "";
}

function filledIn(parts: readonly string[], values: readonly unknown[]): string {
  let text = parts[0] ?? "";
  for (let at = 1; at < parts.length; at++) text += `${values[at - 1]}${parts[at]}`;
  return text;
}

/** The translation of an English text in pieces. */
function piecesIn({ texts, shown }: Catalog, key: string): readonly Piece[] {
  const text = texts[key] ?? key;
  return piecesOf(shown?.(text) ?? text);
}

/** Tags a sentence that a person reads: msg`the disk ${name} is too small`. Gives it in the language that is told. */
export function msg(parts: TemplateStringsArray, ...values: readonly unknown[]): string {
  if (catalog === undefined) return filledIn(parts, values);
  let pieces = known.get(parts);
  if (pieces === undefined) {
    pieces = piecesIn(catalog, keyOf(parts));
    known.set(parts, pieces);
  }
  return pieces.map((piece) => textOf(piece, values)).join("");
}

/**
 * Tags a sentence that is written down for other times and places, such as in a set: it is English, whoever writes it.
 * `told` tells it to those who read it.
 */
export const stored = (parts: TemplateStringsArray, ...values: readonly unknown[]): string => filledIn(parts, values);

/** A sentence that is stored and has values, to know it again in a text. */
interface Pattern {
  readonly key: string;
  /** What stands before, between and behind its values. */
  readonly fixed: readonly string[];
  /** The values that are sentences, by their numbers. */
  readonly sentences: readonly number[];
  /** Characters that are fixed. */
  readonly weight: number;
}

const patternsIn = ({ stored = {} }: Catalog): readonly Pattern[] =>
  Object.entries(stored).map(([key, sentences]) => {
    const fixed = key.split(/\{\d+\}/);
    return { key, fixed, sentences, weight: fixed.join("").length };
  });

/** Where the fixed parts begin in a text, in turn, each as far to the left as can be. */
function leftmost(text: string, fixed: readonly string[]): readonly number[] | undefined {
  const starts: number[] = [];
  let at = 0;
  for (const [index, part] of fixed.entries()) {
    const isLast = index === fixed.length - 1;
    const start = isLast ? text.length - part.length : text.indexOf(part, at);
    if (start < at || (index === 0 && start > 0) || !text.startsWith(part, start)) return undefined;
    starts.push(start);
    at = start + part.length;
  }
  return starts;
}

const backwards = (text: string) => text.split("").reverse().join("");

/** The same, each as far to the right as can be. */
function rightmost(text: string, fixed: readonly string[]): readonly number[] | undefined {
  const turned = [...fixed].reverse();
  const starts = leftmost(backwards(text), turned.map(backwards));
  return starts?.map((start, index) => text.length - start - (turned[index]?.length ?? 0)).reverse();
}

/** A pattern that fits a text. */
interface Reading {
  readonly pattern: Pattern;
  readonly values: readonly string[];
  /** Its values may as well be others. */
  readonly isUnclear: boolean;
}

function readingOf(text: string, pattern: Pattern): Reading | undefined {
  const { fixed } = pattern;
  const starts = leftmost(text, fixed);
  if (starts === undefined) return undefined;
  const others = rightmost(text, fixed);
  const values = starts
    .slice(1)
    .map((start, index) => text.slice((starts[index] ?? 0) + (fixed[index]?.length ?? 0), start));
  return { pattern, values, isUnclear: starts.some((start, index) => start !== others?.[index]) };
}

/** Sentences are told within sentences, but no further. */
const DEEPEST = 4;

/** A sentence with fewer fixed characters than that, as "{0} on {1}", is only known again around single words. */
const LEAST_FIXED = 8;

/** Whether values are what a translation needs: a number where it counts, an ending where it leaves one out. */
function suit({ pattern, values, isUnclear }: Reading, pieces: readonly Piece[]): boolean {
  if (pattern.weight < LEAST_FIXED && (isUnclear || values.some((value) => /\s/.test(value)))) return false;
  return values.every((value, at) => {
    const uses = pieces.filter((piece) => typeof piece !== "string" && piece.value === at);
    if (uses.length === 0) return /^[a-z]{0,2}$/.test(value);
    return /^\d+$/.test(value) || uses.every((piece) => typeof piece !== "string" && piece.forms === undefined);
  });
}

/** What a text may say, and how many of its characters are known: the more, the surer. */
interface Guess {
  readonly text: string;
  readonly weight: number;
}

function guessBy(catalog: Catalog, { pattern, values }: Reading, pieces: readonly Piece[], depth: number): Guess {
  const inner = values.map((value, at) =>
    pattern.sentences.includes(at) ? guess(catalog, value, depth + 1) : { text: value, weight: 0 },
  );
  const texts = inner.map(({ text }) => text);
  return {
    text: pieces.map((piece) => textOf(piece, texts)).join(""),
    weight: inner.reduce((sum, { weight }) => sum + weight, pattern.weight),
  };
}

/** A name may have " on " in it, or ": ", but no words of a sentence. */
const isName = (value: string, { fixed }: Pattern): boolean =>
  !fixed
    .map((part) => part.replace(/^\W+|\W+$/g, ""))
    .some((words) => words.length >= LEAST_FIXED && value.includes(words));

/** Whether another reading of a text has names that the best one would translate. */
function isDoubted(best: Guess & Reading, others: readonly Reading[]): boolean {
  return others.some(({ pattern, values, isUnclear }) => {
    const names = values.filter((_, at) => !pattern.sentences.includes(at));
    if (pattern === best.pattern || !values.every((value) => isName(value, best.pattern))) return false;
    return isUnclear || names.some((name) => !best.text.includes(name));
  });
}

function guess(catalog: Catalog, text: string, depth: number): Guess {
  if (Object.hasOwn(catalog.texts, text) && !text.includes("{"))
    return { text: piecesIn(catalog, text).join(""), weight: text.length };
  const unknown = { text, weight: 0 };
  if (depth > DEEPEST) return unknown;
  patterns ??= patternsIn(catalog);
  const readings = patterns.flatMap((pattern) => {
    const reading = readingOf(text, pattern);
    if (reading === undefined) return [];
    const pieces = piecesIn(catalog, pattern.key);
    if (!suit(reading, pieces)) return [];
    return [{ ...reading, ...guessBy(catalog, reading, pieces, depth) }];
  });
  const [best] = readings.sort((a, b) => b.weight - a.weight);
  return best && !best.isUnclear && !isDoubted(best, readings) ? best : unknown;
}

/**
 * A text that `stored` gave, in the language that is told. What no catalog knows stays as it is, and so does what may
 * be read in several ways: nobody is shown a name or a path that does not exist, unless it is such a sentence itself.
 */
export const told = (text: string): string => (catalog === undefined ? text : guess(catalog, text, 0).text);
