import { MIB } from "../base/units.ts";
import { bytesOn, contentOf, disksOf, partitionsOf, tableOn, volumeOn } from "./graph.ts";
import type { Disk, Filesystem, Layout, NodeId, Partition, PartitionTable } from "./types.ts";
import { nodesOf } from "./types.ts";

/** Backup of a GPT at the end of a disk: its header and an array of at least 16 KiB. */
export function backupTableBytes(entries: number, sectorBytes: number): number {
  return sectorBytes + Math.ceil((entries * 128) / sectorBytes) * sectorBytes;
}

/** A file system made with the defaults takes any size that holds its files, its own tables and some room. */
function contentBytes(layout: Layout, device: NodeId): number {
  const content = contentOf(layout, device);
  const image = nodesOf(layout, "image").find((node) => node.on === device);
  if (image) return image.sizeBytes;
  if (content?.kind === "filesystem" && content.details.assumed === true && content.usedBytes !== undefined) {
    return Math.min(content.sizeBytes, Math.ceil(content.usedBytes * 1.1) + 512 * MIB);
  }
  return content ? bytesOn(content, device) : 0;
}

/** Bytes that a disk must have so that everything on this one fits where it was. */
export function requiredBytes(layout: Layout, disk: Disk): number {
  const table = tableOn(layout, disk.id);
  // A part of a volume keeps its superblock or its extents up to the end.
  if (!table && volumeOn(layout, disk.id)) return disk.sizeBytes;
  if (!table) return contentBytes(layout, disk.id);
  const ends = partitionsOf(layout, table.id).map((partition) => partition.startBytes + partition.sizeBytes);
  const tail = table.scheme === "gpt" ? backupTableBytes(table.entries ?? 128, disk.logicalSectorBytes) : 0;
  return Math.max(0, ...ends) + tail;
}

/** Smallest piece that a file system reads and writes, in bytes: it can't live on a disk with larger sectors. */
function pieceBytes({ details }: Filesystem): number {
  return details.sectorBytes ?? details.blockBytes ?? Number.MAX_SAFE_INTEGER;
}

/** Whether an array with a table of its own, which counts in the array's sectors, lies on the disk. */
function isUnderArrayTable(layout: Layout, disk: Disk): boolean {
  const tables = nodesOf(layout, "table").filter((table) => table.sectorBytes !== undefined);
  return tables.some((table) => disksOf(layout, table.on).some(({ id }) => id === disk.id));
}

/** With sectors of another size sfdisk isn't told a GPT's first usable sector, and keeps the first MiB for itself. */
const isEarly = (table: PartitionTable, { startBytes }: Partition) => table.scheme === "gpt" && startBytes < MIB;

/**
 * Whether a disk's layout also works with sectors of another size: borders lie on them, and no file system, even on a
 * volume, uses smaller ones.
 */
export function sectorsFit(layout: Layout, disk: Disk, targetSectorBytes: number): boolean {
  if (targetSectorBytes === disk.logicalSectorBytes) return true;
  if (isUnderArrayTable(layout, disk)) return false;
  const table = tableOn(layout, disk.id);
  const onBorders = (table ? partitionsOf(layout, table.id) : []).every(
    (p) => p.startBytes % targetSectorBytes === 0 && p.sizeBytes % targetSectorBytes === 0,
  );
  if (!onBorders || (table && partitionsOf(layout, table.id).some((p) => isEarly(table, p)))) return false;
  const above = nodesOf(layout, "filesystem").filter((fs) => disksOf(layout, fs.id).some(({ id }) => id === disk.id));
  return above.every((fs) => pieceBytes(fs) >= targetSectorBytes);
}

/**
 * How small a disk may be for what is on another: `requiredBytes` keeps every size, a fitting one shrinks what can be
 * shrunk.
 */
export type LeastBytes = (layout: Layout, disk: Disk) => number;

/** Whether what is on a disk of the set can lie on another. */
export function fits(layout: Layout, source: Disk, target: Disk, least: LeastBytes): boolean {
  return target.sizeBytes >= least(layout, source) && sectorsFit(layout, source, target.logicalSectorBytes);
}
