/**
 * What belongs to an archive. Pure: paths in, verdicts out. Paths are relative to the root, `""` being the root itself.
 */
import type { ByteString } from "../../base/bytes.ts";
import { nameOf, parentOf, relativePath } from "../tree/paths.ts";

/** What belongs to an archive. Paths are absolute as seen below `root` (`/etc`); see scope.ts. */
export interface Scope {
  /** What to take; `/` alone takes everything. */
  readonly include: readonly string[];
  /** What to leave out: the entry itself is kept, its content is not. */
  readonly exclude: readonly string[];
  /** Mount points whose file systems belong to the set. Any other mount point is kept as an empty directory. */
  readonly mounts: readonly string[];
}

/**
 * Left out of every archive: Mondo's list, and what the kernel fills. The directories themselves are kept as mount
 * points.
 */
const ALWAYS_EXCLUDED = [
  "/proc",
  "/sys",
  "/run",
  "/mnt/cdrom",
  "/mnt/floppy",
  "/media/cdrom",
  "/media/cdrecorder",
  "/root/images/mondo",
  "/root/images/mindi",
  "/var/cache/mindi",
];

/** Swap and hibernation files of other systems, wherever they lie. */
const FOREIGN_SWAP = new Set(["win386.swp", "hiberfil.sys", "pagefile.sys"]);

/** `in`: the entry and what is below it; `way`: the entry, because something below it is wanted; `out`: neither. */
export type Verdict = "in" | "way" | "out";

export interface ScopeRules {
  verdict(path: ByteString, parent: Verdict): Verdict;
  /** Whether the path itself is kept although it is excluded: directories are, files are not. */
  isExcluded(path: ByteString): boolean;
  /** Whether a mount point belongs to the set. */
  isOwnMount(path: ByteString): boolean;
}

/** A scope as questions of the walk. */
export function scopeRules(scope: Scope): ScopeRules {
  const include = new Set(scope.include.map(relativePath));
  const exclude = new Set([...ALWAYS_EXCLUDED, ...scope.exclude].map(relativePath));
  const excludedNames = new Set([...exclude].map(nameOf));
  const mounts = new Set(["/", ...scope.mounts].map(relativePath));
  const ways = new Set<ByteString>();
  for (const path of include) {
    for (let up = path; up !== ""; ) {
      up = parentOf(up);
      ways.add(up);
    }
  }
  return {
    verdict: (path, parent) => (parent === "in" || include.has(path) ? "in" : ways.has(path) ? "way" : "out"),
    isExcluded: (path) => {
      if (path === "") return false;
      const name = nameOf(path);
      if (name === "lost+found" && mounts.has(parentOf(path))) return true;
      return FOREIGN_SWAP.has(name) || (excludedNames.has(name) && exclude.has(path));
    },
    isOwnMount: (path) => mounts.has(path),
  };
}
