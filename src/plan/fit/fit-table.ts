import { msg } from "../../base/message.ts";
import { formatBytes, MIB } from "../../base/units.ts";
import { partitionsOf, tableOn } from "../../layout/graph.ts";
import { tooSmall } from "../../layout/too-small.ts";
import type { Disk, Layout, NodeId } from "../../layout/types.ts";
import { demandOf } from "./demand.ts";
import { type Places, placePartitions } from "./partitions.ts";
import { endOf, type GrowthLimits, leastTableBytes, usableBytes } from "./stretches.ts";

/** What of a target device the sizes depend on. */
export type Space = Pick<Disk, "sizeBytes" | "logicalSectorBytes">;

/** A disk or an array as it was. */
export interface Carrier extends Space {
  readonly id: NodeId;
  readonly path: string;
}

/**
 * A disk that is larger by less than this keeps its sizes: one of another maker, not one that was bought to have more
 * room.
 */
const GROWTH_SHARE = 0.02;
const LEAST_GROWTH_BYTES = 64 * MIB;

/** Whether a device is so much larger that what is on it grows. */
export const isLarger = (was: Pick<Space, "sizeBytes">, space: Pick<Space, "sizeBytes">) =>
  space.sizeBytes - was.sizeBytes >= Math.max(LEAST_GROWTH_BYTES, was.sizeBytes * GROWTH_SHARE);

/**
 * New places of the partitions on a device that has another size; none when they stay. Throws `no-match` when they
 * can't be had there.
 */
export function fitTable(layout: Layout, carrier: Carrier, space: Space, limits: GrowthLimits): Places {
  const table = tableOn(layout, carrier.id);
  if (!table) return {};
  const partitions = partitionsOf(layout, table.id);
  const usable = usableBytes(table, space);
  // By how much they may grow, or must shrink.
  const end = Math.max(0, ...partitions.filter((partition) => partition.role !== "extended").map(endOf));
  const room = isLarger(carrier, space) ? Math.max(0, usable - Math.max(end, usableBytes(table, carrier))) : 0;
  const growth = end > usable ? usable - end : room;
  if (growth === 0 && partitions.every((partition) => endOf(partition) <= usable)) return {};
  const places = placePartitions(layout, table, usable, growth, limits);
  if (places) return places;
  if (growth >= 0) return {};
  const least = leastTableBytes(layout, table, carrier.logicalSectorBytes, demandOf);
  const text = msg`what is on ${carrier.path} needs at least ${formatBytes(least)} (${least} bytes)`;
  throw tooSmall(msg`${text}, but gets only ${formatBytes(space.sizeBytes)} (${space.sizeBytes} bytes)`, {
    disk: carrier.path,
    neededBytes: least,
  });
}
