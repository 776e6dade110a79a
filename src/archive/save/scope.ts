/**
 * What belongs to an archive. Pure: paths in, verdicts out. Paths are relative to the root, `""` being the root itself.
 */
import type { ByteString } from "../../base/bytes.ts";
import { nameOf, parentOf, relativePath } from "../tree/paths.ts";

/**
 * What belongs to an archive. Paths are absolute as seen below `root` (`/etc`), with no symbolic link on the way. Of
 * several that hold a path the deepest decides, so what is included below an excluded directory is saved.
 */
export interface Scope {
  /** What to take; `/` alone takes everything. */
  readonly include: readonly string[];
  /** What to leave out: a directory itself is kept, its content is not. */
  readonly exclude: readonly string[];
  /** What is left out without a trace, whatever is included. Default: nothing. */
  readonly absent?: readonly string[];
  /**
   * Mount points whose file systems belong to the set. Any other mount point is kept as an empty directory, unless it
   * is included by its path, or something below it is.
   */
  readonly mounts: readonly string[];
}

/**
 * `in`: the entry and what is below it; `way`: the entry, because something below it is wanted; `shut`: the entry if it
 * is a directory, and nothing below it; `out`: neither.
 */
export type Verdict = "in" | "way" | "shut" | "out";

export interface ScopeRules {
  /** Of a path, by that of its directory. */
  verdict(path: ByteString, parent: Verdict): Verdict;
  /** Whether the path was chosen as such. */
  isIncluded(path: ByteString): boolean;
  /** Whether a mount point belongs to the set. */
  isOwnMount(path: ByteString): boolean;
}

const relativeSet = (paths: readonly string[]): ReadonlySet<ByteString> => new Set(paths.map(relativePath));

/** All directories above the paths. */
function waysTo(paths: Iterable<ByteString>): ReadonlySet<ByteString> {
  const ways = new Set<ByteString>();
  for (const path of paths) {
    for (let up = path; up !== ""; ) {
      up = parentOf(up);
      ways.add(up);
    }
  }
  return ways;
}

/** A scope as questions of the walk. */
export function scopeRules(scope: Scope): ScopeRules {
  const include = relativeSet(scope.include);
  const exclude = relativeSet(scope.exclude);
  const absent = relativeSet(scope.absent ?? []);
  const mounts = relativeSet(["/", ...scope.mounts]);
  const ways = waysTo(include);
  // Nearly all names are in none of them: one look-up is enough.
  const names = new Set([...include, ...exclude, ...absent, ...ways].map(nameOf));
  const ruled = (path: ByteString, parent: Verdict): Verdict => {
    if (absent.has(path)) return "out";
    if (include.has(path) && !(exclude.has(path) && path !== "")) return "in";
    if (parent === "in" && !exclude.has(path)) return "in";
    if (ways.has(path)) return "way";
    return parent === "in" || include.has(path) ? "shut" : "out";
  };
  return {
    verdict: (path, parent) => (names.has(nameOf(path)) ? ruled(path, parent) : parent === "in" ? "in" : "out"),
    isIncluded: (path) => include.has(path),
    isOwnMount: (path) => mounts.has(path),
  };
}
