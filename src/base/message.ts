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

/** From now on sentences are told in the language of a catalog; undefined: in English. */
export function tellIn(chosen: Catalog | undefined): void {
  catalog = chosen;
  plurals = chosen && new Intl.PluralRules(chosen.language);
  known = new WeakMap();
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

function told(piece: Piece, values: readonly unknown[]): string {
  if (typeof piece === "string") return piece;
  const value = values[piece.value];
  if (piece.forms === undefined) return String(value);
  const category = plurals?.select(Number(value)) ?? "other";
  const at = CATEGORIES.indexOf(category === "one" ? "one" : "other");
  return piece.forms[at] ?? piece.forms.at(-1) ?? "";
}

/** Tags a sentence that a person reads: msg`the disk ${name} is too small`. Gives it in the language that is told. */
export function msg(parts: TemplateStringsArray, ...values: readonly unknown[]): string {
  if (catalog === undefined) {
    let text = parts[0] ?? "";
    for (let at = 1; at < parts.length; at++) text += `${values[at - 1]}${parts[at]}`;
    return text;
  }
  let pieces = known.get(parts);
  if (pieces === undefined) {
    const key = keyOf(parts);
    pieces = piecesOf(catalog.shown?.(catalog.texts[key] ?? key) ?? catalog.texts[key] ?? key);
    known.set(parts, pieces);
  }
  return pieces.map((piece) => told(piece, values)).join("");
}
