/** The content of a file that may be changing: what is stored always has the length that its header says. */
import { dataExtents, type FileStat, readFully } from "../host/fs-calls.ts";
import { errnoText } from "../host/syscalls.ts";
import type { TarBuffer } from "./tar-buffer.ts";

/** Frames are filled up to about this much tar. */
export const FRAME_BYTES = 4 << 20;

/** Files with more stored content than this are cut into pieces of FRAME_BYTES, each in a frame of its own. */
export const LARGE_BYTES = 8 << 20;

/**
 * Ranges that hold data, for a file that occupies less than its size; `undefined` for any other. A file that was preallocated
 * occupies it all and is stored whole, so that it comes back without holes (a swap file must not have any).
 */
export function extentsOf(fd: number, stat: FileStat): number[] | undefined {
  if (stat.blocks * 512 >= stat.size) return undefined;
  const extents = dataExtents(fd, stat.size);
  if (typeof extents === "number") return undefined;
  return extents.length === 2 && extents[0] === 0 && extents[1] === stat.size ? undefined : extents;
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
    const read = Math.max(0, got);
    if (got < 0) reason = `${errnoText(-got)} at byte ${offset}: that part is stored as zeros`;
    else if (got < length) reason ??= "it became shorter while it was read: the rest is stored as zeros";
    if (read < length) into.bytes.fill(0, into.length + read, into.length + length);
    into.length += length;
  }
  return reason;
}
