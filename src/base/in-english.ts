/**
 * The English of what was told in another language: what is written down about a session is the same in every one.
 * Pure but for the language that is told.
 */
import { type Catalog, catalogTold, piecesOf } from "./message.ts";

/** A sentence with values, the other way round. */
interface Pattern {
  readonly key: string;
  readonly whole: RegExp;
  /** Text between values: all of it is in a sentence of this kind. */
  readonly literals: readonly string[];
  /** What value each group of `whole` holds. */
  readonly values: readonly number[];
  /** How much of it is text: the more, the surer. */
  readonly weight: number;
}

interface Reverse {
  readonly exact: ReadonlyMap<string, string>;
  readonly patterns: readonly Pattern[];
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

function patternOf(key: string, text: string): Pattern {
  const pieces = piecesOf(text);
  const values: number[] = [];
  const source = pieces.map((piece) => {
    if (typeof piece === "string") return escaped(piece);
    if (piece.forms) return `(?:${piece.forms.map(escaped).join("|")})`;
    // A value that stands twice is the same both times.
    const before = values.indexOf(piece.value);
    if (before >= 0) return `\\${before + 1}`;
    values.push(piece.value);
    return "(.*?)";
  });
  const literals = pieces.filter((piece) => typeof piece === "string");
  const forms = pieces.flatMap((piece) => (typeof piece === "string" ? [] : (piece.forms?.slice(0, 1) ?? [])));
  const weight = [...literals, ...forms].join("").replace(/\s/g, "").length;
  return { key, whole: new RegExp(`^${source.join("")}$`, "su"), literals, values, weight };
}

function reverseOf({ texts, shown = (text) => text }: Catalog): Reverse {
  const exact = new Map<string, string>();
  const patterns: Pattern[] = [];
  for (const [key, text] of Object.entries(texts)) {
    const told = shown(text);
    if (/\{\d+/.test(key)) patterns.push(patternOf(key, told));
    else if (!exact.has(told)) exact.set(told, key);
  }
  // Without any text a pattern would fit everything.
  const telling = patterns.filter(({ weight }) => weight > 0);
  return { exact, patterns: telling.sort((a, b) => b.weight - a.weight) };
}

let known: { readonly catalog: Catalog; readonly reverse: Reverse } | undefined;

function reverseTold(catalog: Catalog): Reverse {
  if (known?.catalog !== catalog) known = { catalog, reverse: reverseOf(catalog) };
  return known.reverse;
}

/** Values are sentences themselves, in sentences, in sentences: so many texts are looked at for one. */
const MOST_TEXTS = 2000;
/** What stands between sentences, and between the parts of one, that were put side by side. */
const BETWEEN = [
  { at: /(?<=[.?!]) /, mark: " " },
  { at: /; /, mark: "; " },
  { at: /, /, mark: ", " },
];

function isLikely(text: string, { literals }: Pattern): boolean {
  let at = 0;
  for (const literal of literals) {
    const found = text.indexOf(literal, at);
    if (found < 0) return false;
    at = found + literal.length;
  }
  return true;
}

/** `12,0` → `12.0` */
const numberIn = (text: string): string => text.replace(/^(\d+),(\d+)$/, "$1.$2");

/** What a text may have been in English, and how much of it comes of sentences: the more, the surer. */
interface Guess {
  readonly text: string;
  readonly weight: number;
}

const surer = (a: Guess, b: Guess | undefined): Guess => (b !== undefined && b.weight > a.weight ? b : a);

function fromPattern(text: string, pattern: Pattern, guess: (text: string) => Guess): Guess | undefined {
  const found = isLikely(text, pattern) ? pattern.whole.exec(text) : null;
  if (!found) return undefined;
  const values = new Map(pattern.values.map((value, at) => [value, guess(found[at + 1] ?? "")]));
  const pieces = piecesOf(pattern.key).map((piece) =>
    typeof piece === "string" ? piece : (values.get(piece.value)?.text ?? ""),
  );
  const within = [...values.values()].reduce((sum, { weight }) => sum + weight, 0);
  return { text: pieces.join(""), weight: pattern.weight + within };
}

function fromParts(text: string, { at, mark }: (typeof BETWEEN)[number], guess: (text: string) => Guess): Guess {
  const parts = text.split(at).map(guess);
  return { text: parts.map((part) => part.text).join(mark), weight: parts.reduce((sum, part) => sum + part.weight, 0) };
}

/** Gives the surest guess; what was guessed once is known. */
function guesser({ exact, patterns }: Reverse): (text: string) => Guess {
  const made = new Map<string, Guess>();
  const guess = (text: string): Guess => {
    const before = made.get(text);
    if (before) return before;
    const whole = exact.get(text);
    const nothing: Guess = { text: numberIn(text), weight: 0 };
    if (whole !== undefined) return { text: whole, weight: text.length };
    if (text === "" || made.size > MOST_TEXTS) return nothing;
    const between = BETWEEN.filter(({ at }) => at.test(text)).map((one) => fromParts(text, one, guess));
    const best = [...between, ...patterns.map((pattern) => fromPattern(text, pattern, guess))].reduce<Guess>(
      surer,
      nothing,
    );
    made.set(text, best);
    return best;
  };
  return guess;
}

/**
 * A text as it would have been told in English. What comes of no catalog (names, paths) stays as it is, and so does all
 * where English is told.
 */
export function inEnglish(text: string): string {
  const catalog = catalogTold();
  return catalog === undefined ? text : guesser(reverseTold(catalog))(text).text;
}
