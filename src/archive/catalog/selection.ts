import type { ByteString } from "../../base/bytes.ts";
import type { Choice, Entry } from "../entry.ts";
import { parentOf } from "../tree/paths.ts";
import type { EntryName } from "./entry-record.ts";

/**
 * Which entries of a catalog are taken and under which name. A hard link whose first link was not chosen becomes the
 * file itself, and further links point to it.
 */
export interface Selection {
  /** The entry to make, or nothing. */
  take(entry: Entry): Entry | undefined;
  /** Whether a directory that was not chosen lies above something that was. */
  isWay(path: ByteString): boolean;
  /** Whether an entry is taken, or is a directory above something that is. */
  isTouched(name: EntryName): boolean;
  /** Chosen hard links that were to become the file itself, which has not been taken so far. */
  orphans(): readonly Orphan[];
}

/** A hard link and its first name. */
export interface Orphan {
  readonly path: ByteString;
  readonly target: ByteString;
}

/** Takes all. */
export const everything: Selection = {
  take: (entry) => entry,
  isWay: () => false,
  isTouched: () => true,
  orphans: () => [],
};

/** A selection without entries that are left out whatever needs them; costs no memory. */
export const withoutSkipped = (selection: Selection, skip: Choice): Selection => ({
  ...selection,
  take: (entry) => (skip(entry) ? undefined : selection.take(entry)),
  isTouched: (name) => !skip(name) && selection.isTouched(name),
});

/** Reads the catalog once to see what a choice needs. */
export function selectionOf(entries: Iterable<EntryName>, select: Choice): Selection {
  const chosen = new Set<ByteString>();
  const substitutes = new Map<ByteString, ByteString>();
  const ways = new Set<ByteString>();
  const found = new Set<ByteString>();
  for (const entry of entries) {
    if (!select(entry)) continue;
    if (entry.kind !== "hardlink") chosen.add(entry.path);
    else if (entry.target !== undefined && !chosen.has(entry.target) && !substitutes.has(entry.target)) {
      substitutes.set(entry.target, entry.path);
    }
    for (let up = entry.path; up !== ""; ) {
      up = parentOf(up);
      if (ways.has(up)) break;
      ways.add(up);
    }
  }
  return {
    isWay: (path) => ways.has(path),
    orphans: () =>
      [...substitutes].filter(([target]) => !found.has(target)).map(([target, path]) => ({ path, target })),
    isTouched: ({ kind, path }) =>
      kind === "hardlink"
        ? select({ path })
        : chosen.has(path) || substitutes.has(path) || (kind === "directory" && ways.has(path)),
    take: (entry) => {
      const substitute = substitutes.get(entry.path);
      if (substitute !== undefined && !chosen.has(entry.path) && entry.kind !== "hardlink") {
        found.add(entry.path);
        return { ...entry, path: substitute };
      }
      if (!select(entry)) return undefined;
      if (entry.kind !== "hardlink" || entry.target === undefined) return entry;
      const target = substitutes.get(entry.target) ?? entry.target;
      return target === entry.path ? undefined : { ...entry, target };
    },
  };
}
