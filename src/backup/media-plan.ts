import type { VolumeLimit } from "../archive/save/archive-request.ts";
import { MOST_MEDIA } from "../archive/set/manifest.ts";
import type { VolumeInfo } from "../archive/set-files.ts";
import { MondoError } from "../base/errors.ts";
import { alignUp, formatBytes, GIB, KIB, MIB } from "../base/units.ts";

const SECTOR = 2048;
/**
 * Longest volume. ISO 9660 has extents of 4 GiB at most, of which Linux follows a hundred in a file (fs/isofs/inode.c)
 * and xorriso writes no more.
 */
export const LARGEST_VOLUME = 64 * GIB;
/**
 * Volume descriptors, path tables, directory records and padding of an image; what is measured is the part with the
 * boot files.
 */
const IMAGE_SLACK = MIB;
/** A frame ends with the file that fills it: 4 MiB and one of 8, neither of them compressible. */
const LARGEST_FRAME = 13 * MIB;
/** Volumes of a medium: what turns out not to fit goes to the next one, and only so much room stays empty. */
const VOLUMES_A_MEDIUM = 8;
/** A volume smaller than this is not worth beginning in what is left of a medium. */
const SMALLEST_VOLUME = 5 * MIB;

/** What lies on the media besides volumes. */
export interface MediaBurden {
  /** Capacities (`-s`); the last one is that of all further media. */
  readonly sizes: readonly number[];
  /** The first medium with its boot files, without a set. */
  readonly bootBytes: number;
  /** Catalog, manifest and HOWTO, which each medium has; expected, or as they are. */
  readonly headBytes: number;
}

/** Capacity of a medium, by its number from 1. */
export function sizeOfMedium(sizes: readonly number[], number: number): number {
  return sizes[Math.min(number, sizes.length) - 1] ?? 0;
}

/** Room for volumes on a medium; negative when even the rest doesn't fit. */
export function roomOnMedium({ sizes, bootBytes, headBytes }: MediaBurden, number: number): number {
  return sizeOfMedium(sizes, number) - headBytes - IMAGE_SLACK - (number === 1 ? bootBytes : 0);
}

/** Refuses media on which nothing would fit besides the rescue system and the catalog, with the numbers. */
export function checkMediaSizes(burden: MediaBurden): void {
  for (const [index, size] of burden.sizes.entries()) {
    const needed = size - roomOnMedium(burden, index + 1) + LARGEST_FRAME;
    if (size >= needed) continue;
    const boot = index === 0 ? `${formatBytes(burden.bootBytes)} for kernel, initrd and boot loaders, ` : "";
    throw new MondoError(
      "no-space",
      `-s ${formatBytes(size)} is too little for medium ${index + 1}: it needs ${formatBytes(needed)}, of which are ${boot}${formatBytes(burden.headBytes)} for the catalog and ${formatBytes(LARGEST_FRAME)} for the largest piece of files`,
      { hint: `Give at least ${Math.ceil(needed / MIB)}m.`, data: { medium: index + 1, size, needed } },
    );
  }
}

/**
 * Numbers of the media that volumes go to, in order; `undefined` for one that fits on none. A medium that was left is
 * not gone back to.
 */
export function mediaOf(volumeBytes: readonly number[], burden: MediaBurden): (number | undefined)[] {
  let [number, left] = [1, roomOnMedium(burden, 1)];
  return volumeBytes.map((bytes) => {
    const needed = alignUp(bytes, SECTOR);
    let [at, room] = [number, left];
    // Behind the last size all media are alike.
    for (let tries = 0; needed > room && tries <= burden.sizes.length; tries++) room = roomOnMedium(burden, ++at);
    if (needed > room) return undefined;
    [number, left] = [at, room - needed];
    return at;
  });
}

/** How long the next volume may become after these: so that several fill a medium, and each fits on any later one. */
export function nextVolumeLimit(volumeBytes: readonly number[], burden: MediaBurden): number {
  const media = mediaOf(volumeBytes, burden);
  const number = media.at(-1) ?? 1;
  const used = volumeBytes.reduce((sum, bytes, at) => sum + (media[at] === number ? alignUp(bytes, SECTOR) : 0), 0);
  const left = roomOnMedium(burden, number) - used;
  const medium = left >= SMALLEST_VOLUME ? number : number + 1;
  const room = roomOnMedium(burden, medium);
  const later = burden.sizes.map((_, index) => roomOnMedium(burden, Math.max(medium, index + 1)));
  const limit = Math.min(medium === number ? left : room, room / VOLUMES_A_MEDIUM, LARGEST_VOLUME, ...later);
  return Math.max(SMALLEST_VOLUME, Math.floor(limit));
}

/** Where volumes are cut: for their media, and so that an ISO can hold them. */
export function volumeLimitOf(burden: MediaBurden | undefined): VolumeLimit {
  return burden ? (finished) => nextVolumeLimit(finished, burden) : LARGEST_VOLUME;
}

/** The volumes with their media. Throws `no-space` when one fits nowhere. */
export function placeVolumes(volumes: readonly VolumeInfo[], burden: MediaBurden): VolumeInfo[] {
  const media = mediaOf(
    volumes.map(({ sizeBytes }) => sizeBytes),
    burden,
  );
  return volumes.map((volume, index) => {
    const medium = media[index];
    if (medium !== undefined && medium <= MOST_MEDIA) return { ...volume, medium };
    throw new MondoError(
      "no-space",
      `${volume.name} has ${formatBytes(volume.sizeBytes)}, and ${MOST_MEDIA} media of -s have no room for it besides the catalog (${formatBytes(burden.headBytes)})`,
      { hint: "Give larger media with -s." },
    );
  });
}

/** Expected length of the catalog: 19 to 22 bytes an entry were seen, with paths of 26 to 56. */
export function expectedHeadBytes(estimate: {
  readonly entries: number;
  readonly pathBytes: number;
  readonly bytes: number;
}): number {
  const pieces = Math.ceil(estimate.bytes / (4 * MIB));
  return 512 * KIB + 24 * estimate.entries + Math.ceil(estimate.pathBytes / 4) + 40 * pieces;
}
