import { matchPattern, normalizeAlias } from "./module-pattern.ts";

interface AliasEntry {
  readonly pattern: string;
  readonly module: string;
}

/** Which modules a device asks for. */
export interface AliasIndex {
  /** Module names for a modalias (or for an alias such as `fs-xfs`), without duplicates, in file order. */
  lookUp(modalias: string): string[];
  readonly size: number;
}

const WILDCARD = /[*?[]/;

/**
 * Indexes `alias PATTERN MODULE` lines by the literal part before the first wildcard. A lookup then tries every prefix
 * of the modalias, some eighty map look-ups, instead of 26,000 patterns.
 */
export function indexAliases(...texts: readonly string[]): AliasIndex {
  const byPrefix = new Map<string, AliasEntry[]>();
  let size = 0;
  for (const text of texts) {
    for (const line of text.split("\n")) {
      if (!line.startsWith("alias ")) continue;
      const space = line.lastIndexOf(" ");
      const pattern = normalizeAlias(line.slice(6, space).trim());
      const wildcard = pattern.search(WILDCARD);
      const prefix = wildcard < 0 ? pattern : pattern.slice(0, wildcard);
      const entry = {
        pattern,
        module: line
          .slice(space + 1)
          .trim()
          .replaceAll("-", "_"),
      };
      const entries = byPrefix.get(prefix);
      if (entries) entries.push(entry);
      else byPrefix.set(prefix, [entry]);
      size += 1;
    }
  }
  return {
    size,
    lookUp(modalias) {
      const text = normalizeAlias(modalias.trim());
      const found = new Set<string>();
      for (let length = 0; length <= text.length; length += 1) {
        for (const { pattern, module } of byPrefix.get(text.slice(0, length)) ?? []) {
          if (!found.has(module) && matchPattern(pattern, text)) found.add(module);
        }
      }
      return [...found];
    },
  };
}
