/**
 * xz streams made without a compressor: LZMA2 chunks that hold their content as it is. Source: tukaani.org, "The .xz
 * File Format" 1.2.1.
 */
import { viewOf } from "../../base/bytes.ts";
import { crc32 } from "./crc32.ts";

const CHUNK_MAX = 1 << 16;
/** Stream flags: the check is a CRC-32. */
const CHECK_CRC32 = 1;
const HEADER_BYTES = 12;
/** Twelve bytes, no optional sizes, one filter: LZMA2 with a dictionary of 64 KiB. */
const BLOCK_HEADER = new Uint8Array([2, 0, 0x21, 1, 8, 0, 0, 0]);
const FOOTER_BYTES = 12;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/** The index: one block of `unpadded` bytes (header, data, check) with `length` bytes of content. */
function encodeIndex(unpadded: number, length: number): Uint8Array {
  const records = [0, 1, ...varint(unpadded), ...varint(length)];
  const index = new Uint8Array(Math.ceil(records.length / 4) * 4 + 4);
  index.set(records);
  viewOf(index).setUint32(index.length - 4, crc32(index.subarray(0, -4)), true);
  return index;
}

/** Writes content as chunks; returns where they end. */
function putChunks(out: Uint8Array, start: number, content: Uint8Array): number {
  let at = start;
  for (let done = 0; done < content.length; done += CHUNK_MAX) {
    const size = Math.min(CHUNK_MAX, content.length - done);
    // 1: stored, dictionary reset; 2: stored.
    out.set([done === 0 ? 1 : 2, (size - 1) >> 8, (size - 1) & 0xff], at);
    out.set(content.subarray(done, done + size), at + 3);
    at += 3 + size;
  }
  out[at] = 0;
  return at + 1;
}

/** A whole stream around stored content. `contentCrc` is the content's CRC-32. */
export function encodeStoredStream(content: Uint8Array, contentCrc: number): Uint8Array<ArrayBuffer> {
  const dataBytes = content.length + Math.ceil(content.length / CHUNK_MAX) * 3 + 1;
  const padded = Math.ceil(dataBytes / 4) * 4;
  const index = encodeIndex(12 + dataBytes + 4, content.length);
  const out = new Uint8Array(HEADER_BYTES + 12 + padded + 4 + index.length + FOOTER_BYTES);
  const view = viewOf(out);
  out.set([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, CHECK_CRC32]);
  view.setUint32(8, crc32(out.subarray(6, 8)), true);
  out.set(BLOCK_HEADER, HEADER_BYTES);
  view.setUint32(HEADER_BYTES + 8, crc32(BLOCK_HEADER), true);
  putChunks(out, HEADER_BYTES + 12, content);
  const check = HEADER_BYTES + 12 + padded;
  view.setUint32(check, contentCrc, true);
  out.set(index, check + 4);
  const footer = check + 4 + index.length;
  view.setUint32(footer + 4, index.length / 4 - 1, true);
  out.set([0, CHECK_CRC32, 0x59, 0x5a], footer + 8);
  view.setUint32(footer, crc32(out.subarray(footer + 4, footer + 10)), true);
  return out;
}
