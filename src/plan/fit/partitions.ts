import { MIB } from "../../base/units.ts";
import { backupTableBytes } from "../../layout/fit.ts";
import { partitionsOf, tableOn } from "../../layout/graph.ts";
import type { Disk, Layout, NodeId, Partition, PartitionTable } from "../../layout/types.ts";
import { demandOf } from "./demand.ts";
import { type Share, spread } from "./spread.ts";

/** Where partitions begin and how large they are, by node. */
export type Places = Readonly<Record<NodeId, { readonly startBytes: number; readonly sizeBytes: number }>>;

/** What limits the growth of members: bytes by which a device may grow, by node. */
export type GrowthLimits = Readonly<Record<NodeId, number>>;

const endOf = ({ startBytes, sizeBytes }: { readonly startBytes: number; readonly sizeBytes: number }) =>
  startBytes + sizeBytes;
const wholeMib = (bytes: number) => Math.floor(bytes / MIB);

/** A stretch of the disk: a partition, or the space before one. All changes are whole MiB, so borders stay as aligned as they were. */
interface Stretch {
  readonly partition?: Partition;
  readonly share: Share;
}

/** The table's data partitions as they lie; undefined when they overlap or lie in no order that can be kept. */
function inOrder(partitions: readonly Partition[]): Partition[] | undefined {
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

function stretchesOf(
  layout: Layout,
  data: readonly Partition[],
  extended: Partition | undefined,
  limits: GrowthLimits,
) {
  const firstLogical = data.find((partition) => partition.role === "logical");
  return data.flatMap((partition, at): Stretch[] => {
    const before = data[at - 1];
    const gap = before ? partition.startBytes - endOf(before) : 0;
    const lead = partition === firstLogical && extended ? partition.startBytes - extended.startBytes : 0;
    const { slackBytes, rank } = demandOf(layout, partition.id, partition.sizeBytes);
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

/** Bytes that a table with its partitions may lose before something doesn't fit any more. */
export function leastTableBytes(layout: Layout, disk: Disk, table: PartitionTable): number {
  const partitions = partitionsOf(layout, table.id);
  const data = inOrder(partitions);
  const tail = table.scheme === "gpt" ? backupTableBytes(table.entries ?? 128, disk.logicalSectorBytes) : 0;
  if (!data) return Math.max(0, ...partitions.map(endOf)) + tail;
  const extended = partitions.find((partition) => partition.role === "extended");
  const stretches = stretchesOf(layout, data, extended, {});
  const slack = stretches.reduce((sum, { share }) => sum + share.units - share.minimum, 0);
  return Math.max(0, ...data.map(endOf)) - slack * MIB + tail;
}

function placed(
  data: readonly Partition[],
  stretches: readonly Stretch[],
  changes: readonly number[],
): Record<NodeId, { startBytes: number; sizeBytes: number }> {
  const places: Record<NodeId, { startBytes: number; sizeBytes: number }> = {};
  let shift = 0;
  for (const [at, { partition }] of stretches.entries()) {
    const change = (changes[at] ?? 0) * MIB;
    if (partition) {
      places[partition.id] = {
        startBytes: partition.startBytes + shift,
        sizeBytes: partition.sizeBytes + change,
      };
    }
    shift += change;
  }
  return Object.keys(places).length === data.length ? places : {};
}

/** An extended partition stays around its logical ones, with the same room before and, where there is some, behind them. */
function around(
  extended: Partition,
  data: readonly Partition[],
  places: Places,
  usable: number,
): { startBytes: number; sizeBytes: number } {
  const logical = data.filter((partition) => partition.role === "logical");
  const [first, last] = [logical[0] ?? extended, logical.at(-1) ?? extended];
  const startBytes = (places[first.id]?.startBytes ?? 0) - (first.startBytes - extended.startBytes);
  const lastPlace = places[last.id];
  const lastEnd = lastPlace ? endOf(lastPlace) : 0;
  const behind = data.filter((partition) => partition.startBytes >= endOf(extended));
  const limit = Math.min(usable, ...behind.map((partition) => places[partition.id]?.startBytes ?? usable));
  const room = Math.max(0, Math.floor(Math.min(endOf(extended) - endOf(last), limit - lastEnd) / MIB) * MIB);
  const exact = endOf(extended) - endOf(last);
  return { startBytes, sizeBytes: lastEnd + (lastEnd + exact <= limit ? exact : room) - startBytes };
}

/**
 * New places of a table's partitions on a disk of another size: their order and what is before the first of them stay. `growBytes` is what
 * they may share; negative, what they have to lose. Undefined when they can't.
 */
export function placePartitions(
  layout: Layout,
  table: PartitionTable,
  usable: number,
  growBytes: number,
  limits: GrowthLimits,
): Places | undefined {
  const partitions = partitionsOf(layout, table.id);
  const data = inOrder(partitions);
  if (!data) return undefined;
  const extended = partitions.find((partition) => partition.role === "extended");
  const stretches = stretchesOf(layout, data, extended, limits);
  const amount = growBytes < 0 ? -Math.ceil(-growBytes / MIB) : wholeMib(growBytes);
  const changes = spread(
    stretches.map(({ share }) => share),
    amount,
  );
  if (!changes) return undefined;
  const places = placed(data, stretches, changes);
  return extended ? { ...places, [extended.id]: around(extended, data, places, usable) } : places;
}

/** End of the last partition that holds something. */
export function lastEnd(layout: Layout, disk: Disk): number {
  const table = tableOn(layout, disk.id);
  const data = table ? partitionsOf(layout, table.id).filter((partition) => partition.role !== "extended") : [];
  return Math.max(0, ...data.map(endOf));
}
