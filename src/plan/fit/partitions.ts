import { MIB } from "../../base/units.ts";
import { partitionsOf } from "../../layout/graph.ts";
import { spread } from "../../layout/spread.ts";
import type { Layout, NodeId, Partition, PartitionTable } from "../../layout/types.ts";
import { demandOf } from "./demand.ts";
import { endOf, type GrowthLimits, inOrder, type Stretch, stretchesOf, wholeMib } from "./stretches.ts";

/** Where partitions begin and how large they are, by node. */
export type Places = Readonly<Record<NodeId, { readonly startBytes: number; readonly sizeBytes: number }>>;

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

/**
 * An extended partition stays around its logical ones, with the same room before and, where there is some, behind them.
 */
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
 * New places of a table's partitions on a disk of another size: their order and what is before the first of them stay.
 * `growBytes` is what they may share; negative, what they have to lose. Undefined when they can't.
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
  const stretches = stretchesOf(layout, data, extended, limits, demandOf);
  const amount = growBytes < 0 ? -Math.ceil(-growBytes / MIB) : wholeMib(growBytes);
  const changes = spread(
    stretches.map(({ share }) => share),
    amount,
  );
  if (!changes) return undefined;
  const places = placed(data, stretches, changes);
  return extended ? { ...places, [extended.id]: around(extended, data, places, usable) } : places;
}
