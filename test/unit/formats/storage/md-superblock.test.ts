import { test } from "uvu";
import * as assert from "uvu/assert";
import { raidLayoutName, raidLevelName } from "../../../../src/drivers/volume/md-names.ts";
import { decodeMdSuperblock, MD_ROLE } from "../../../../src/formats/storage/md-superblock.ts";
import { decodeMd090 } from "../../../../src/formats/storage/md-superblock-090.ts";

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

test("decodeMdSuperblock() tells how md treats a member, and of writes that nobody waits for", () => {
  const bytes = member(4096);
  assert.equal(
    ["habits", "writeBehind"].filter((key) => key in (decodeMdSuperblock(reader(bytes), SIZE) ?? {})),
    [],
  );
  bytes[4096 + 184] = 3;
  new DataView(bytes.buffer).setUint32(8192 + 60, 512, true);
  const found = decodeMdSuperblock(reader(bytes), SIZE);
  assert.equal([found?.habits, found?.writeBehind, found?.bitmapChunkBytes], [["writemostly", "failfast"], 512, 65536]);
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

/** A member of a RAID5 of three disks with a spare, as mdadm writes it with --metadata=0.90. */
function old090(sizeBytes: number): { bytes: Uint8Array; at: number } {
  const bytes = new Uint8Array(8192);
  const view = new DataView(bytes.buffer);
  const put = (words: Readonly<Record<number, number>>) => {
    for (const [at, word] of Object.entries(words)) view.setUint32(Number(at), word, true);
  };
  put({ 0: 0xa92b4efc, 4: 0, 8: 90, 20: 0x01234567, 28: 5, 32: 1024, 40: 3, 52: 0x89abcdef, 56: 1, 60: 2 });
  put({ 132: 0x101, 156: 42, 256: 2, 260: 65536, 3968: 3 });
  // Disk 1 failed, disk 3 is the spare.
  put({ 524: 0, 528: 6, 652: 1, 656: 1, 780: 2, 784: 6, 908: 3, 912: 0 });
  put({ 4096: 0x6d746962, 4148: 65536 });
  return { bytes, at: Math.floor(sizeBytes / 65536) * 65536 - 65536 };
}

test("decodeMd090() reads the old superblock in the last 64 KiB, in the words of version 1", () => {
  const size = 40 * 65536 + 12_345;
  const { bytes, at } = old090(size);
  const read = (offset: number, length: number) => bytes.subarray(offset - at, offset - at + length);
  const found = decodeMd090((offset, length) => (offset < at ? new Uint8Array(length) : read(offset, length)), size);
  const { roles, ...rest } = found ?? { roles: [] };
  assert.equal(roles.slice(0, 5), [0, MD_ROLE.faulty, 2, MD_ROLE.spare, MD_ROLE.spare]);
  assert.equal(rest, {
    ...{ version: "0.90", features: 1, uuid: "01234567:89abcdef:00000001:00000002", name: "", level: 5, layout: 2 },
    ...{ componentBytes: 1 << 20, chunkBytes: 65536, raidDevices: 3, dataOffsetBytes: 0, dataBytes: at },
    ...{ deviceNumber: 3, events: 42, bitmapChunkBytes: 65536 },
  });
});

test("decodeMd090() of noise, of devices without room and of the version in mid-reshape", () => {
  assert.is(
    decodeMd090(() => new Uint8Array(4096).fill(7), 1 << 20),
    undefined,
  );
  assert.is(
    decodeMd090(() => new Uint8Array(0), 100),
    undefined,
  );
  const { bytes } = old090(1 << 20);
  bytes[8] = 91;
  assert.is(decodeMd090((_, length) => bytes.subarray(0, length), 1 << 20)?.features, 5);
});

test.run();
