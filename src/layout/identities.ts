import { contentOf, partitionsOf, tableSeenOn, volumeOn } from "./graph.ts";
import type { Layout, NodeId } from "./types.ts";

/** Identifiers of what lies on a disk: table, partitions' file systems and swap, arrays and volume groups that it is a member of. Lower case. */
export function identitiesOn(layout: Layout, disk: NodeId): ReadonlySet<string> {
  const table = tableSeenOn(layout, disk);
  const devices = [disk, ...(table ? partitionsOf(layout, table.id).map((partition) => partition.id) : [])];
  const found = devices.flatMap((device) => [contentOf(layout, device)?.uuid, volumeOn(layout, device)?.uuid]);
  const all = [table?.uuid, ...found].filter((id): id is string => id !== undefined && id !== "");
  return new Set(all.map((id) => id.toLowerCase()));
}
