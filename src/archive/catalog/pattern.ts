/** Which entries a person means. */
import { type ByteString, toByteString } from "../../base/bytes.ts";
import { nameOf, parentOf } from "../tree/paths.ts";
import { globOf } from "./glob.ts";

/** One pattern, over whole paths or (when it has no slash) over names. */
interface Pattern {
  readonly text: string;
  readonly byName: boolean;
  readonly takes: (text: ByteString) => boolean;
}

/** A path without doubled slashes and without `.`, as a shell's completion and scripts make them. */
const plain = (path: ByteString): ByteString =>
  path
    .replace(/\/(?:\.?\/)+/g, "/")
    .replace(/^(?:\.?\/|\.$)/, "")
    .replace(/(?:\/\.?)+$/, "") as ByteString;

function patternOf(text: string): Pattern {
  return { text, byName: text !== "." && !text.includes("/"), takes: globOf(plain(toByteString(text))) };
}

/** Whether a text is more than the name that it spells. */
export const hasWildcards = (text: string): boolean => /[*?[\\]/.test(text);

/** Patterns, with a memory of which of them ever matched. */
export interface Matcher {
  /** Whether a pattern matches the path, or a directory above it. */
  matches(path: ByteString): boolean;
  /** The patterns that have matched nothing so far. */
  unmatched(): string[];
}

/**
 * Globs: `*` and `?` within a name, `[…]`, `**` across directories, `\` before a character that stands for itself,
 * `\xNN` for a byte. A pattern without a slash matches names in any directory; one with a slash a path from the root. A
 * directory that matches brings what is below it. MondoError `usage` for a class that can't be.
 */
export function matcherOf(patterns: readonly string[]): Matcher {
  const wanted = patterns.map(patternOf);
  const matched = new Set<Pattern>();
  const directories = new Map<ByteString, boolean>();
  const itself = (path: ByteString): boolean => {
    let found = false;
    for (const pattern of wanted) {
      // The root has no name.
      const isTaken = pattern.byName ? path !== "" && pattern.takes(nameOf(path)) : pattern.takes(path);
      if (!isTaken) continue;
      matched.add(pattern);
      found = true;
    }
    return found;
  };
  const directory = (path: ByteString): boolean => {
    const known = directories.get(path);
    if (known !== undefined) return known;
    const verdict = itself(path) || (path !== "" && directory(parentOf(path)));
    directories.set(path, verdict);
    return verdict;
  };
  // The directory asked about last, and its verdict: entries mostly come one directory after the other.
  let around: ByteString | undefined;
  let isBelow = false;
  return {
    matches: (path) => {
      const length = Math.max(0, path.lastIndexOf("/"));
      if (around === undefined || length !== around.length || !path.startsWith(around)) {
        around = parentOf(path);
        isBelow = directory(around);
      }
      return itself(path) || (path !== "" && isBelow);
    },
    unmatched: () => wanted.filter((pattern) => !matched.has(pattern)).map(({ text }) => text),
  };
}
