import { MIB } from "../../base/units.ts";

/** The first and last MiB of a region: superblocks of file systems, RAID, LVM, ZFS and tables lie there. */
export function edgesOf(startBytes: number, sizeBytes: number): (readonly [offset: number, length: number])[] {
  const length = Math.min(MIB, sizeBytes);
  if (sizeBytes <= MIB) return [[startBytes, length]];
  return [
    [startBytes, length],
    [startBytes + sizeBytes - length, length],
  ];
}
