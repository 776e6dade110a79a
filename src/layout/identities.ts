import { contentOf, partitionsOf, tableSeenOn, volumeOn } from "./graph.ts";
import { nodesOn } from "./nodes-on.ts";
import type { Layout, NodeId } from "./types.ts";

/**
 * Identifiers of what lies on a disk: its table, the contents of its partitions, and the volumes that it is a part of.
 * Lower case.
 */
export function identitiesOn(layout: Layout, disk: NodeId): ReadonlySet<string> {
  const table = tableSeenOn(layout, disk);
  const devices = [disk, ...(table ? partitionsOf(layout, table.id).map((partition) => partition.id) : [])];
  const found = devices.flatMap((device) => {
    const spare = nodesOn(layout, device).find((node) => node.kind === "physical-volume");
    return [contentOf(layout, device)?.uuid, volumeOn(layout, device)?.uuid, spare?.uuid];
  });
  const all = [table?.uuid, ...found].filter((id): id is string => id !== undefined && id !== "");
  return new Set(all.map((id) => id.toLowerCase()));
}
