import { toByteString } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { matcherOf } from "../catalog/pattern.ts";
import { type Difference, showDifference } from "./difference.ts";
import type { Severity } from "./severity.ts";

/** Which differences are looked at: those that all of it lets through. */
export interface DifferenceFilter {
  /** One of these; absent: any. */
  readonly severities?: readonly Severity[];
  /** What their lines contain, whatever the case. */
  readonly text?: string;
  /** Globs, as `matcherOf()` takes them; one of them matches the path, as it is shown. Absent or none: any path. */
  readonly patterns?: readonly string[];
}

/** The most severe first. */
export const SEVERITIES: readonly Severity[] = [3, 2, 1];

/** Those that a filter lets through, in their order. Pure. Throws `usage` for a pattern that can't be. */
export function filterDifferences(differences: readonly Difference[], filter: DifferenceFilter): Difference[] {
  const { severities = SEVERITIES, text = "", patterns = [] } = filter;
  const wanted = text.toLowerCase();
  const matcher = matcherOf(patterns);
  return differences
    .filter(({ severity }) => severities.includes(severity))
    .filter(({ path }) => patterns.length === 0 || matcher.matches(toByteString(path.slice(1))))
    .filter((one) => showDifference(one).toLowerCase().includes(wanted));
}

/** Severities as they are typed: `3`, `2,3`. Throws `usage` for anything else. */
export function severitiesIn(text: string, option: string): Severity[] {
  const severities = text.split(",").map((word) => SEVERITIES.find((one) => String(one) === word.trim()));
  const known = severities.filter((one) => one !== undefined);
  if (known.length === severities.length) return known;
  throw new MondoError("usage", msg`--${option} is not ${text}`, {
    hint: msg`Give 3 (should not differ), 2 (worth a look), 1 (to be expected), or some of them: 2,3.`,
  });
}
