import { MIB } from "../../base/units.ts";
import type { Filesystem } from "../../layout/types.ts";
import { fatDetails } from "./vfat-details.ts";

/**
 * Fewest clusters that drivers take for this width, and some more. Source: Microsoft, FAT: General Overview of On-Disk
 * Format.
 */
const FEWEST_CLUSTERS = { 12: 1, 16: 4085 + 16, 32: 65525 + 16 } as const;

/** The same file system on less space; its clusters keep their size, and it never grows. */
export function resizedFat(fs: Filesystem, bytes: number): Filesystem {
  const d = fatDetails(fs);
  if (bytes >= fs.sizeBytes) return fs;
  // Whole tracks, to which mkfs.fat rounds, and whole KiB, which its argument counts: two tracks are both.
  const tracks = 2 * Math.max(1, d.sectorsPerTrack) * d.sectorBytes;
  return { ...fs, sizeBytes: Math.floor(bytes / tracks) * tracks };
}

/** Smallest size that is still a FAT of that width and holds its files with a tenth and 8 MiB of room. */
export function minimumFatBytes(fs: Filesystem): number {
  const d = fatDetails(fs);
  if (fs.usedBytes === undefined) return fs.sizeBytes;
  const clusterBytes = d.sectorsPerCluster * d.sectorBytes;
  const clusters = Math.max(FEWEST_CLUSTERS[d.width], Math.ceil((fs.usedBytes * 1.1 + 8 * MIB) / clusterBytes));
  const tables = d.fats * Math.ceil((clusters * d.width) / 8 / d.sectorBytes + 1) * d.sectorBytes;
  const head = d.reservedSectors * d.sectorBytes + d.rootEntries * 32;
  const tracks = 2 * Math.max(1, d.sectorsPerTrack) * d.sectorBytes;
  return Math.min(fs.sizeBytes, head + tables + clusters * clusterBytes + tracks);
}
