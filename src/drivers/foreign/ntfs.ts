import { stored } from "../../base/message.ts";
import { decodeNtfsBootSector, ntfsUsedClusters } from "../../formats/fs/ntfs-boot-sector.ts";
import { type Foreign, fixed } from "./foreign.ts";

/**
 * NTFS: Windows. The clusters in use are what an image of it needs, and the copy of the boot sector behind the last
 * one.
 */
export const ntfs: Foreign = {
  what: stored`an NTFS file system`,
  at: fixed(3),
  magic: ["NTFS    "],
  uuid: (read) => decodeNtfsBootSector(read(0, 512))?.serial,
  usedRanges(read, sizeBytes) {
    const boot = decodeNtfsBootSector(read(0, 512));
    const used = ntfsUsedClusters(read, sizeBytes);
    if (!boot || !used) return undefined;
    const { clusterBytes, clusters, sectors, sectorBytes } = boot;
    const end = clusters * clusterBytes;
    return [...used.map((count) => count * clusterBytes), end, (sectors + 1) * sectorBytes - end];
  },
};
