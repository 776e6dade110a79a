/** Where a file system keeps the blocks of a file. Source: linux/fiemap.h. */
import { FFIType } from "bun:ffi";
import { library } from "./library.ts";

const c = library("libc.so.6", {
  ioctl: { args: [FFIType.i32, FFIType.u64, FFIType.ptr], returns: FFIType.i32 },
});

const FS_IOC_FIEMAP = 0xc020660b;
const EXTENT_LAST = 1;
/** Compressed: `physical` is where the whole extent starts, and its length on the disk is not told. */
const EXTENT_ENCODED = 8;
const EXTENT_SHARED = 0x2000;
/** Unknown, delayed, encrypted, not aligned, inline, with the tails of others, unwritten: nothing to be shared. */
const EXTENT_UNFIT = 0x2 | 0x4 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800;
/** struct fiemap, followed by that many struct fiemap_extent. */
const HEADER_BYTES = 32;
const EXTENT_BYTES = 56;
const ROOM = 256;

const bytes = new Uint8Array(HEADER_BYTES + ROOM * EXTENT_BYTES);
const view = new DataView(bytes.buffer);

const long = (at: number): number => Number(view.getBigUint64(at, true));

/** Asks for the extents from an offset on; how many there are in `bytes`, or -1. */
function ask(fd: number, from: number): number {
  bytes.fill(0, 0, HEADER_BYTES);
  view.setBigUint64(0, BigInt(from), true);
  view.setBigUint64(8, 0xffff_ffff_ffff_ffffn - BigInt(from), true);
  view.setUint32(24, ROOM, true);
  return c.ioctl(fd, FS_IOC_FIEMAP, bytes) < 0 ? -1 : view.getUint32(20, true);
}

/**
 * Whether every byte of an open file has its place on the disk, written or only preallocated. Also true where the file
 * system doesn't say.
 */
export function isAllocated(fd: number, size: number): boolean {
  for (let end = 0; end < size; ) {
    const count = ask(fd, end);
    if (count < 0) return true;
    if (count === 0) return false;
    for (let i = 0; i < count; i++) {
      const at = HEADER_BYTES + i * EXTENT_BYTES;
      const [start, length] = [long(at), long(at + 16)];
      if (start > end) return false;
      end = Math.max(end, start + length);
      if (view.getUint32(at + 40, true) & EXTENT_LAST && end < size) return false;
    }
  }
  return true;
}

/** The most that a compressed extent of btrfs (128 KiB) is longer than what it takes on the disk (4 KiB). */
const ENCODED_SCALE = 32;
/** More of them aren't told: the rest of such a file counts as its own. */
const MOST_SHARED = 512 * 1024;

/** Ranges of a file that other files have, too, [offset, length, place, …]: bytes with one place are the same bytes. */
export interface SharedExtents {
  readonly plain: readonly number[];
  /** Of compressed extents, whose places are numbers of another kind. */
  readonly encoded: readonly number[];
}

/** The shared ranges of an open file, in order, within `size`; none where the file system doesn't say. */
export function sharedExtents(fd: number, size: number): SharedExtents {
  const found = { plain: [] as number[], encoded: [] as number[] };
  for (let end = 0; end < size; ) {
    const count = ask(fd, end);
    if (count <= 0) break;
    const before = end;
    let isLast = false;
    for (let i = 0; i < count; i++) {
      const at = HEADER_BYTES + i * EXTENT_BYTES;
      const [start, place, length, flags] = [long(at), long(at + 8), long(at + 16), view.getUint32(at + 40, true)];
      if (flags & EXTENT_SHARED && !(flags & EXTENT_UNFIT)) {
        const isEncoded = (flags & EXTENT_ENCODED) !== 0;
        const into = isEncoded ? found.encoded : found.plain;
        addRange(into, start, Math.min(length, size - start), isEncoded ? place * ENCODED_SCALE : place);
      }
      end = start + length;
      isLast = (flags & EXTENT_LAST) !== 0;
    }
    if (isLast || end <= before || found.plain.length + found.encoded.length >= 3 * MOST_SHARED) break;
  }
  return found;
}

/** Adds a range, or makes the last one longer that it continues. */
function addRange(ranges: number[], offset: number, length: number, place: number): void {
  if (length <= 0 || place + length > Number.MAX_SAFE_INTEGER) return;
  const at = ranges.length - 3;
  const [lastOffset, lastLength, lastPlace] = [ranges[at] ?? 0, ranges[at + 1] ?? 0, ranges[at + 2] ?? 0];
  if (at >= 0 && lastOffset + lastLength === offset && lastPlace + lastLength === place) {
    ranges[at + 1] = lastLength + length;
  } else ranges.push(offset, length, place);
}
