/** Where the keys of a TOML document stand, of which it is known that it can be parsed. Source: TOML 1.0. Pure. */

/** A place in a text, both counted from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Names from the top on, as one text: equal for equal paths. */
export const tomlPath = (names: readonly (string | number)[]): string => JSON.stringify(names);

const BARE = /[A-Za-z0-9_-]+/y;
const BLANK = /[ \t]*/y;
const SPACE = /(?:[ \t\r\n]|#[^\n]*)*/y;
const STRING = /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
const OTHER = /[^\s,\]}#]+(?: \d[^\s,\]}#]*)?/y;

class KeyFinder {
  readonly found = new Map<string, number>();
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [taken = ""] = pattern.exec(this.#text) ?? [];
    this.#at += taken.length;
    return taken;
  }

  #eat(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  /** `a.b."c d"`, each part noted below `above`. */
  #key(above: readonly (string | number)[]): (string | number)[] {
    let path = [...above];
    do {
      this.#take(BLANK);
      const start = this.#at;
      const quoted = this.#take(STRING);
      const name = quoted === "" ? this.#take(BARE) : unquoted(quoted);
      if (this.#at === start) return path;
      path = [...path, name];
      const text = tomlPath(path);
      if (!this.found.has(text)) this.found.set(text, start);
      this.#take(BLANK);
    } while (this.#eat("."));
    return path;
  }

  #pair(above: readonly (string | number)[]): void {
    const path = this.#key(above);
    this.#eat("=");
    this.#value(path);
  }

  #value(path: readonly (string | number)[]): void {
    this.#take(BLANK);
    if (this.#eat("[")) {
      for (let index = 0; this.#more("]"); index++) {
        this.found.set(tomlPath([...path, index]), this.#at);
        this.#value([...path, index]);
      }
    } else if (this.#eat("{")) {
      while (this.#more("}")) this.#pair(path);
    } else if (this.#take(STRING) === "") this.#take(OTHER);
  }

  /** Whether another item stands before the bracket that closes. */
  #more(closing: string): boolean {
    this.#take(SPACE);
    this.#eat(",");
    this.#take(SPACE);
    return !this.#eat(closing) && this.#at < this.#text.length;
  }

  all(): void {
    let table: (string | number)[] = [];
    const tables = new Map<string, number>();
    for (;;) {
      this.#take(SPACE);
      if (this.#at >= this.#text.length) return;
      const start = this.#at;
      if (this.#eat("[")) {
        const isArray = this.#eat("[");
        table = this.#key([]);
        this.#eat(isArray ? "]]" : "]");
        const count = tables.get(tomlPath(table)) ?? 0;
        tables.set(tomlPath(table), count + 1);
        if (isArray) table = [...table, count];
      } else this.#pair(table);
      // What can't be parsed is none of ours; it must not hold us up.
      if (this.#at === start) return;
    }
  }
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text.slice(1, -1);
  try {
    return String(
      JSON.parse(text.replace(/\\U([0-9a-fA-F]{8})/g, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))),
    );
  } catch {
    return text.slice(1, -1);
  }
}

/** The places of all keys, by their path (`tomlPath`); of items of arrays by their number. */
export function tomlKeys(text: string): ReadonlyMap<string, TextPlace> {
  const finder = new KeyFinder(text);
  finder.all();
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const placeOf = (at: number): TextPlace => {
    const line = starts.findLastIndex((start) => start <= at);
    return { line: line + 1, column: at - (starts[line] ?? 0) + 1 };
  };
  return new Map([...finder.found].map(([path, at]) => [path, placeOf(at)]));
}
