import type { Filesystem } from "../../layout/types.ts";

const SECTOR_BYTES = 4096;

/**
 * A btrfs on a single device grows with it. It doesn't shrink: what its snapshots and clones share is no longer shared
 * in a restored one, so nobody can say how little would do.
 */
export function resizedBtrfs(fs: Filesystem, bytes: number): Filesystem | undefined {
  if (fs.alsoOn !== undefined || bytes < fs.sizeBytes) return undefined;
  return { ...fs, sizeBytes: Math.floor(bytes / SECTOR_BYTES) * SECTOR_BYTES };
}
