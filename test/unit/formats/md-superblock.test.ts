import { test } from "uvu";
import * as assert from "uvu/assert";
import { raidLayoutName, raidLevelName } from "../../../src/drivers/volume/md-names.ts";
import { decodeMdSuperblock } from "../../../src/formats/md-superblock.ts";

const SIZE = 1 << 20;
const reader = (bytes: Uint8Array) => (offset: number, length: number) => bytes.subarray(offset, offset + length);

/** The head of a member of a RAID1 at a byte of a device of 1 MiB. */
function member(at: number, where = at): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer, at);
  view.setUint32(0, 0xa92b4efc, true);
  view.setUint32(4, 1, true);
  view.setUint32(8, 1, true);
  bytes.set(
    Array.from({ length: 16 }, (_, index) => index),
    at + 16,
  );
  bytes.set(Buffer.from("host:7"), at + 32);
  view.setInt32(72, 1, true);
  view.setBigUint64(80, 1000n, true);
  view.setUint32(92, 2, true);
  view.setInt32(96, 8, true);
  view.setBigUint64(128, 2048n, true);
  view.setBigUint64(144, BigInt(where / 512), true);
  view.setUint32(160, 1, true);
  view.setUint32(220, 3, true);
  for (const [index, role] of [0, 1, 0xffff].entries()) view.setUint16(256 + index * 2, role, true);
  const bitmap = new DataView(bytes.buffer, at + 4096 < SIZE ? at + 4096 : 0);
  bitmap.setUint32(0, 0x6d746962, true);
  bitmap.setUint32(52, 65536, true);
  return bytes;
}

test("decodeMdSuperblock() finds each minor version where it lies", () => {
  for (const [version, at] of [
    ["1.1", 0],
    ["1.2", 4096],
    ["1.0", SIZE - 8192],
  ] as const) {
    const found = decodeMdSuperblock(reader(member(at)), SIZE);
    assert.is(found?.version, version);
    assert.is(found?.uuid, "00010203:04050607:08090a0b:0c0d0e0f");
    assert.is(found?.name, "host:7");
    assert.equal(found?.roles, [0, 1, 0xffff]);
    assert.is(found?.dataOffsetBytes, 1 << 20);
    assert.is(found?.bitmapChunkBytes, 65536);
  }
});

test("decodeMdSuperblock() ignores a copy that says it lies elsewhere, other data and a cut device", () => {
  assert.is(decodeMdSuperblock(reader(member(4096, 8192)), SIZE), undefined);
  assert.is(decodeMdSuperblock(reader(new Uint8Array(SIZE)), SIZE), undefined);
  assert.is(decodeMdSuperblock(reader(member(4096).subarray(0, 4200)), SIZE), undefined);
});

test("raidLayoutName() names what mdadm takes, and knows what it doesn't know", () => {
  const names = [
    [5, 2],
    [10, 0x102],
    [10, 0x201],
    [10, 0x10201],
    [10, 0x20201],
    [6, 19],
    [1, 0],
  ].map(([level = 0, layout = 0]) => raidLayoutName(level, layout));
  assert.equal(names, ["left-symmetric", "n2", "f2", "o2", "unknown", "unknown", undefined]);
  assert.is(raidLevelName(-4), undefined);
});

test.run();
