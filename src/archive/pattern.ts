/** Which entries a person means. Everything is bytes, one a character (`ByteString`). */
import { type ByteString, toByteString } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { nameOf, parentOf } from "./directories.ts";

const escaped = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** The class that starts at `[`: its expression and where it ends; undefined when nothing closes it. */
function classAt(text: string, start: number): { readonly source: string; readonly end: number } | undefined {
  let at = start + 1;
  const negated = text[at] === "!" || text[at] === "^";
  if (negated) at++;
  // A bracket that comes first is one of the characters.
  const close = text.indexOf("]", at + 1);
  if (close < 0) return undefined;
  const members = text.slice(at, close).replace(/[\\^[\]]/g, "\\$&");
  // Neither kind ever matches a slash.
  return { source: `(?!/)[${negated ? "^" : ""}${members}]`, end: close + 1 };
}

/** `\x9f` is a byte, as listings show it; any other character after a backslash stands for itself. */
function escapeAt(text: string, start: number): { readonly source: string; readonly end: number } {
  const hex = /^\\x([0-9a-f]{2})/i.exec(text.slice(start, start + 4))?.[1];
  if (hex !== undefined) return { source: `\\x${hex}`, end: start + 4 };
  return { source: escaped(text[start + 1] ?? "\\"), end: start + 2 };
}

function starsAt(text: string, start: number): { readonly source: string; readonly end: number } {
  let end = start;
  while (text[end] === "*") end++;
  if (end - start === 1) return { source: "[^/]*", end };
  const wholePart = (start === 0 || text[start - 1] === "/") && text[end] === "/";
  return wholePart ? { source: "(?:.*/)?", end: end + 1 } : { source: ".*", end };
}

function tokenAt(text: string, at: number): { readonly source: string; readonly end: number } {
  const char = text[at] ?? "";
  if (char === "*") return starsAt(text, at);
  if (char === "?") return { source: "[^/]", end: at + 1 };
  if (char === "\\") return escapeAt(text, at);
  return (char === "[" ? classAt(text, at) : undefined) ?? { source: escaped(char), end: at + 1 };
}

/** One pattern as an expression over whole paths (or names, when it has no slash). */
interface Glob {
  readonly text: string;
  readonly byName: boolean;
  readonly expression: RegExp;
}

function globOf(text: string): Glob {
  const byName = !text.includes("/");
  const bytes = toByteString(text)
    .replace(/^(\.?\/)+/, "")
    .replace(/\/+$/, "");
  let source = "";
  for (let at = 0; at < bytes.length; ) {
    const token = tokenAt(bytes, at);
    source += token.source;
    at = token.end;
  }
  try {
    return { text, byName, expression: new RegExp(`^${source}$`, "s") };
  } catch (cause) {
    throw new MondoError("usage", `"${text}" is not a pattern: its [ ] is out of order`, {
      hint: "Write a range from low to high, such as [a-z].",
      cause,
    });
  }
}

/** Patterns together, with a memory of which of them ever matched. */
export interface Matcher {
  /** Whether a pattern matches the path, or a directory above it. */
  matches(path: ByteString): boolean;
  /** The patterns that have matched nothing so far. */
  unmatched(): string[];
}

/**
 * Globs: `*` and `?` within a name, `[…]`, `**` across directories, `\` before a character that is meant itself, `\xNN` for a byte. A
 * pattern without a slash matches names in any directory; one with a slash a path from the root. A directory that matches brings what
 * is below it. MondoError `usage` for a class that can't be.
 */
export function matcherOf(patterns: readonly string[]): Matcher {
  const globs = patterns.map(globOf);
  const matched = new Set<Glob>();
  const directories = new Map<ByteString, boolean>();
  const itself = (path: ByteString): boolean => {
    let found = false;
    for (const glob of globs) {
      if (!glob.expression.test(glob.byName ? nameOf(path) : path)) continue;
      matched.add(glob);
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
  return {
    // Not short-circuited the other way: every pattern shall be seen to match.
    matches: (path) => itself(path) || (path !== "" && directory(parentOf(path))),
    unmatched: () => globs.filter((glob) => !matched.has(glob)).map(({ text }) => text),
  };
}
