import { test } from "uvu";
import * as assert from "uvu/assert";
import { zstdCodec } from "../../../../src/drivers/codec/zstd.ts";
import { encodeStoredFrame, frameLength, storedFrameBound } from "../../../../src/formats/archive/zstd-frame.ts";

function stored(content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(storedFrameBound(content.length));
  return bytes.subarray(0, encodeStoredFrame(bytes, content, Bun.hash.xxHash64(content)));
}

test("encodeStoredFrame() is read by zstd, at and around the size of a block", () => {
  for (const length of [0, 1, 1000, 131_071, 131_072, 131_073, 262_144, 400_001]) {
    const content = crypto.getRandomValues(new Uint8Array(Math.min(length, 65_536)));
    const whole = Buffer.alloc(length, content.length > 0 ? content : 0);
    const frame = stored(whole);
    assert.ok(frame.length <= storedFrameBound(length));
    assert.is(Buffer.compare(Bun.zstdDecompressSync(frame), whole), 0, String(length));
  }
});

test("encodeStoredFrame() carries a checksum that zstd checks", () => {
  const frame = Uint8Array.from(stored(new Uint8Array(1000).fill(7)));
  frame[500] = 8;
  assert.throws(() => Bun.zstdDecompressSync(frame));
});

test("frameLength() of frames of every level, with something behind them, is theirs; of a cut one it is none", () => {
  for (const length of [0, 1, 255, 256, 131_073, 3_000_000]) {
    const noise = crypto.getRandomValues(new Uint8Array(Math.min(length, 65_536)));
    const contents = [new Uint8Array(length), Buffer.alloc(length, noise.length > 0 ? noise : 0)];
    for (const content of contents) {
      for (const frame of [
        stored(content),
        ...[1, 3, 9].map((level) => zstdCodec.compressor(level).compress(content)),
      ]) {
        const file = Buffer.concat([frame, Buffer.from("something else")]);
        const of = (bytes: Uint8Array) => frameLength((offset, count) => bytes.subarray(offset, offset + count));
        assert.is(of(file), frame.length);
        assert.is(of(frame.subarray(0, 7)), undefined);
        assert.is(of(file.subarray(1)), undefined);
      }
    }
  }
});

test.run();
