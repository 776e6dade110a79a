/** What a person has marked in the tree of a backup, as rules in the order in which they were given. Pure. */

import { matcherOf } from "../../archive/catalog/pattern.ts";
import type { Amount } from "../../archive/catalog/tree-listing.ts";
import type { Choice } from "../../archive/entry.ts";
import { parentOf } from "../../archive/tree/paths.ts";
import type { ByteString } from "../../base/bytes.ts";

/** Marks a path with all below it, or what a pattern matches; `isOn: false` takes marks away. */
export type Rule =
  | { readonly path: ByteString; readonly isOn: boolean; readonly amount: Amount }
  | { readonly pattern: string; readonly isOn: boolean };

/** A later rule counts more than an earlier one. */
export type Marks = readonly Rule[];

/** Whether all of a thing is marked, nothing, or some of it. */
export type Mark = "all" | "none" | "some";

const isAtOrBelow = (path: string, top: string): boolean => top === "" || path === top || path.startsWith(`${top}/`);

/** Marks a path with all below it, or takes all marks from it. */
export function markPath(marks: Marks, path: ByteString, isOn: boolean, amount: Amount): Marks {
  const rest = marks.filter((rule) => !("path" in rule) || !isAtOrBelow(rule.path, path));
  return choiceOf(rest)({ path }) === isOn && !hasPatterns(rest) ? rest : [...rest, { path, isOn, amount }];
}

/** Marks what a pattern matches, or takes the marks from it. */
export const markPattern = (marks: Marks, pattern: string, isOn: boolean): Marks => [
  ...marks.filter((rule) => !("pattern" in rule) || rule.pattern !== pattern),
  { pattern, isOn },
];

/** Whether the marks come from patterns, too: what they take only the catalog knows. */
export const hasPatterns = (marks: Marks): boolean => marks.some((rule) => "pattern" in rule);

/** The position of the last path rule for a path or what is above it; -1: none. */
function lastPathRule(places: ReadonlyMap<string, number>, path: ByteString): number {
  let last = places.get(path) ?? -1;
  for (let up = path; up !== ""; ) {
    up = parentOf(up);
    last = Math.max(last, places.get(up) ?? -1);
  }
  return last;
}

/** What is marked, as the archive asks for it. */
export function choiceOf(marks: Marks): Choice {
  const places = new Map(marks.flatMap((rule, at) => ("path" in rule ? [[rule.path as string, at] as const] : [])));
  const patterns = marks.flatMap((rule, at) =>
    "pattern" in rule ? [{ at, isOn: rule.isOn, matcher: matcherOf([rule.pattern]) }] : [],
  );
  return ({ path }) => {
    const last = lastPathRule(places, path);
    const pattern = patterns.findLast(({ at, matcher }) => at > last && matcher.matches(path));
    return pattern?.isOn ?? marks[last]?.isOn ?? false;
  };
}

/** How a path is marked by path rules alone. */
export function markOf(marks: Marks, path: ByteString): Mark {
  const isOn = choiceOf(marks)({ path });
  const isMixed = marks.some(
    (rule) => "path" in rule && rule.path !== path && isAtOrBelow(rule.path, path) && rule.isOn !== isOn,
  );
  return isMixed ? "some" : isOn ? "all" : "none";
}

/** What is marked, added up; undefined: patterns are among the rules, so the catalog must be asked. */
export function amountOf(marks: Marks): Amount | undefined {
  if (hasPatterns(marks)) return undefined;
  let [entries, bytes] = [0, 0];
  for (const [at, rule] of marks.entries()) {
    if (!("path" in rule)) continue;
    // Rules for what is above a path always come before it.
    const before = rule.path === "" ? false : choiceOf(marks.slice(0, at))({ path: rule.path });
    if (before === rule.isOn) continue;
    const sign = rule.isOn ? 1 : -1;
    entries += sign * rule.amount.entries;
    bytes += sign * rule.amount.bytes;
  }
  return { entries, bytes };
}
