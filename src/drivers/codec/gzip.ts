import { viewOf } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { BoundedGunzip, Codec, Compressor } from "./codec.ts";
import { incompressibleTest } from "./sample.ts";

/** A member's header and trailer alone. */
const SMALLEST_MEMBER = 18;
/**
 * Deflate never does better than this (RFC 1951: 258 bytes by two bits): more is announced by a damaged or hostile set.
 */
const BEST_RATIO = 1033;

type Level = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** libdeflate: the same format as zlib's in about half its time. */
function member(input: Uint8Array, level: Level): Uint8Array<ArrayBuffer> {
  return Bun.gzipSync(input as Uint8Array<ArrayBuffer>, { level, library: "libdeflate" });
}

function compressing(level: Level): Compressor {
  const isIncompressible = incompressibleTest();
  return { compress: (input) => member(input, isIncompressible(input) ? 0 : level) };
}

const gunzipOwn: BoundedGunzip = (bytes) => Bun.gunzipSync(bytes as Uint8Array<ArrayBuffer>);

function decompress(frame: Uint8Array, length: number, gunzip: BoundedGunzip): Uint8Array {
  if (frame.length < SMALLEST_MEMBER) throw new MondoError("damaged", msg`a gzip member is cut short`);
  const announced = viewOf(frame).getUint32(frame.length - 4, true);
  if (announced !== length || length > frame.length * BEST_RATIO) {
    throw new MondoError("damaged", msg`a gzip member announces ${announced} bytes instead of ${length}`);
  }
  let content: Uint8Array;
  try {
    // Several members one behind the other would give more than the last of them announces.
    content = gunzip(frame, length);
  } catch (cause) {
    throw new MondoError("damaged", msg`gzip: ${messageOf(cause)}`, { cause });
  }
  if (content.length === length) return content;
  throw new MondoError("damaged", msg`a gzip member gives ${content.length} bytes instead of ${length}`);
}

/** One gzip member (RFC 1952) a frame. */
export const gzipCodec: Codec = {
  type: "gzip",
  ending: ".tar.gz",
  command: "gzip -dc",
  compressor: (level) => {
    const gzipLevel = Math.min(9, Math.max(0, Math.trunc(level))) as Level;
    return gzipLevel === 0 ? { compress: (input) => member(input, 0) } : compressing(gzipLevel);
  },
  decompressor: (gunzip = gunzipOwn) => ({ decompress: (frame, length) => decompress(frame, length, gunzip) }),
};
