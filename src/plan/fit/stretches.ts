import { MIB } from "../../base/units.ts";
import type { Demand } from "../../drivers/volume-contract.ts";
import { backupTableBytes } from "../../layout/fit.ts";
import { partitionsOf } from "../../layout/graph.ts";
import type { Share } from "../../layout/spread.ts";
import type { Disk, Layout, NodeId, Partition, PartitionTable } from "../../layout/types.ts";

/** What lies on a device decides how far it can shrink, and whether it has a use for more. */
export type DemandOf = (layout: Layout, device: NodeId, sizeBytes: number) => Demand;

/** What limits the growth of members: bytes by which a device may grow, by node. */
export type GrowthLimits = Readonly<Record<NodeId, number>>;

/** The first byte behind it. */
export const endOf = ({ startBytes, sizeBytes }: { readonly startBytes: number; readonly sizeBytes: number }) =>
  startBytes + sizeBytes;
/** Bytes as whole MiB, the rest left out. */
export const wholeMib = (bytes: number) => Math.floor(bytes / MIB);

/**
 * A stretch of the disk: a partition, or the space before one. All changes are whole MiB, so borders stay as aligned as
 * they were.
 */
export interface Stretch {
  readonly partition?: Partition;
  readonly share: Share;
}

/** The table's data partitions as they lie; undefined when they overlap or lie in no order that can be kept. */
export function inOrder(partitions: readonly Partition[]): Partition[] | undefined {
  const data = partitions
    .filter((partition) => partition.role !== "extended")
    .sort((a, b) => a.startBytes - b.startBytes);
  const apart = data.every((partition, at) => at === 0 || endOf(data[at - 1] ?? partition) <= partition.startBytes);
  const extended = partitions.filter((partition) => partition.role === "extended");
  const logical = data.filter((partition) => partition.role === "logical");
  const around = extended.every((outer) =>
    logical.every((inner) => inner.startBytes > outer.startBytes && endOf(inner) <= endOf(outer)),
  );
  return apart && around && extended.length <= 1 && (extended.length === 0 || logical.length > 0) ? data : undefined;
}

/** A logical partition keeps room for the record before it. */
function gapShare(gap: number, partition: Partition, lead: number): Share {
  const least = partition.role === "logical" ? Math.max(lead, Math.min(gap, MIB)) : 0;
  return { units: wholeMib(gap), minimum: wholeMib(gap) - wholeMib(gap - Math.min(gap, least)), rank: "gap" };
}

/** The partitions and the spaces before them, in order. `demand` says what a partition must offer. */
export function stretchesOf(
  layout: Layout,
  data: readonly Partition[],
  extended: Partition | undefined,
  limits: GrowthLimits,
  demand: DemandOf,
) {
  const firstLogical = data.find((partition) => partition.role === "logical");
  return data.flatMap((partition, at): Stretch[] => {
    const before = data[at - 1];
    const gap = before ? partition.startBytes - endOf(before) : 0;
    const lead = partition === firstLogical && extended ? partition.startBytes - extended.startBytes : 0;
    const { slackBytes, rank } = demand(layout, partition.id, partition.sizeBytes);
    const units = wholeMib(partition.sizeBytes);
    const slack = Math.min(wholeMib(slackBytes), units > 0 ? units - 1 : 0);
    const limit = limits[partition.id];
    const maximum = limit === undefined ? {} : { maximum: units + wholeMib(limit) };
    // Space before the first partition belongs to the boot loader.
    const space = before ? [{ share: gapShare(gap, partition, lead) }] : [];
    return [...space, { partition, share: { units, minimum: units - slack, rank, ...maximum } }];
  });
}

/** What may lie on a disk behind the first partition: up to the GPT's copy, or what 32 bits of an MBR can say. */
export function usableBytes(table: PartitionTable, disk: Pick<Disk, "sizeBytes" | "logicalSectorBytes">): number {
  const { sizeBytes, logicalSectorBytes } = disk;
  if (table.scheme === "gpt") return sizeBytes - backupTableBytes(table.entries ?? 128, logicalSectorBytes);
  return Math.min(sizeBytes, (2 ** 32 - 1) * logicalSectorBytes);
}

/** Smallest device in bytes for a table with its partitions, shrunk as far as `demand` says that they can be. */
export function leastTableBytes(layout: Layout, table: PartitionTable, sectorBytes: number, demand: DemandOf): number {
  const partitions = partitionsOf(layout, table.id);
  const data = inOrder(partitions);
  const tail = table.scheme === "gpt" ? backupTableBytes(table.entries ?? 128, sectorBytes) : 0;
  if (!data) return Math.max(0, ...partitions.map(endOf)) + tail;
  const extended = partitions.find((partition) => partition.role === "extended");
  const stretches = stretchesOf(layout, data, extended, {}, demand);
  const slack = stretches.reduce((sum, { share }) => sum + share.units - share.minimum, 0);
  return Math.max(0, ...data.map(endOf)) - slack * MIB + tail;
}

/** The same as what the table's device may lose, and whether any partition has a use for more. */
export function tableDemand(
  layout: Layout,
  table: PartitionTable,
  device: Pick<Disk, "sizeBytes" | "logicalSectorBytes">,
  demand: DemandOf,
): Demand {
  const least = leastTableBytes(layout, table, device.logicalSectorBytes, demand);
  const ranks = partitionsOf(layout, table.id).map(({ id, sizeBytes }) => demand(layout, id, sizeBytes).rank);
  return {
    slackBytes: Math.max(0, device.sizeBytes - least),
    rank: ranks.includes("data") ? "data" : "keep",
  };
}
