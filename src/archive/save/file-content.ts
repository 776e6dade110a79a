/** The content of a file that may be changing: what is stored always has the length that its header says. */
import { isAllocated } from "../../host/extent-map.ts";
import { dataExtents, type FileStat, firstHole, readFully } from "../../host/fs-calls.ts";
import { Errno, errnoText } from "../../host/syscalls.ts";
import type { TarBuffer } from "./tar-buffer.ts";

/** Frames are filled up to about this much tar. */
export const FRAME_BYTES = 4 << 20;

/** Files with more stored content than this are cut into pieces of FRAME_BYTES, each in a frame of its own. */
export const LARGE_BYTES = 8 << 20;

/** What can't be read is narrowed down to blocks of this. */
const BLOCK_BYTES = 4096;
/** After so many of them in a row, each of which may have cost seconds, the rest of a range is given up. */
const MOST_BAD_BLOCKS = 64;

/**
 * Ranges that hold data, for a file with holes; `undefined` for any other. A file that was preallocated is stored whole, so that it
 * comes back without holes (a swap file must not have any).
 */
export function extentsOf(fd: number, stat: FileStat): number[] | undefined {
  if (isWhole(fd, stat)) return undefined;
  const extents = dataExtents(fd, stat.size);
  if (typeof extents === "number") return undefined;
  return extents.length === 2 && extents[0] === 0 && extents[1] === stat.size ? undefined : extents;
}

/** Blocks alone don't tell: attributes, and space kept ready behind the end, count among them. */
function isWhole(fd: number, { blocks, size }: FileStat): boolean {
  if (size === 0) return true;
  if (blocks * 512 < size) return false;
  const hole = firstHole(fd);
  return hole < 0 || hole >= size || isAllocated(fd, size);
}

/** Whether the file is no longer what it was. */
export function hasChanged(before: FileStat, after: FileStat | number): boolean {
  if (typeof after === "number") return true;
  return (
    before.size !== after.size ||
    before.mtimeSec !== after.mtimeSec ||
    before.mtimeNsec !== after.mtimeNsec ||
    before.ctimeSec !== after.ctimeSec ||
    before.ctimeNsec !== after.ctimeNsec
  );
}

/** Reads ranges of an open file behind one another; what can't be read becomes zeros. Returns the reason when that happened. */
export function readRanges(fd: number, ranges: readonly number[], into: TarBuffer): string | undefined {
  let reason: string | undefined;
  for (let i = 0; i < ranges.length; i += 2) {
    const [offset, length] = [ranges[i] ?? 0, ranges[i + 1] ?? 0];
    into.reserve(length);
    const got = readFully(fd, into.bytes, into.length, length, offset);
    if (got === -Errno.EIO) reason = readAround(fd, into, offset, length) ?? reason;
    else if (got < 0) reason = `${errnoText(-got)} at byte ${offset}: that part is stored as zeros`;
    else if (got < length) reason ??= "it became shorter while it was read: the rest is stored as zeros";
    if (got !== -Errno.EIO) into.bytes.fill(0, into.length + Math.max(0, got), into.length + length);
    into.length += length;
  }
  return reason;
}

/** Reads a range in which the disk has bad blocks: those alone become zeros. Returns which; `undefined`: all could be read now. */
function readAround(fd: number, into: TarBuffer, offset: number, length: number): string | undefined {
  const end = offset + length;
  let [lost, first, inRow] = [0, 0, 0];
  for (let from = offset; from < end; ) {
    const step = Math.min(BLOCK_BYTES - (from % BLOCK_BYTES), end - from);
    const at = into.length + from - offset;
    const got = inRow < MOST_BAD_BLOCKS ? readFully(fd, into.bytes, at, step, from) : -Errno.EIO;
    into.bytes.fill(0, at + Math.max(0, got), at + step);
    inRow = got < 0 ? inRow + 1 : 0;
    if (got < 0 && lost === 0) first = from;
    if (got < 0) lost += step;
    from += step;
  }
  if (lost === 0) return undefined;
  return `${errnoText(Errno.EIO)} at byte ${first}: ${lost} bytes from there on are stored as zeros`;
}
