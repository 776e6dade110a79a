/** zstd frames, as far as they are made without a compressor. Source: RFC 8878, sections 3.1.1 and 3.1.2. */
import { viewOf } from "../../base/bytes.ts";

/** First four bytes of a frame, little-endian. */
export const ZSTD_MAGIC = 0xfd2fb528;
const BLOCK_MAX = 128 * 1024;
const HEADER_BYTES = 4 + 1 + 8;

/**
 * The decompressed length that a frame's header announces; undefined when it tells none, or is no frame. Source: RFC
 * 8878, 3.1.1.1.
 */
export function announcedLength(frame: Uint8Array): bigint | undefined {
  if (frame.byteLength < 6) return undefined;
  const view = viewOf(frame);
  if (view.getUint32(0, true) !== ZSTD_MAGIC) return undefined;
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const at = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const length = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
  if (length === 0 || at + length > frame.byteLength) return undefined;
  if (length === 1) return BigInt(view.getUint8(at));
  if (length === 2) return BigInt(view.getUint16(at, true) + 256);
  return length === 4 ? BigInt(view.getUint32(at, true)) : view.getBigUint64(at, true);
}

/** Whether a frame's header says that a checksum of its content stands behind it. Source: RFC 8878, 3.1.1.1.1.5. */
export function hasChecksum(frame: Uint8Array): boolean {
  return frame.byteLength > 4 && viewOf(frame).getUint32(0, true) === ZSTD_MAGIC && ((frame[4] ?? 0) & 4) !== 0;
}

/** A frame's header is no longer than this. */
export const FRAME_HEADER_MAX = 18;

/**
 * Length of the frame that starts at offset 0 of what `read` gives, by the headers of its blocks; undefined: none
 * starts there, or it has an end that can't be. Source: RFC 8878, 3.1.1.
 */
export function frameLength(read: (offset: number, length: number) => Uint8Array): number | undefined {
  const head = read(0, FRAME_HEADER_MAX);
  if (head.byteLength < 6 || viewOf(head).getUint32(0, true) !== ZSTD_MAGIC) return undefined;
  const descriptor = head[4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
  let at = 5 + (single ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0) + sizeBytes;
  for (let isLast = false; !isLast; ) {
    const [low, middle, high] = read(at, 3);
    if (low === undefined || middle === undefined || high === undefined) return undefined;
    const [type, size] = [(low >> 1) & 3, (low | (middle << 8) | (high << 16)) >> 3];
    if (type === 3 || (type !== 1 && size > BLOCK_MAX)) return undefined;
    at += 3 + (type === 1 ? 1 : size);
    isLast = (low & 1) === 1;
  }
  return at + (descriptor & 4 ? 4 : 0);
}

/** Upper bound of a stored frame around `length` bytes. */
export function storedFrameBound(length: number): number {
  return HEADER_BYTES + Math.max(1, Math.ceil(length / BLOCK_MAX)) * 3 + length + 4;
}

/**
 * Writes a frame of raw blocks: any zstd decoder reads it, and making it costs one copy. `xxh64` is the XXH64 (seed 0)
 * of the content, whose low 32 bits are the frame's checksum. Returns the frame's length.
 */
export function encodeStoredFrame(into: Uint8Array, content: Uint8Array, xxh64: bigint): number {
  const view = viewOf(into);
  view.setUint32(0, ZSTD_MAGIC, true);
  // Frame_Content_Size in 8 bytes, Single_Segment, Content_Checksum.
  view.setUint8(4, 0b1110_0100);
  view.setBigUint64(5, BigInt(content.length), true);
  let at = HEADER_BYTES;
  let done = 0;
  do {
    const size = Math.min(BLOCK_MAX, content.length - done);
    const last = done + size === content.length ? 1 : 0;
    const header = (size << 3) | last;
    into[at] = header & 0xff;
    into[at + 1] = (header >> 8) & 0xff;
    into[at + 2] = header >> 16;
    into.set(content.subarray(done, done + size), at + 3);
    at += 3 + size;
    done += size;
  } while (done < content.length);
  view.setUint32(at, Number(xxh64 & 0xffffffffn), true);
  return at + 4;
}
