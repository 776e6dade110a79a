import { dataExtents, readFully, statFd } from "../../host/fs-calls.ts";
import { commonRanges, holesOf, RangeCursor } from "../catalog/ranges.ts";
import { type Entry, type Piece, storedSize } from "../entry.ts";
import { ContentBuffer } from "../tree/content-buffer.ts";
import { readRanges } from "../tree/read-ranges.ts";
import { describeUnread } from "../tree/unread.ts";

const CHUNK_BYTES = 1 << 20;
const ZEROS = Buffer.alloc(CHUNK_BYTES);

/** Compares the content of open files with the checksums of their entries. */
export class ContentComparer {
  readonly #buffer = new ContentBuffer(CHUNK_BYTES);

  /**
   * Why a file's content is not that of its entry; empty when it is just other content, undefined when it is the same.
   */
  fileDefect(entry: Entry, fd: number, pieces: readonly Piece[] | undefined): string | undefined {
    const defect = this.#storedDefect(entry, fd, pieces);
    if (defect !== undefined || !entry.extents) return defect;
    return isEmpty(fd, holesOf(entry.extents, entry.size)) ? undefined : "data where holes were";
  }

  /** Like `fileDefect` of a device. What is not stored counts only with `areGapsZero`: then it has to be zeros. */
  deviceDefect(
    entry: Entry,
    fd: number,
    pieces: readonly Piece[] | undefined,
    areGapsZero: boolean,
  ): string | undefined {
    const gaps = areGapsZero && entry.extents ? holesOf(entry.extents, entry.size) : [];
    return this.#storedDefect(entry, fd, pieces) ?? (isZero(fd, gaps) ? undefined : "data where zeros were");
  }

  #storedDefect(entry: Entry, fd: number, pieces: readonly Piece[] | undefined): string | undefined {
    const cursor = new RangeCursor(entry.extents ?? [0, entry.size]);
    const parts = pieces ?? [{ length: storedSize(entry), hash: entry.hash }];
    for (const { length, hash } of parts) {
      this.#buffer.length = 0;
      const unread = readRanges(fd, cursor.take(length), this.#buffer);
      if (unread) return describeUnread(unread);
      if (Bun.hash.xxHash64(this.#buffer.filled()) !== hash) return "";
    }
    return undefined;
  }
}

/** Whether ranges of a file hold nothing but zeros; holes are not read. */
function isEmpty(fd: number, ranges: readonly number[]): boolean {
  const stat = statFd(fd);
  const extents = typeof stat === "number" ? stat : dataExtents(fd, stat.size);
  return isZero(fd, typeof extents === "number" ? ranges : commonRanges(ranges, extents));
}

function isZero(fd: number, ranges: readonly number[]): boolean {
  const cursor = new RangeCursor(ranges);
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let run = cursor.take(CHUNK_BYTES); run.length > 0; run = cursor.take(CHUNK_BYTES)) {
    for (let i = 0; i < run.length; i += 2) {
      const got = readFully(fd, buffer, 0, run[i + 1] ?? 0, run[i] ?? 0);
      if (got < 0 || Buffer.compare(buffer.subarray(0, got), ZEROS.subarray(0, got)) !== 0) return false;
    }
  }
  return true;
}
