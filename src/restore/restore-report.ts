/** What a restore has to say in the end: the first cause first, and nothing twice. */

import type { Elsewhere } from "../archive/catalog/copies.ts";
import { type Difference, showDifference } from "../archive/compare/difference.ts";
import { describeDifferences } from "../archive/compare/difference-report.ts";
import type { Problem } from "../archive/entry.ts";
import { msg } from "../base/message.ts";
import { Errno, errnoText } from "../host/syscalls.ts";
import { mountHolding } from "../layout/graph.ts";
import type { Layout } from "../layout/types.ts";

/** What went wrong without stopping the restore. */
export interface RestoreFindings {
  /** Entries that were made. */
  entries: number;
  /** Files that could not be restored as they are in the backup. */
  problems: readonly Problem[];
  /** Files among them whose content in the backup is not what was written. */
  damagedFiles: number;
  /** Volumes that came from further servers. */
  elsewhere: readonly Elsewhere[];
  /** What the comparison with the backup has found. */
  differences: readonly Difference[];
  /** Failures of optional steps. */
  failures: readonly string[];
  /** What is wrong with disks and the boot chain. */
  defects: readonly string[];
}

/** Those of a restore that begins. */
export const newFindings = (): RestoreFindings => {
  return { entries: 0, problems: [], damagedFiles: 0, elsewhere: [], differences: [], failures: [], defects: [] };
};

const FULL = errnoText(Errno.ENOSPC);
const files = (count: number): string => (count === 1 ? msg`1 file` : msg`${count} files`);

/**
 * Why files are missing or cut short, in one sentence: a restore in which that happened has no other first cause,
 * whatever fails later for want of them. Undefined: none are.
 */
export function firstCause(
  { entries, problems, damagedFiles }: Pick<RestoreFindings, "entries" | "problems" | "damagedFiles">,
  layout: Layout,
): { readonly text: string; readonly isFull: boolean } | undefined {
  const lost = problems.filter(({ severity }) => severity === "lost");
  const full = lost.find(({ reason }) => reason.endsWith(FULL));
  if (full) {
    const place = mountHolding(layout, full.path)?.mount.path ?? "/";
    const text = msg`no space left on ${place} after ${entries} entries: ${files(lost.length)} could not be restored`;
    return { text, isFull: true };
  }
  const [first] = lost;
  if (!first) return undefined;
  const why = damagedFiles > 0 ? msg`the backup is damaged: ` : "";
  const text = msg`${why}${files(lost.length)} could not be restored, the first of them ${first.path}: ${first.reason}`;
  return { text, isFull: false };
}

/**
 * How many volumes came from which further server, a sentence for each; `taken`: places of those that were found
 * damaged before. Pure.
 */
export function describeSources(
  elsewhere: readonly Elsewhere[],
  volumes: readonly { readonly name: string }[],
  taken: ReadonlyMap<string, string>,
): string[] {
  const counts = new Map<string, Set<string>>();
  const add = (place: string, name: string) => counts.set(place, (counts.get(place) ?? new Set()).add(name));
  for (const [name, place] of taken) if (volumes.some((volume) => volume.name === name)) add(place, name);
  for (const { volume, place } of elsewhere) add(place, volumes[volume]?.name ?? `${volume}`);
  const of = volumes.length;
  return [...counts].map(([place, names]) => msg`${names.size} of ${of} volumes came, in part or whole, from ${place}`);
}

/** The lines of the report, the most important first; files reported before are not repeated. */
export function reportLines(findings: RestoreFindings, layout: Layout): readonly string[] {
  const { problems, differences, failures, defects } = findings;
  const cause = firstCause(findings, layout);
  const told = new Set(problems.map(({ path }) => path));
  const further = differences.filter(({ path }) => !told.has(path));
  return [
    ...(cause ? [msg`The first cause: ${cause.text}`] : []),
    ...failures,
    ...defects,
    ...(further.length > 1 ? [msg`Files compared with the backup: ${describeDifferences(further)}`] : []),
    ...problems.map(({ path, reason }) => `${path}: ${reason}`),
    ...further.map(showDifference),
  ];
}
