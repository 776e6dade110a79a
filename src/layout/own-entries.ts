import type { EfiEntry, Layout, Partition } from "./types.ts";
import { nodesOf } from "./types.ts";

/** Boot entries that lead to one of the set's partitions, in the firmware's order; those that are not in it follow. */
export function ownEntries(layout: Layout): { entry: EfiEntry; partition: Partition }[] {
  const firmware = nodesOf(layout, "firmware")[0];
  const partitions = nodesOf(layout, "partition");
  const rank = (entry: EfiEntry) => {
    const at = firmware?.bootOrder.indexOf(entry.number) ?? -1;
    return at < 0 ? Number.MAX_SAFE_INTEGER : at;
  };
  return (firmware?.entries ?? [])
    .flatMap((entry) => {
      const partition = partitions.find(({ uuid }) => uuid === entry.partitionUuid);
      return partition ? [{ entry, partition }] : [];
    })
    .sort((a, b) => rank(a.entry) - rank(b.entry));
}
