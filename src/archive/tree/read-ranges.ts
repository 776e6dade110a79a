import { readFully } from "../../host/fs-calls.ts";
import { Errno, errnoText } from "../../host/syscalls.ts";
import type { ContentBuffer } from "./content-buffer.ts";

/** What can't be read is narrowed down to blocks of this. */
const BLOCK_BYTES = 4096;

/** After so many of them in a row, each of which may have cost seconds, the rest of a range is given up. */
const MOST_BAD_BLOCKS = 64;

/**
 * Reads ranges [offset, length, …] of an open file behind one another. What can't be read becomes zeros; returns why,
 * if so.
 */
export function readRanges(fd: number, ranges: readonly number[], into: ContentBuffer): string | undefined {
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

/**
 * Reads a range in which the disk has bad blocks: those alone become zeros. Returns which; `undefined`: all could be
 * read now.
 */
function readAround(fd: number, into: ContentBuffer, offset: number, length: number): string | undefined {
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
