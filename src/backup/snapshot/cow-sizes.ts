/** How much room snapshots that are not thin get for what is written meanwhile. Pure. */
import { MIB } from "../../base/units.ts";
import type { VolumeOrigin } from "./choose-snapshots.ts";
import type { SnapshotSize } from "./snapshot-wish.ts";

/** Of a volume: what a night's backup of it is likely to see written. */
const USUAL_SHARE = 0.15;
/** With less than this share of a volume its snapshot would soon be full. */
const LEAST_SHARE = 0.02;
const LEAST_BYTES = 16 * MIB;
/** A whole copy with its table. */
const WHOLE_SHARE = 1.02;

/** A volume group's room. */
export interface GroupRoom {
  readonly freeBytes: number;
  readonly extentBytes: number;
}

/** Whole extents, at least one. */
const roundedUp = (bytes: number, unit: number) => Math.max(1, Math.ceil(bytes / unit)) * unit;
const roundedDown = (bytes: number, unit: number) => Math.floor(bytes / unit) * unit;

/** What one should have. */
function wantedOf(
  { sizeBytes, outputBytes = 0 }: VolumeOrigin,
  size: SnapshotSize | undefined,
  { extentBytes }: GroupRoom,
): number {
  if (size && "bytes" in size) return roundedUp(size.bytes, extentBytes);
  if (size) return roundedUp(sizeBytes * size.share, extentBytes);
  const whole = sizeBytes * WHOLE_SHARE;
  return roundedUp(Math.min(whole, Math.max(LEAST_BYTES, sizeBytes * USUAL_SHARE) + outputBytes), extentBytes);
}

/**
 * Bytes for each volume of one group, in their order; undefined for one that gets no useful room. What was asked for is
 * given or not; by default volumes share what is free as they need it.
 */
export function cowSizes(
  volumes: readonly VolumeOrigin[],
  room: GroupRoom,
  size: SnapshotSize | undefined,
): (number | undefined)[] {
  const wanted = volumes.map((volume) => wantedOf(volume, size, room));
  const total = wanted.reduce((sum, bytes) => sum + bytes, 0);
  let left = room.freeBytes;
  return volumes.map(({ sizeBytes, outputBytes = 0 }, at) => {
    const full = wanted[at] ?? 0;
    const shrunk = total > room.freeBytes ? roundedDown((full * room.freeBytes) / total, room.extentBytes) : full;
    const bytes = size ? full : shrunk;
    const least = size ? full : Math.min(full, Math.max(LEAST_BYTES, sizeBytes * LEAST_SHARE) + outputBytes);
    if (bytes < least || bytes > left || bytes === 0) return undefined;
    left -= bytes;
    return bytes;
  });
}
