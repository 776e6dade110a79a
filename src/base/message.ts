/**
 * Sentences for people. They stand in English where they are told; a catalog has the same sentence in another language,
 * under the English one with its values numbered: `the disk {0} has {1}`.
 */

/** Sentences of one language by their English text. */
export interface Catalog {
  /** As BCP 47 names it: `fr`. */
  readonly language: string;
  readonly texts: Readonly<Record<string, string>>;
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

/** A sentence of a catalog that has values, to know it again in a text. */
interface Pattern {
  readonly key: string;
  /** What stands before, between and behind its values. */
  readonly fixed: readonly string[];
  /** Characters that are fixed. */
  readonly weight: number;
}

/** Less than so many fixed characters are no sentence. */
const LEAST_FIXED = 4;

function patternsIn({ texts }: Catalog): readonly Pattern[] {
  const all = Object.keys(texts).flatMap((key): Pattern[] => {
    const fixed = key.split(/\{\d+\}/);
    const weight = fixed.join("").length;
    return fixed.length > 1 && weight >= LEAST_FIXED && /[a-z]{2}/i.test(key) ? [{ key, fixed, weight }] : [];
  });
  return all.sort((a, b) => b.weight - a.weight);
}

/** What stands in the gaps of a pattern, each as short as can be; undefined: the text is another sentence. */
function valuesIn(text: string, { fixed }: Pattern): readonly string[] | undefined {
  const [first = "", ...rest] = fixed;
  if (!text.startsWith(first)) return undefined;
  const values: string[] = [];
  let at = first.length;
  for (const [index, next] of rest.entries()) {
    const isLast = index === rest.length - 1;
    const end = isLast ? text.length - next.length : text.indexOf(next, at);
    if (end < at || (isLast && !text.endsWith(next))) return undefined;
    values.push(text.slice(at, end));
    at = end + next.length;
  }
  return values;
}

/** Sentences are told within sentences, but no further. */
const DEEPEST = 4;

/** A text that `stored` gave, in the language that is told. A text that no catalog knows stays as it is. */
export function told(text: string, depth = 0): string {
  if (catalog === undefined || depth > DEEPEST) return text;
  if (Object.hasOwn(catalog.texts, text) && !text.includes("{")) return piecesIn(catalog, text).join("");
  patterns ??= patternsIn(catalog);
  for (const pattern of patterns) {
    const values = valuesIn(text, pattern);
    if (values === undefined) continue;
    // A single word is a name.
    const inner = values.map((value) => (value.trim().includes(" ") ? told(value, depth + 1) : value));
    return piecesIn(catalog, pattern.key)
      .map((piece) => textOf(piece, inner))
      .join("");
  }
  return text;
}
