import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ByteString } from "../../../../src/base/bytes.ts";
import { MondoError } from "../../../../src/base/errors.ts";
import { PackedReader, PackedWriter } from "../../../../src/formats/archive/packed-bytes.ts";

const NUMBERS = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 + 1, 2 ** 40, Number.MAX_SAFE_INTEGER];

test("PackedReader reads back everything that PackedWriter wrote, from little room", () => {
  const writer = new PackedWriter(1);
  for (const number of NUMBERS) writer.varint(number);
  writer.float(-62_135_596_800);
  writer.u64(0xffff_ffff_ffff_ffffn);
  writer.u32(4_294_967_295);
  writer.text("\xff\0name");
  writer.block(new Uint8Array([1, 2, 3]));
  writer.u8(255);
  const reader = new PackedReader(writer.bytes());
  for (const number of NUMBERS) assert.is(reader.varint(), number);
  assert.is(reader.float(), -62_135_596_800);
  assert.is(reader.u64(), 0xffff_ffff_ffff_ffffn);
  assert.is(reader.u32(), 4_294_967_295);
  assert.is(reader.text(), "\xff\0name" as ByteString);
  assert.equal([...reader.block()], [1, 2, 3]);
  assert.is(reader.u8(), 255);
  assert.ok(reader.atEnd);
});

test("PackedReader refuses to run over the end, and numbers that are no whole numbers", () => {
  const damaged = (error: unknown) => error instanceof MondoError && error.code === "damaged";
  assert.throws(() => new PackedReader(new Uint8Array(0)).u8(), damaged);
  assert.throws(() => new PackedReader(new Uint8Array(7)).u64(), damaged);
  assert.throws(() => new PackedReader(new Uint8Array([5, 1])).block(), damaged);
  assert.throws(() => new PackedReader(new Uint8Array(9).fill(0xff)).varint(), damaged);
  assert.throws(() => new PackedReader(new Uint8Array(8).fill(0xff)).float(), damaged);
});

test.run();
