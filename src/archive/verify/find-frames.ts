import { toByteString, viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { announcedLength, FRAME_HEADER_MAX, frameLength, ZSTD_MAGIC } from "../../formats/archive/zstd-frame.ts";
import { decodeSeekTable, SEEK_TABLE_MAGIC, seekTableLength } from "../../formats/archive/zstd-seek-table.ts";
import { AT_FDCWD, closeFd, openAt, readFully } from "../../host/fs-calls.ts";
import type { FrameInfo } from "../entry.ts";
import type { FileSpan } from "../set-files.ts";

const MAGIC_BYTES = Buffer.from(Uint32Array.of(ZSTD_MAGIC).buffer);
const SCAN_BYTES = 1 << 20;
const TAIL_BYTES = 9;
/** Two million frames, of a volume of 64 GiB that has 16,000: a longer table is a lie, or worth no memory. */
const MOST_TABLE_BYTES = 16 << 20;

/** A frame; undefined: something that is none. `isListed`: it is known that none is missing before it. */
export interface FoundFrame {
  readonly frame: FrameInfo | undefined;
  readonly isListed: boolean;
}

/** Reads a part of a volume; shorter where that ends or can't be read. */
type Read = (offset: number, length: number) => Uint8Array;

function readerOf(fd: number, { offset, sizeBytes }: FileSpan): Read {
  return (at, length) => {
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, sizeBytes - at)));
    const got = buffer.length === 0 ? 0 : readFully(fd, buffer, 0, buffer.length, offset + at);
    return buffer.subarray(0, Math.max(0, got));
  };
}

/** By the table at the volume's end; undefined when there is none that fits it. */
function byTable(read: Read, sizeBytes: number, volume: number): FrameInfo[] | undefined {
  try {
    const length = seekTableLength(read(sizeBytes - TAIL_BYTES, TAIL_BYTES));
    if (length === undefined || length > Math.min(sizeBytes, MOST_TABLE_BYTES)) return undefined;
    let offset = 0;
    const frames = decodeSeekTable(read(sizeBytes - length, length)).map(({ storedBytes, contentBytes }) => {
      const frame = { volume, offset, storedBytes, tarBytes: contentBytes };
      offset += storedBytes;
      return frame;
    });
    return offset === sizeBytes - length ? frames : undefined;
  } catch (error) {
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

const isSeekTable = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === SEEK_TABLE_MAGIC;

/** Where the next frame may start. */
function nextMagic(read: Read, from: number, sizeBytes: number): number {
  for (let at = from; at < sizeBytes; at += SCAN_BYTES - MAGIC_BYTES.length) {
    const found = Buffer.from(read(at, SCAN_BYTES)).indexOf(MAGIC_BYTES);
    if (found >= 0) return at + found;
  }
  return sizeBytes;
}

/** From frame to frame, and past what is none. */
function* byScan(read: Read, sizeBytes: number, volume: number): Generator<FoundFrame, void, void> {
  for (let at = 0; at < sizeBytes; ) {
    const offset = at;
    const announced = announcedLength(read(offset, FRAME_HEADER_MAX));
    const storedBytes = frameLength((from, length) => read(offset + from, length));
    const isWhole = storedBytes !== undefined && offset + storedBytes <= sizeBytes;
    const isFrame = isWhole && announced !== undefined;
    const frame = isFrame ? { volume, offset, storedBytes, tarBytes: Number(announced) } : undefined;
    if (frame || !isSeekTable(read(offset, FRAME_HEADER_MAX))) yield { frame, isListed: false };
    at = isWhole ? offset + storedBytes : nextMagic(read, offset + 1, sizeBytes);
  }
}

/**
 * The frames of a zstd volume without a catalog, in order. `volume`: its position in the set. None when it can't be
 * opened.
 */
export function* findFrames(span: FileSpan, volume: number): Generator<FoundFrame, void, void> {
  const fd = openAt(AT_FDCWD, toByteString(span.path), 0);
  if (fd < 0) return;
  try {
    const read = readerOf(fd, span);
    const listed = byTable(read, span.sizeBytes, volume);
    if (!listed) yield* byScan(read, span.sizeBytes, volume);
    else for (const frame of listed) yield { frame, isListed: true };
  } finally {
    closeFd(fd);
  }
}
