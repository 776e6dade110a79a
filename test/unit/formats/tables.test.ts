import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { crc32 } from "../../../src/formats/archive/crc32.ts";
import { decodeGpt, gptAttributesText } from "../../../src/formats/storage/gpt.ts";
import { decodeMbr, isMbr, isProtectiveMbr } from "../../../src/formats/storage/mbr.ts";

const SECTOR = 512;
const readerOf = (bytes: Uint8Array) => (offset: number, length: number) => bytes.subarray(offset, offset + length);

interface Slot {
  readonly at: number;
  readonly type: number;
  readonly start: number;
  readonly sectors: number;
  readonly active?: boolean;
}

/** Writes entries of a boot record at a sector. */
function record(disk: Uint8Array, sector: number, slots: readonly Slot[]): void {
  const view = new DataView(disk.buffer, sector * SECTOR, SECTOR);
  for (const { at, type, start, sectors, active } of slots) {
    const offset = 446 + at * 16;
    view.setUint8(offset, active ? 0x80 : 0);
    view.setUint8(offset + 4, type);
    view.setUint32(offset + 8, start, true);
    view.setUint32(offset + 12, sectors, true);
  }
  view.setUint16(510, 0xaa55, true);
}

test("crc32() of the check string is the published value", () => {
  assert.is(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

test("decodeMbr() follows logical partitions and keeps gaps in primary numbers", () => {
  const disk = new Uint8Array(400 * SECTOR);
  record(disk, 0, [
    { at: 0, type: 0x83, start: 63, sectors: 37, active: true },
    { at: 2, type: 0x0f, start: 100, sectors: 200 },
  ]);
  record(disk, 100, [
    { at: 0, type: 0x83, start: 10, sectors: 50 },
    { at: 1, type: 0x05, start: 80, sectors: 60 },
  ]);
  record(disk, 180, [{ at: 0, type: 0x82, start: 1, sectors: 59 }]);
  new DataView(disk.buffer).setUint32(440, 0xdeadbeef, true);
  const table = decodeMbr(readerOf(disk), SECTOR);
  assert.is(table.signature, 0xdeadbeef);
  assert.equal(
    table.entries.map((e) => [e.number, e.type, e.startSector, e.sectors, e.role, e.bootable]),
    [
      [1, 0x83, 63, 37, "primary", true],
      [3, 0x0f, 100, 200, "extended", false],
      [5, 0x83, 110, 50, "logical", false],
      [6, 0x82, 181, 59, "logical", false],
    ],
  );
});

test("decodeMbr() of a chain that runs in a circle is a format error", () => {
  const disk = new Uint8Array(400 * SECTOR);
  record(disk, 0, [{ at: 0, type: 0x05, start: 100, sectors: 200 }]);
  record(disk, 100, [
    { at: 0, type: 0x83, start: 10, sectors: 50 },
    { at: 1, type: 0x05, start: 80, sectors: 60 },
  ]);
  record(disk, 180, [
    { at: 0, type: 0x83, start: 1, sectors: 5 },
    { at: 1, type: 0x05, start: 0, sectors: 60 },
  ]);
  assert.throws(
    () => decodeMbr(readerOf(disk), SECTOR),
    (error: unknown) => error instanceof MondoError && error.code === "format",
  );
});

test("decodeGpt() takes the backup when the first header is damaged, and refuses when both are", () => {
  const disk = gptDisk();
  const before = decodeGpt(readerOf(disk), SECTOR, disk.byteLength);
  assert.is(before.diskGuid, "04030201-0605-0807-090A-0B0C0D0E0F10");
  assert.equal(
    before.entries.map((e) => [e.number, e.firstSector, e.lastSector, e.name]),
    [[3, 40, 49, "root"]],
  );
  assert.is(before.backupSector, 199);
  disk.fill(0xff, SECTOR, SECTOR + 40);
  assert.equal(decodeGpt(readerOf(disk), SECTOR, disk.byteLength), before);
  disk.fill(0, disk.byteLength - SECTOR);
  assert.throws(() => decodeGpt(readerOf(disk), SECTOR, disk.byteLength), /damaged, and so is its backup/);
});

/** A disk of 200 sectors with one partition, number 3, and both headers. */
function gptDisk(): Uint8Array {
  const disk = new Uint8Array(200 * SECTOR);
  record(disk, 0, [{ at: 0, type: 0xee, start: 1, sectors: 199 }]);
  const entries = new Uint8Array(128 * 128);
  const entry = new DataView(entries.buffer, 2 * 128, 128);
  for (let i = 0; i < 32; i++) entry.setUint8(i, i + 1);
  entry.setBigUint64(32, 40n, true);
  entry.setBigUint64(40, 49n, true);
  for (const [index, char] of [..."root"].entries()) entry.setUint16(56 + index * 2, char.charCodeAt(0), true);
  for (const [header, array] of [
    [1, 2],
    [199, 167],
  ] as const) {
    disk.set(entries, array * SECTOR);
    const view = new DataView(disk.buffer, header * SECTOR, SECTOR);
    new Uint8Array(disk.buffer, header * SECTOR, 8).set(new TextEncoder().encode("EFI PART"));
    view.setUint32(8, 0x10000, true);
    view.setUint32(12, 92, true);
    view.setBigUint64(24, BigInt(header), true);
    view.setBigUint64(32, BigInt(200 - header), true);
    view.setBigUint64(40, 34n, true);
    view.setBigUint64(48, 166n, true);
    for (let i = 0; i < 16; i++) view.setUint8(56 + i, i + 1);
    view.setBigUint64(72, BigInt(array), true);
    view.setUint32(80, 128, true);
    view.setUint32(84, 128, true);
    view.setUint32(88, crc32(entries), true);
    view.setUint32(16, crc32(new Uint8Array(disk.buffer, header * SECTOR, 92)), true);
  }
  return disk;
}

test("gptAttributesText() names the bits as sfdisk does", () => {
  assert.is(gptAttributesText(0n), "");
  assert.is(gptAttributesText(0b101n | (1n << 62n) | (1n << 63n)), "RequiredPartition LegacyBIOSBootable GUID:62,63");
});

test("decodeMbr() and decodeGpt() of random bytes end, with a result or a format error", () => {
  for (let round = 0; round < 300; round++) {
    const bytes = crypto.getRandomValues(new Uint8Array(64 * SECTOR));
    bytes.set([0x55, 0xaa], 510);
    if (round % 2 === 0) bytes.set(new TextEncoder().encode("EFI PART"), SECTOR);
    isMbr(bytes.subarray(0, SECTOR));
    isProtectiveMbr(bytes.subarray(0, SECTOR));
    for (const decode of [
      () => decodeMbr(readerOf(bytes), SECTOR),
      () => decodeGpt(readerOf(bytes), SECTOR, bytes.byteLength),
    ]) {
      try {
        decode();
      } catch (error) {
        assert.instance(error, MondoError);
      }
    }
  }
});

test.run();
