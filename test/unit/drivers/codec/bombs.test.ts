import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import type { Codec } from "../../../../src/drivers/codec/codec.ts";
import { gzipCodec } from "../../../../src/drivers/codec/gzip.ts";
import { xzCodec } from "../../../../src/drivers/codec/xz.ts";
import { zstdCodec } from "../../../../src/drivers/codec/zstd.ts";
import { xzContentBytes } from "../../../../src/formats/archive/xz-content.ts";
import { gunzipWithin } from "../../../../src/host/gunzip.ts";

const ZEROS = new Uint8Array(12 << 20);
const SHORT = new Uint8Array(512);

/** Why a frame is refused of which the set says that it gives SHORT. */
function refusalOf(codec: Codec, frame: Uint8Array): string {
  try {
    codec.decompressor(gunzipWithin).decompress(frame, SHORT.length);
    return "not at all";
  } catch (error) {
    assert.instance(error, MondoError);
    return (error as MondoError).message;
  }
}

test("an xz stream that holds more than the set says is refused before it is decompressed", () => {
  const bomb = xzCodec.compressor(6).compress(ZEROS);
  assert.is(xzContentBytes(bomb), ZEROS.length);
  const last = xzCodec.compressor(6).compress(SHORT);
  assert.is(refusalOf(xzCodec, bomb), `xz: it holds ${ZEROS.length} bytes, expected 512 bytes`);
  for (const frame of [Buffer.concat([bomb, last]), Buffer.concat([last, bomb])]) {
    assert.is(refusalOf(xzCodec, frame), "xz: it is no stream of one LZMA2 block, expected 512 bytes");
  }
});

test("xzContentBytes() is the length of whatever is compressed, at once or in many chunks", () => {
  const noise = crypto.getRandomValues(new Uint8Array(65_536));
  for (const content of [
    SHORT,
    noise,
    Buffer.concat(Array.from({ length: 70 }, () => noise)),
    ZEROS.subarray(0, 5e6),
  ]) {
    for (const level of [0, 6]) {
      const frame = xzCodec.compressor(level).compress(content);
      assert.is(xzContentBytes(frame), content.length, `level ${level}`);
      assert.is(xzCodec.decompressor().decompress(frame, content.length).length, content.length);
    }
  }
});

test("xzContentBytes() of a stream whose bytes were changed never fails", () => {
  const frame = xzCodec.compressor(6).compress(crypto.getRandomValues(new Uint8Array(3000)));
  for (let at = 0; at < frame.length; at++) {
    const changed = frame.slice();
    changed[at] = 0xff;
    xzContentBytes(changed);
    xzContentBytes(frame.subarray(0, at));
  }
});

test("gzip members that give more than the last one announces are refused when they do", () => {
  const [bomb, last] = [gzipSync(ZEROS), gzipSync(SHORT)];
  assert.match(refusalOf(gzipCodec, Buffer.concat([bomb, bomb, last])), /larger than 512|too large|maxOutput/i);
  assert.is(gzipCodec.decompressor().decompress(last, SHORT.length).length, SHORT.length);
});

test("a zstd frame that gives more than the set says, or more than any that is written, is refused", () => {
  const bomb = zstdCodec.compressor(3).compress(ZEROS);
  assert.is(refusalOf(zstdCodec, bomb), `a frame announces ${ZEROS.length} bytes instead of 512`);
});

test.run();
