/**
 * The seek table at the end of a file of zstd frames. Source: zstd,
 * contrib/seekable_format/zstd_seekable_compression_format.md 0.1.1.
 */

import { viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/** What a seek table starts with. */
export const SEEK_TABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
const HEADER_BYTES = 8;
/** Count, descriptor, magic. */
const FOOTER_BYTES = 9;
const ENTRY_BYTES = 8;
const CHECKSUM_FLAG = 0x80;
const RESERVED_BITS = 0x7c;
const MOST_FRAMES = 0x8000000;

/** Lengths of one frame. */
export interface SeekEntry {
  readonly storedBytes: number;
  readonly contentBytes: number;
}

/** Length of the table for so many frames. */
export function seekTableBytes(frames: number): number {
  return HEADER_BYTES + frames * ENTRY_BYTES + FOOTER_BYTES;
}

/** The table as a skippable frame, without checksums: frames carry their own. */
export function encodeSeekTable(entries: readonly SeekEntry[]): Uint8Array<ArrayBuffer> {
  const table = new Uint8Array(seekTableBytes(entries.length));
  const view = viewOf(table);
  view.setUint32(0, SEEK_TABLE_MAGIC, true);
  view.setUint32(4, table.length - HEADER_BYTES, true);
  let at = HEADER_BYTES;
  for (const { storedBytes, contentBytes } of entries) {
    view.setUint32(at, storedBytes, true);
    view.setUint32(at + 4, contentBytes, true);
    at += ENTRY_BYTES;
  }
  view.setUint32(at, entries.length, true);
  view.setUint32(at + 5, SEEKABLE_MAGIC, true);
  return table;
}

function damaged(what: string): MondoError {
  return new MondoError("damaged", msg`the seek table ${what}`);
}

/**
 * Length of the table by a file's last nine bytes; `undefined` when they end none. MondoError `damaged` for what can't
 * be one.
 */
export function seekTableLength(tail: Uint8Array): number | undefined {
  if (tail.length < FOOTER_BYTES) return undefined;
  const view = viewOf(tail.subarray(tail.length - FOOTER_BYTES));
  if (view.getUint32(5, true) !== SEEKABLE_MAGIC) return undefined;
  const [frames, descriptor] = [view.getUint32(0, true), view.getUint8(4)];
  if (frames > MOST_FRAMES || descriptor & RESERVED_BITS) throw damaged(msg`has an end that makes no sense`);
  return HEADER_BYTES + frames * (descriptor & CHECKSUM_FLAG ? ENTRY_BYTES + 4 : ENTRY_BYTES) + FOOTER_BYTES;
}

/** Frames that a table (from its magic to its end, checksums or not) names, in order. MondoError `damaged`. */
export function decodeSeekTable(table: Uint8Array): SeekEntry[] {
  if (seekTableLength(table) !== table.length) throw damaged(msg`has another length than it says`);
  const view = viewOf(table);
  if (view.getUint32(0, true) !== SEEK_TABLE_MAGIC || view.getUint32(4, true) !== table.length - HEADER_BYTES) {
    throw damaged(msg`doesn't start as one`);
  }
  const entries: SeekEntry[] = [];
  const step = view.getUint8(table.length - 5) & CHECKSUM_FLAG ? ENTRY_BYTES + 4 : ENTRY_BYTES;
  for (let at = HEADER_BYTES; at < table.length - FOOTER_BYTES; at += step) {
    entries.push({ storedBytes: view.getUint32(at, true), contentBytes: view.getUint32(at + 4, true) });
  }
  return entries;
}
