import { viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/**
 * Of the legacy format, which kernels and initramfs tools write (`lz4 -l`). Source: lz4_Frame_format.md, "Legacy
 * frame".
 */
export const LZ4_LEGACY_MAGIC = 0x184c2102;
const LARGEST_BLOCK = 8 * 1024 * 1024;
const SHORTEST_MATCH = 4;

const damaged = (what: string) => new MondoError("damaged", msg`lz4: ${what}`);

/** One block. Source: lz4_Block_format.md. */
function decodeBlock(input: Uint8Array, out: Uint8Array): Uint8Array {
  let at = 0;
  let done = 0;
  const more = (start: number): number => {
    let length = start;
    for (let byte = 255; start === 15 && byte === 255; length += byte) {
      if (at >= input.byteLength) throw damaged(msg`a length is cut off`);
      byte = input[at++] ?? 0;
    }
    return length;
  };
  while (at < input.byteLength) {
    const token = input[at++] ?? 0;
    const literals = more(token >> 4);
    if (at + literals > input.byteLength || done + literals > out.byteLength) throw damaged(msg`literals are cut off`);
    out.set(input.subarray(at, at + literals), done);
    at += literals;
    done += literals;
    if (at >= input.byteLength) break;
    const distance = (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8);
    at += 2;
    const length = more(token & 15) + SHORTEST_MATCH;
    if (distance === 0 || distance > done || done + length > out.byteLength) throw damaged(msg`a match lies outside`);
    // A match may reach into what it writes: byte by byte.
    for (const end = done + length; done < end; done++) out[done] = out[done - distance] ?? 0;
  }
  return out.subarray(0, done);
}

/**
 * The decompressed blocks of a legacy stream, each valid until the next; ends at what is no block any more. Throws
 * `damaged`.
 */
export function* lz4LegacyBlocks(bytes: Uint8Array): Generator<Uint8Array> {
  const view = viewOf(bytes);
  const out = new Uint8Array(LARGEST_BLOCK);
  for (let at = 4; at + 4 <= bytes.byteLength; ) {
    const size = view.getUint32(at, true);
    if (size === LZ4_LEGACY_MAGIC) at += 4;
    else {
      if (size === 0 || size > LARGEST_BLOCK + LARGEST_BLOCK / 255 + 16) return;
      if (at + 4 + size > bytes.byteLength) throw damaged(msg`a block is cut off`);
      yield decodeBlock(bytes.subarray(at + 4, at + 4 + size), out);
      at += 4 + size;
    }
  }
}
