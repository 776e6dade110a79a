import { MIB } from "../base/units.ts";
import { contentOf, partitionsOf, tableOn, volumeOn } from "../layout/graph.ts";
import type { Disk, FilesystemDetails, Layout, Partition, PartitionTable } from "../layout/types.ts";
import type { ByteRange } from "./contracts.ts";
import { filesystemDriver } from "./fs/filesystem-drivers.ts";

/** Code in the first sector ends where the table's signature begins. */
const TABLE_CODE: ByteRange = [0, 440];
/** Loaders in front of the first partition are smaller, and what is recorded stays small. */
const MOST_GAP_BYTES = MIB;
/** LVM keeps its label in the second sector. */
const BEFORE_LABEL: ByteRange = [0, 512];

/** What a table leaves to boot loaders: `free` is the first byte behind it, `first` that of the first partition. */
export function areasOfTable(free: number, first: number): ByteRange[] {
  const to = Math.min(first, free + MOST_GAP_BYTES);
  return Number.isFinite(first) && to > free ? [TABLE_CODE, [free, to]] : [TABLE_CODE];
}

/** What a file system leaves to boot loaders. */
export function areasOfFilesystem(type: string, details: FilesystemDetails): readonly ByteRange[] {
  return details.assumed === true ? [] : (filesystemDriver(type)?.bootAreas?.(details) ?? []);
}

function tableAreas(layout: Layout, disk: Disk, table: PartitionTable): ByteRange[] {
  const free = table.scheme === "dos" ? 1 : (table.firstUsableSector ?? 34);
  const first = Math.min(...partitionsOf(layout, table.id).map(({ startBytes }) => startBytes));
  return areasOfTable(free * disk.logicalSectorBytes, first);
}

/** Where on a disk or partition a boot loader may have code that belongs to nothing else. */
export function bootAreas(layout: Layout, node: Disk | Partition): readonly ByteRange[] {
  const table = node.kind === "disk" ? tableOn(layout, node.id) : undefined;
  if (table && node.kind === "disk") return tableAreas(layout, node, table);
  // Its first sector holds the head of the chain of logical partitions, as a table of its own.
  if (node.kind === "partition" && node.role === "extended") return [TABLE_CODE];
  const content = contentOf(layout, node.id);
  if (content?.kind === "filesystem") return areasOfFilesystem(content.type, content.details);
  return volumeOn(layout, node.id)?.kind === "volume-group" ? [BEFORE_LABEL] : [];
}
