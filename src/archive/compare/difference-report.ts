import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { type Difference, showDifference } from "./difference.ts";
import type { Severity } from "./severity.ts";

/** More lines would push everything else off the screen. */
const MOST_SHOWN = 20;

/** How many differences there are of each severity. */
export function countDifferences(differences: readonly Difference[]): Readonly<Record<Severity, number>> {
  const counts = { 1: 0, 2: 0, 3: 0 };
  for (const { severity } of differences) counts[severity]++;
  return counts;
}

/** One sentence with the numbers, and what each severity means. */
export function describeDifferences(differences: readonly Difference[]): string {
  if (differences.length === 0) return msg`No differences`;
  const counts = countDifferences(differences);
  const number = msg`${differences.length} difference${differences.length === 1 ? "" : "s"}`;
  return msg`${number}: ${counts[3]} that should not be [3], ${counts[2]} worth a look [2], ${counts[1]} to be expected [1]`;
}

/** As that, of the differences that were asked for; with how many there are besides. */
export function describeShown(shown: readonly Difference[], all: readonly Difference[]): string {
  const others = all.length - shown.length;
  const words = describeDifferences(shown);
  if (others === 0) return words;
  return others === 1 ? msg`${words}; 1 more was not asked for` : msg`${words}; ${others} more were not asked for`;
}

/**
 * Warns of the differences that matter most, as many as a screen has room for; the others go to the log alone.
 * `whereAll`: where all of them are, for people.
 */
export function warnOfDifferences(reporter: Reporter, differences: readonly Difference[], whereAll: string): void {
  const sorted = differences.toSorted((one, other) => other.severity - one.severity);
  for (const difference of sorted.slice(0, MOST_SHOWN)) reporter.warn(showDifference(difference));
  for (const difference of sorted.slice(MOST_SHOWN)) reporter.log(showDifference(difference));
  if (sorted.length > MOST_SHOWN) reporter.warn(msg`… and ${sorted.length - MOST_SHOWN} more; all are in ${whereAll}`);
}
