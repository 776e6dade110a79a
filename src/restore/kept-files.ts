import type { Catalog } from "../archive/catalog/catalog.ts";
import { decodeEntry, decodeName, peekEntry } from "../archive/catalog/entry-record.ts";
import { type Choice, storedSize } from "../archive/entry.ts";
import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import { keptEntries } from "../layout/keep/kept-entries.ts";
import type { Layout } from "../layout/types.ts";
import type { KeptPart } from "../plan/restore-plan.ts";

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
  const what = msg`${entries} ${entries === 1 ? msg`entry` : msg`entries`} of the backup (${formatBytes(bytes)})`;
  const names = disks.map(({ path }) => path).join(", ");
  if (files.length > 0) {
    return msg`Kept: ${names}${where}; ${what} lie there, and those in ${files.join(", ")} are restored when all else is`;
  }
  return msg`Kept as it is: ${names}${where}; ${what} that lie there are neither restored nor compared`;
}
