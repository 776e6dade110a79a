import { MOST_MEDIA } from "../archive/set/manifest.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { formatBytes, GIB, KIB, MIB, TIB } from "../base/units.ts";

/**
 * Longest volume. ISO 9660 has extents of 4 GiB at most, of which Linux follows a hundred in a file (fs/isofs/inode.c)
 * and xorriso writes no more.
 */
export const LARGEST_VOLUME = 64 * GIB;
/** Longest image: it counts its sectors in 32 bits. */
export const LARGEST_IMAGE = 8 * TIB - MIB;
/** Volume descriptors, directory records and padding of an image, besides the part that boots. */
const IMAGE_SLACK = MIB;
/** A frame ends with the file that fills it: 4 MiB and one of 8, neither of them compressible. */
const LARGEST_FRAME = 13 * MIB;
/** A seek table, and the rounding to sectors. */
const FRAME_SLACK = 4 * KIB;
/** Volumes of a medium: what turns out not to fit goes to the next one, and only so much room stays empty. */
const VOLUMES_A_MEDIUM = 8;
/** Volumes are not cut below this, but at the end of a medium. */
const SMALLEST_VOLUME = 5 * MIB;
/** Less than this at the end of a medium is not worth beginning in. */
const LEAST_LEFT = MIB;

/** What lies on the media besides volumes. */
export interface MediaBurden {
  /** Capacities (`-s`); the last one is that of all further media. */
  readonly sizes: readonly number[];
  /** Of the first medium: what boots, and its partition tables. */
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
    const boot = index === 0 ? msg`${formatBytes(burden.bootBytes)} for kernel, initrd and boot loaders, ` : "";
    throw new MondoError(
      "no-space",
      msg`-s ${formatBytes(size)} is too little for medium ${index + 1}: it needs ${formatBytes(needed)}, of which are ${boot}${formatBytes(burden.headBytes)} for the catalog and ${formatBytes(LARGEST_FRAME)} for the largest piece of files`,
      { hint: msg`Give at least ${Math.ceil(needed / MIB)}m.`, data: { medium: index + 1, size, needed } },
    );
  }
}

/** The medium that is being filled, by its number, and what it has room for: bytes of volumes. */
export interface Filling {
  readonly number: number;
  readonly left: number;
}

/** A medium is left for the next one when less remains than is worth beginning. Behind the last size all are alike. */
function nextFilling({ number, left }: Filling, burden: MediaBurden): Filling {
  return left >= LEAST_LEFT ? { number, left } : { number: number + 1, left: roomOnMedium(burden, number + 1) };
}

/** How long the next volume may become: so that several fill a medium, and each fits on any later one. */
export function nextVolumeLimit(filling: Filling, burden: MediaBurden): number {
  const { number, left } = nextFilling(filling, burden);
  const later = burden.sizes.map((_, index) => roomOnMedium(burden, Math.max(number + 1, index + 1)));
  const wanted = Math.min(roomOnMedium(burden, number) / VOLUMES_A_MEDIUM, LARGEST_VOLUME, ...later);
  return Math.floor(Math.min(left, Math.max(SMALLEST_VOLUME, wanted)));
}

/**
 * The medium for a volume that begins with a frame of so many bytes; one that was left is not gone back to. Throws
 * `no-space` when none has room for it.
 */
export function mediumFor(frameBytes: number, filling: Filling, burden: MediaBurden): number {
  const needed = frameBytes + FRAME_SLACK;
  let { number, left } = nextFilling(filling, burden);
  for (let tries = 0; needed > left && tries <= burden.sizes.length; tries++) left = roomOnMedium(burden, ++number);
  if (needed <= left && number <= MOST_MEDIA) return number;
  const why = number > MOST_MEDIA ? msg`${MOST_MEDIA} media of -s are full` : msg`no medium of -s has room`;
  throw new MondoError("no-space", msg`${why} for a piece of files of ${formatBytes(frameBytes)} besides the catalog`, {
    hint: msg`Give larger media with -s.`,
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
