import { readFully } from "../../host/fs-calls.ts";
import type { ContentBuffer } from "./content-buffer.ts";
import { bothUnread, type Unread } from "./unread.ts";

/** What can't be read is narrowed down to blocks of this. */
const BLOCK_BYTES = 4096;

/** After so many of them in a row, each of which may have cost seconds, the rest of a range is given up. */
const MOST_BAD_BLOCKS = 64;

/**
 * Reads ranges [offset, length, …] of an open file behind one another. What can't be read becomes zeros; returns what
 * that was, if anything.
 */
export function readRanges(fd: number, ranges: readonly number[], into: ContentBuffer): Unread | undefined {
  let unread: Unread | undefined;
  for (let i = 0; i < ranges.length; i += 2) {
    const [offset, length] = [ranges[i] ?? 0, ranges[i + 1] ?? 0];
    into.reserve(length);
    const got = readFully(fd, into.bytes, into.length, length, offset);
    unread = bothUnread(unread, got < 0 ? readAround(fd, into, offset, length) : endOf(into, got, offset, length));
    into.length += length;
  }
  return unread;
}

/** Fills up a range behind what there was of it. */
function endOf(into: ContentBuffer, got: number, offset: number, length: number): Unread | undefined {
  into.bytes.fill(0, into.length + got, into.length + length);
  return cutOff(offset, got, length);
}

/** Reads a range in which something can't be read, block by block: those blocks alone become zeros. */
function readAround(fd: number, into: ContentBuffer, offset: number, length: number): Unread | undefined {
  const end = offset + length;
  let unread: Unread | undefined;
  let [inRow, last] = [0, 0];
  for (let from = offset; from < end; ) {
    const step = Math.min(BLOCK_BYTES - (from % BLOCK_BYTES), end - from);
    const at = into.length + from - offset;
    const got = inRow < MOST_BAD_BLOCKS ? readFully(fd, into.bytes, at, step, from) : last;
    into.bytes.fill(0, at + Math.max(0, got), at + step);
    inRow = got < 0 ? inRow + 1 : 0;
    last = got;
    const lost = got < 0 ? { errno: -got, first: from, bytes: step } : undefined;
    unread = bothUnread(unread, lost ?? cutOff(from, got, step));
    from += step;
  }
  return unread;
}

const cutOff = (from: number, got: number, length: number): Unread | undefined =>
  got < length ? { errno: 0, first: from + got, bytes: length - got } : undefined;
