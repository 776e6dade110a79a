import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { codecNamed, codecs } from "../../../../src/drivers/codec/codecs.ts";
import { incompressibleTest } from "../../../../src/drivers/codec/sample.ts";
import { inflateByRuntime } from "../../../../src/drivers/codec/zstd.ts";

const text = new TextEncoder().encode("Jun 12 04:05:06 host kernel: disk sda is ready\n".repeat(20_000));

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/** What the stock tool makes of a file. */
function stock(command: string, bytes: Uint8Array): Uint8Array {
  const result = Bun.spawnSync(["sh", "-c", command], { stdin: bytes, stdout: "pipe", stderr: "pipe" });
  assert.is(result.exitCode, 0, result.stderr.toString());
  return new Uint8Array(result.stdout);
}

const inputs: readonly (readonly [string, Uint8Array])[] = [
  ["nothing", new Uint8Array(0)],
  ["one byte", new Uint8Array([7])],
  ["text", text],
  ["65536 bytes", noise(65_536)],
  ["noise", noise(1_000_001)],
];

for (const codec of codecs) {
  for (const level of [0, 1, 3]) {
    test(`${codec.type} at level ${level}: decompress(compress(x)) = x, for us and for ${codec.command}`, () => {
      const compressor = codec.compressor(level);
      const frames = inputs.map(([, input]) => compressor.compress(input));
      inputs.forEach(([name, input], i) => {
        const frame = frames[i] ?? new Uint8Array(0);
        assert.equal(new Uint8Array(codec.decompressor().decompress(frame, input.length)), input, name);
        assert.is(Bun.hash(stock(codec.command, frame)), Bun.hash(input), name);
      });
      assert.is(
        stock(codec.command, Buffer.concat(frames)).length,
        inputs.reduce((sum, [, { length }]) => sum + length, 0),
      );
    });
  }

  test(`${codec.type}: memory that is lent and a known hash change no frame, however small the memory is`, () => {
    for (const [name, input] of inputs) {
      const compressor = codec.compressor(3);
      const frame = compressor.compress(input);
      for (const room of [new ArrayBuffer(2_000_000), new ArrayBuffer(3)]) {
        new Uint8Array(room).fill(0xa5);
        const lent = compressor.compress(input, { room, xxh64: Bun.hash.xxHash64(input) });
        assert.equal(new Uint8Array(lent), new Uint8Array(frame), name);
      }
    }
  });

  test(`${codec.type} stores what can't be compressed, within 1 % and fast`, () => {
    const input = noise(1 << 20);
    const compressor = codec.compressor(9);
    const timed = () => {
      const start = performance.now();
      const frame = compressor.compress(input);
      assert.ok(frame.length < input.length * 1.01, String(frame.length));
      return performance.now() - start;
    };
    // Trying would take its level 9 more than 100 ms each time, even where nothing else runs.
    const fastest = Math.min(...Array.from({ length: codec.type === "xz" ? 10 : 1 }, timed));
    assert.ok(codec.type !== "xz" || fastest < 100, `${fastest} ms`);
    if (codec.type !== "none") assert.ok(compressor.compress(text).length < text.length / 20);
  });

  test(`${codec.type}: damaged frames and wrong lengths are MondoErrors`, () => {
    const decompressor = codec.decompressor();
    for (const input of [text, noise(100_000)]) {
      const frame = codec.compressor(3).compress(input);
      const wrong: readonly (readonly [Uint8Array, number])[] = [
        [frame, input.length - 1],
        [frame, input.length + 1],
        [frame.subarray(0, frame.length - 5), input.length],
        [new Uint8Array(0), input.length],
      ];
      for (const [bytes, length] of wrong) {
        assert.throws(
          () => decompressor.decompress(bytes, length),
          (error: unknown) => error instanceof MondoError && error.code === "damaged",
        );
      }
      for (let i = 0; i < 40 && codec.type !== "none"; i++) {
        const bad = frame.slice();
        const at = Math.floor(((i + 0.5) / 40) * bad.length);
        bad[at] = (bad[at] ?? 0) ^ 0x10;
        try {
          // A bit of a header that means nothing may change; the content may not.
          assert.equal(Bun.hash(decompressor.decompress(bad, input.length)), Bun.hash(input));
        } catch (error) {
          if (!(error instanceof MondoError)) throw error;
          assert.is(error.code, "damaged");
        }
      }
    }
  });
}

test("a zstd frame that says it has no checksum is damaged: one bit and a cut would let other damage through", () => {
  const frame = codecNamed("zstd").compressor(3).compress(text).slice(0, -4);
  frame[4] = (frame[4] ?? 0) & ~4;
  assert.equal(Bun.zstdDecompressSync(frame).length, text.length);
  assert.throws(
    () => codecNamed("zstd").decompressor().decompress(frame, text.length),
    (error: unknown) => error instanceof MondoError && error.code === "damaged",
  );
});

test("incompressibleTest() tells noise from text, and finds a compressible part of 256 KiB in a frame of 4 MiB", () => {
  const isIncompressible = incompressibleTest();
  const frame = noise(4 << 20);
  assert.is(isIncompressible(frame), true);
  assert.is(isIncompressible(text), false);
  assert.is(isIncompressible(noise(1000)), false);
  for (const at of [0, 1_000_000, (4 << 20) - (300 << 10)]) {
    const mixed = frame.slice();
    mixed.fill(65, at, at + (300 << 10));
    assert.is(isIncompressible(mixed), false, String(at));
  }
});

test("codecNamed() of nothing is zstd: sets of the first version don't name theirs", () => {
  assert.is(codecNamed(undefined).type, "zstd");
  assert.is(codecNamed("xz").type, "xz");
});

test("inflateByRuntime() reads our frames without the addon, and refuses one that doesn't say how long it is", () => {
  for (const level of [0, 3]) {
    const frame = codecNamed("zstd").compressor(level).compress(text);
    assert.equal(new Uint8Array(inflateByRuntime(frame, text.length)), text);
  }
  assert.throws(() => inflateByRuntime(stock("zstd -c", text), text.length), /no length is announced/);
});

test.run();
