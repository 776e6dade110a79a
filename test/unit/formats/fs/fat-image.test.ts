import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeFatImage } from "../../../../src/formats/fs/fat-image.ts";
import { call } from "../../../support/mondo.ts";

const options = { label: "MONDOBOOT", serial: 0x4d4f4e44 };
const large = new Uint8Array(3_000_001).map((_, index) => (index * 7) & 0xff);
const files = new Map([
  ["EFI/BOOT/BOOTX64.EFI", large],
  ["EFI/BOOT/grub.cfg", new TextEncoder().encode("configfile /x\n")],
  ["boot/grub/grub.cfg", new TextEncoder().encode("other\n")],
  ["EMPTY", new Uint8Array(0)],
]);

test("encodeFatImage() makes a file system that fsck.vfat finds nothing wrong with, and the same each time", () => {
  const directory = mkdtempSync(join(tmpdir(), "mondo-fat-"));
  const image = join(directory, "efi.img");
  const bytes = encodeFatImage(files, options);
  writeFileSync(image, bytes);
  const check = call(["fsck.vfat", "-n", "-v", image]);
  assert.is(check.status, 0, check.out + check.err);
  assert.match(check.out, /1024 bytes per cluster/);
  assert.match(check.out, /2 FATs, 16 bit entries/);
  assert.match(check.out, /: 9 files/);
  assert.match(call(["blkid", "-p", image]).out, /LABEL_FATBOOT="MONDOBOOT".* UUID="4D4F-4E44".* TYPE="vfat"/s);
  assert.equal(encodeFatImage(files, options), bytes);
  rmSync(directory, { recursive: true });
});

test("encodeFatImage() stores a file's content in one run at the place that its entry names", () => {
  const bytes = encodeFatImage(new Map([["A.BIN", large]]), options);
  const view = new DataView(bytes.buffer);
  const rootAt = 512 * (1 + 2 * view.getUint16(22, true));
  const cluster = view.getUint16(rootAt + 32 + 26, true);
  const at = rootAt + 512 * 32 + (cluster - 2) * 1024;
  assert.equal(bytes.subarray(at, at + large.byteLength), large);
  assert.is(view.getUint32(rootAt + 32 + 28, true), large.byteLength);
});

test("encodeFatImage() refuses a name that is no short name", () => {
  assert.throws(() => encodeFatImage(new Map([["long-name-indeed.txt", large]]), options), /eight characters/);
});

test.run();
