/**
 * What an xz stream will give, without decompressing it: a hostile one of a megabyte can hold gigabytes. Source:
 * tukaani.org, "The .xz File Format" 1.2.1; LZMA2 chunks: liblzma, lzma2_decoder.c.
 */
import { viewOf } from "../../base/bytes.ts";

const STREAM_HEADER_BYTES = 12;
const FOOTER_BYTES = 12;
const MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0];
const LZMA2 = 0x21;
/** A dictionary of 64 MiB, that of xz's level 9, as LZMA2's property has it. */
const LARGEST_DICTIONARY = 28;
/** Block flags: optional sizes of what is compressed and of the content; the lowest two bits count filters. */
const FLAG = { filters: 3, compressed: 0x40, content: 0x80 } as const;

/** Where the number of 7 bits a byte ends that starts at a place. */
function afterVarint(bytes: Uint8Array, start: number): number {
  let at = start;
  while (((bytes[at] ?? 0) & 0x80) !== 0) at++;
  return at + 1;
}

/** Where the LZMA2 chunks of a stream start; undefined: its first block has another form. */
function chunksAt(stream: Uint8Array): number | undefined {
  if (MAGIC.some((byte, at) => stream[at] !== byte)) return undefined;
  const size = stream[STREAM_HEADER_BYTES] ?? 0;
  const flags = stream[STREAM_HEADER_BYTES + 1] ?? 0;
  if (size === 0 || (flags & FLAG.filters) !== 0) return undefined;
  let at = STREAM_HEADER_BYTES + 2;
  if ((flags & FLAG.compressed) !== 0) at = afterVarint(stream, at);
  if ((flags & FLAG.content) !== 0) at = afterVarint(stream, at);
  const [filter, length, dictionary = LARGEST_DICTIONARY + 1] = stream.subarray(at, at + 3);
  if (filter !== LZMA2 || length !== 1 || dictionary > LARGEST_DICTIONARY) return undefined;
  return STREAM_HEADER_BYTES + (size + 1) * 4;
}

/** Whether a stream is no more than its header, an index without records and its footer. */
const isEmpty = (stream: Uint8Array): boolean =>
  stream.length === STREAM_HEADER_BYTES + 8 + FOOTER_BYTES && stream[12] === 0 && stream[13] === 0;

/**
 * Bytes that the one block of a stream gives, as its LZMA2 chunks announce them: a decoder gives no more. Undefined:
 * the stream has another form than one block of LZMA2 with a dictionary of 64 MiB at most, or something follows it.
 */
export function xzContentBytes(stream: Uint8Array): number | undefined {
  if (isEmpty(stream)) return 0;
  let at = chunksAt(stream);
  let bytes = 0;
  for (; at !== undefined && at < stream.length; ) {
    const control = stream[at] ?? 0;
    if (control === 0) return isLastBlock(stream, at + 1) ? bytes : undefined;
    if (control > 2 && control < 0x80) return undefined;
    const low = ((stream[at + 1] ?? 0) << 8) + (stream[at + 2] ?? 0) + 1;
    const packed = ((stream[at + 3] ?? 0) << 8) + (stream[at + 4] ?? 0) + 1;
    bytes += control < 0x80 ? low : ((control & 0x1f) << 16) + low;
    // Of a packed chunk that sets the state anew, one more byte has the properties.
    at += control < 0x80 ? 3 + low : 5 + (control >= 0xc0 ? 1 : 0) + packed;
  }
  return undefined;
}

/** Bytes of the check of a block by the stream's flags: none, CRC-32, CRC-64, SHA-256. */
const CHECK_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 4, 4: 8, 10: 32 };

/** Whether the index, and nothing else, follows a block that ends at a place: no second block, no second stream. */
function isLastBlock(stream: Uint8Array, end: number): boolean {
  const check = CHECK_BYTES[(stream[7] ?? 0) & 15];
  if (check === undefined || stream.length < end + FOOTER_BYTES) return false;
  const index = Math.ceil(end / 4) * 4 + check;
  const indexBytes = (viewOf(stream).getUint32(stream.length - FOOTER_BYTES + 4, true) + 1) * 4;
  return stream[index] === 0 && stream[index + 1] === 1 && index + indexBytes + FOOTER_BYTES === stream.length;
}
