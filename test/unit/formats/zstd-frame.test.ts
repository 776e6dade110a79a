import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeStoredFrame, storedFrameBound } from "../../../src/formats/zstd-frame.ts";

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

test.run();
