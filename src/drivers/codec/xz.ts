import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { xzContentBytes } from "../../formats/archive/xz-content.ts";
import { encodeStoredStream } from "../../formats/archive/xz-stream.ts";
import type { Codec } from "./codec.ts";
import { incompressibleTest } from "./sample.ts";

/** Loaded when it is first needed: most commands do without. */
function addon(): typeof import("@napi-rs/lzma").xz {
  return (require("@napi-rs/lzma") as typeof import("@napi-rs/lzma")).xz;
}

function stored(input: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeStoredStream(input, Bun.hash.crc32(input));
}

function decompress(frame: Uint8Array, length: number): Uint8Array {
  const announced = xzContentBytes(frame);
  if (announced !== length) {
    const found = announced === undefined ? msg`it is no stream of one LZMA2 block` : msg`it holds ${announced} bytes`;
    throw new MondoError("damaged", msg`xz: ${found}, expected ${length} bytes`);
  }
  const xz = addon();
  let content: Uint8Array;
  try {
    content = xz.decompressSync(frame);
  } catch (cause) {
    throw new MondoError("damaged", msg`xz: ${messageOf(cause)}`, { cause });
  }
  if (content.length === length) return content;
  throw new MondoError("damaged", msg`an xz stream gives ${content.length} bytes instead of ${length}`);
}

/**
 * One xz stream a frame. Levels 1 to 9 are all xz's own 6 (the addon has no other): about 95 MiB of memory for each
 * Worker.
 */
export const xzCodec: Codec = {
  type: "xz",
  ending: ".tar.xz",
  command: "xz -dc",
  compressor: (level) => {
    if (level < 1) return { compress: stored };
    const isIncompressible = incompressibleTest();
    const xz = addon();
    return { compress: (input) => (isIncompressible(input) ? stored(input) : new Uint8Array(xz.compressSync(input))) };
  },
  decompressor: () => ({ decompress }),
};
