import type { Gpt } from "../formats/storage/gpt.ts";
import { gptAttributesText } from "../formats/storage/gpt.ts";
import type { Mbr, ProtectiveMbr } from "../formats/storage/mbr.ts";
import { partitionPath } from "../layout/graph.ts";
import type { NodeId, Partition, PartitionTable } from "../layout/types.ts";
import type { DeviceFacts, StorageFacts } from "./facts.ts";

/** Name of a partition's device: what the kernel gave it, where it knows it (multipath has names of its own). */
function pathOf(facts: StorageFacts, disk: DeviceFacts, number: number): string {
  const known = facts.devices.find((device) => device.parent === disk.name && device.partition === number);
  return known?.path ?? partitionPath(disk.path, number);
}

/** A GPT as layout nodes, with its partitions. */
export function gptNodes(
  facts: StorageFacts,
  disk: DeviceFacts,
  on: NodeId,
  table: Gpt,
  mbr: ProtectiveMbr,
): [PartitionTable, ...Partition[]] {
  const sector = disk.logicalSectorBytes;
  const id = `table:${disk.name}`;
  const partitions = table.entries.map((entry): Partition => {
    const path = pathOf(facts, disk, entry.number);
    const attributes = gptAttributesText(entry.attributes);
    return {
      kind: "partition",
      id: `part:${path.slice("/dev/".length)}`,
      table: id,
      path,
      number: entry.number,
      startBytes: entry.firstSector * sector,
      sizeBytes: (entry.lastSector - entry.firstSector + 1) * sector,
      type: entry.typeGuid,
      uuid: entry.guid,
      ...(entry.name === "" ? {} : { name: entry.name }),
      ...(attributes === "" ? {} : { attributes }),
      role: "primary",
    };
  });
  const head: PartitionTable = {
    kind: "table",
    id,
    on,
    scheme: "gpt",
    uuid: table.diskGuid,
    entries: table.entryCount,
    firstUsableSector: table.firstUsableSector,
    lastUsableSector: table.lastUsableSector,
    ...(mbr.active ? { protectiveActive: true } : {}),
  };
  return [head, ...partitions];
}

/** A DOS table as layout nodes, with its partitions. */
export function dosNodes(
  facts: StorageFacts,
  disk: DeviceFacts,
  on: NodeId,
  table: Mbr,
): [PartitionTable, ...Partition[]] {
  const sector = disk.logicalSectorBytes;
  const id = `table:${disk.name}`;
  const signature = table.signature.toString(16).padStart(8, "0");
  const partitions = table.entries.map((entry): Partition => {
    const path = pathOf(facts, disk, entry.number);
    return {
      kind: "partition",
      id: `part:${path.slice("/dev/".length)}`,
      table: id,
      path,
      number: entry.number,
      startBytes: entry.startSector * sector,
      sizeBytes: entry.sectors * sector,
      type: entry.type.toString(16),
      uuid: `${signature}-${entry.number.toString(16).padStart(2, "0")}`,
      ...(entry.bootable ? { bootable: true } : {}),
      role: entry.role,
    };
  });
  return [{ kind: "table", id, on, scheme: "dos", uuid: `0x${signature}` }, ...partitions];
}
