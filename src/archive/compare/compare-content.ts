import { msg, told } from "../../base/message.ts";
import { dataExtents, readFully, statFd } from "../../host/fs-calls.ts";
import { commonRanges, holesOf, RangeCursor } from "../catalog/ranges.ts";
import { type Entry, type Piece, storedSize } from "../entry.ts";
import { ContentBuffer } from "../tree/content-buffer.ts";
import { readRanges } from "../tree/read-ranges.ts";
import { describeUnread } from "../tree/unread.ts";

const CHUNK_BYTES = 1 << 20;
const ZEROS = Buffer.alloc(CHUNK_BYTES);

/** What is known of what is not stored of a file. */
export type Shape = Pick<Entry, "extents" | "size">;

/** Compares the content of open files with the checksums of their entries. */
export class ContentComparer {
  readonly #buffer = new ContentBuffer(CHUNK_BYTES);

  /**
   * Why a file's content is not that of its entry; empty when it is just other content, undefined when it is the same.
   */
  fileDefect(entry: Entry, fd: number, pieces: readonly Piece[] | undefined): string | undefined {
    return this.#storedDefect(entry, fd, pieces) ?? this.holeDefect(entry, fd);
  }

  /** The same of what is not stored: holes are holes, or zeros. */
  holeDefect({ extents, size }: Shape, fd: number): string | undefined {
    if (!extents || isEmpty(fd, holesOf(extents, size))) return undefined;
    return msg`data where holes were`;
  }

  /** Like `fileDefect` of a device. What is not stored counts only with `areGapsZero`: then it has to be zeros. */
  deviceDefect(
    entry: Entry,
    fd: number,
    pieces: readonly Piece[] | undefined,
    areGapsZero: boolean,
  ): string | undefined {
    return this.#storedDefect(entry, fd, pieces) ?? this.gapDefect(entry, fd, areGapsZero);
  }

  /** The same of what is not stored of a device. */
  gapDefect({ extents, size }: Shape, fd: number, areGapsZero: boolean): string | undefined {
    if (!areGapsZero || !extents || isZero(fd, holesOf(extents, size))) return undefined;
    return msg`data where zeros were`;
  }

  /** Why a part of a file, which lies in ranges [offset, length, …], is not what its checksum says. */
  partDefect(fd: number, ranges: readonly number[], hash: bigint | undefined): string | undefined {
    this.#buffer.length = 0;
    const unread = readRanges(fd, ranges, this.#buffer);
    if (unread) return told(describeUnread(unread));
    return Bun.hash.xxHash64(this.#buffer.filled()) === hash ? undefined : "";
  }

  #storedDefect(entry: Entry, fd: number, pieces: readonly Piece[] | undefined): string | undefined {
    const cursor = new RangeCursor(entry.extents ?? [0, entry.size]);
    const parts = pieces ?? [{ length: storedSize(entry), hash: entry.hash }];
    for (const { length, hash } of parts) {
      const defect = this.partDefect(fd, cursor.take(length), hash);
      if (defect !== undefined) return defect;
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
