/** What the backup could not save as it was: known since it was made, and repeated whenever it is used. */

import { type ByteString, toByteString } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import type { Choice, Problem } from "../entry.ts";
import { MOST_PROBLEM_BYTES, problemBytes } from "../save/problem-log.ts";

/** How many there are of each severity. */
export interface ProblemCounts {
  readonly lost: number;
  readonly changed: number;
  readonly notes: number;
}

/** Counts problems by severity. */
export function countProblems(problems: readonly Pick<Problem, "severity">[]): ProblemCounts {
  const count = (severity: Problem["severity"]) => problems.filter((one) => one.severity === severity).length;
  return { lost: count("lost"), changed: count("changed"), notes: count("note") };
}

/** Whether the problems of a severity left no room: then one of the root counts those that have no name. */
function isCrowded(problems: readonly Problem[], severity: Problem["severity"]): boolean {
  const named = problems.filter((one) => one.severity === severity);
  const bytes = named.reduce((sum, one) => sum + problemBytes(one), 0);
  return bytes > MOST_PROBLEM_BYTES[severity] / 2;
}

/**
 * Those of a backup's own problems that concern what is chosen. What has no name concerns all that can be chosen, for
 * it lies below the root; what is wrong with the root alone concerns the root.
 */
export function problemsOf(problems: readonly Problem[], select: Choice): Problem[] {
  return problems.filter(({ path, severity }) => {
    return select({ path: shownPathBytes(path) }) || (path === "/" && isCrowded(problems, severity));
  });
}

/** Whether something is not in the backup as it was on the machine: notes are for information. */
export function isIncomplete({ lost, changed }: ProblemCounts): boolean {
  return lost + changed > 0;
}

/**
 * One sentence on what was known when a backup was made; undefined when nothing was. `list`: where all of them are
 * named.
 */
export function describeProblems(counts: ProblemCounts, list: string): string | undefined {
  const { lost, changed, notes } = counts;
  if (lost + changed + notes === 0) return undefined;
  const parts = [
    ...(lost > 0 ? [msg`${lost} lost`] : []),
    ...(changed > 0 ? [msg`${changed} saved, but not as they were`] : []),
    ...(notes > 0 ? [msg`${notes} note${notes === 1 ? "" : "s"}`] : []),
  ];
  return msg`When this backup was made, it had problems with ${files(lost + changed + notes)} (${parts.join(", ")}); ${list}`;
}

const files = (count: number): string => (count === 1 ? msg`1 file` : msg`${count} files`);

/** The path of an entry as it is shown, in bytes again: `\xNN` is one. */
export function shownPathBytes(shown: string): ByteString {
  const parts = shown.replace(/^\//, "").split(/\\x([0-9a-f]{2})/);
  const bytes = parts.map((part, at) => (at % 2 === 0 ? toByteString(part) : String.fromCharCode(Number(`0x${part}`))));
  return bytes.join("") as ByteString;
}
