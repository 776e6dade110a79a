import type { Catalog } from "../archive/catalog/catalog.ts";
import { decodeEntry, decodeName, peekEntry } from "../archive/catalog/entry-record.ts";
import { type Choice, storedSize } from "../archive/entry.ts";
import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import { keptEntries } from "../layout/keep/kept-entries.ts";
import { partBelow } from "../layout/part-below.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import type { KeptPart, Plan } from "../plan/restore-plan.ts";

/** Where file systems that were kept are mounted to be written to: of the system nothing else is needed for that. */
export const KEPT_ROOT = "/run/mondo/kept";

/** Mount points on kept disks that get the set's files. */
export const filesWanted = ({ kept }: Pick<Plan, "kept">): readonly string[] => kept?.files ?? [];

/** What has to run for the set's files to be restored into what was kept. Pure. */
export function partWithFiles(layout: Layout, plan: Pick<Plan, "kept">): Layout {
  const files = filesWanted(plan);
  const mounts = nodesOf(layout, "mount").filter(({ path }) => files.includes(path));
  return partBelow(
    layout,
    mounts.map(({ id }) => id),
  );
}

/** What of a set is not restored, because it stays on this machine as it is. */
export interface KeptFiles {
  readonly skip: Choice;
  readonly entries: number;
  /** Stored content. */
  readonly bytes: number;
}

/** Counts what stays, by reading the catalog once. */
export function keptFiles(catalog: Catalog, layout: Layout, kept: KeptPart): KeptFiles {
  const isKept = keptEntries(layout, kept);
  let [entries, bytes] = [0, 0];
  for (const record of catalog.records()) {
    if (record.type !== "entry" || !isKept(decodeName(record.bytes).path)) continue;
    entries++;
    if (peekEntry(record.bytes).kind === "file") bytes += storedSize(decodeEntry(record.bytes));
  }
  return { skip: ({ path }) => isKept(path), entries, bytes };
}

/** What stays, for people, and what becomes of the backup's files that lie there. */
export function keptFilesWords({ disks, mounts, files = [] }: KeptPart, { entries, bytes }: KeptFiles): string {
  const where = mounts.length === 0 ? "" : msg`, with ${mounts.join(", ")}`;
  const isOne = entries === 1;
  const what = msg`${entries} ${isOne ? msg`entry` : msg`entries`} of the backup (${formatBytes(bytes)})`;
  const names = disks.map(({ path }) => path).join(", ");
  if (files.length > 0) {
    const those = files.join(", ");
    return isOne
      ? msg`Kept: ${names}${where}; ${what} lies there, and what is in ${those} is restored when all else is`
      : msg`Kept: ${names}${where}; ${what} lie there, and those in ${those} are restored when all else is`;
  }
  return isOne
    ? msg`Kept as it is: ${names}${where}; ${what} that lies there is neither restored nor compared`
    : msg`Kept as it is: ${names}${where}; ${what} that lie there are neither restored nor compared`;
}
