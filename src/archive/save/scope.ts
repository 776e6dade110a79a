/**
 * What belongs to an archive. Pure: paths in, verdicts out. Paths are relative to the root, `""` being the root itself.
 */
import type { ByteString } from "../../base/bytes.ts";
import { HIDDEN, type HiddenPlace, hiddenEntry } from "../../layout/hidden-places.ts";
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
  /** Places below mounts, which belong to the set as what is above them does. Default: none. */
  readonly hidden?: readonly HiddenPlace[];
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
  /** Names in `mondo-hidden`, in byte order: file systems on which mounts of the set hide something. */
  readonly hiddenTrees: readonly ByteString[];
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
  const verdict: ScopeRules["verdict"] = (path, parent) =>
    names.has(nameOf(path)) ? ruled(path, parent) : parent === "in" ? "in" : "out";
  return {
    ...withHidden(verdict, scope),
    isIncluded: (path) => include.has(path),
    isOwnMount: (path) => mounts.has(path),
  };
}

/** What lies below mounts of the set is judged by its path in the running system, and only the places are wanted. */
function withHidden(
  verdict: ScopeRules["verdict"],
  { hidden = [] }: Scope,
): Pick<ScopeRules, "verdict" | "hiddenTrees"> {
  const unders = new Map(
    hidden.flatMap(({ tree, under }) => (tree === undefined ? [] : [[relativePath(tree), under]])),
  );
  const places = relativeSet(hidden.filter(({ tree }) => tree !== undefined).map(hiddenEntry));
  const ways = waysTo(places);
  const judge = (path: ByteString, parent: Verdict): Verdict => {
    if (places.has(path)) return "in";
    if (ways.has(path)) return "way";
    if (parent === "way" || verdict(path, "in") === "out") return "out";
    const tree = path.split("/", 2).join("/") as ByteString;
    const real = relativePath(unders.get(tree) ?? "/");
    return verdict(
      `${real}${real === "" ? path.slice(tree.length + 1) : path.slice(tree.length)}` as ByteString,
      parent,
    );
  };
  return {
    verdict: (path, parent) => (isHidden(path) && unders.size > 0 ? judge(path, parent) : verdict(path, parent)),
    hiddenTrees: [...unders.keys()].map(nameOf).sort(),
  };
}

/** Whether an archive has at a path what lies below a mount of the set. */
export const isHidden = (path: ByteString): boolean => path === HIDDEN || path.startsWith(`${HIDDEN}/`);
