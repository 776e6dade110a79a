import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { architectures } from "../../../src/base/architecture.ts";
import { kernelProper, kernelVersionIn } from "../../../src/image/kernel-file.ts";

const { x64, arm64 } = architectures;
const encode = (text: string) => new TextEncoder().encode(text);
const holding = (file: Uint8Array) => ({
  read: () => file,
  readAt: (_path: string, offset: number, length: number) => file.subarray(offset, offset + length),
});

const image = new Uint8Array(200_000);
image.set(encode("ARM\x64"), 56);
image.set(encode("Linux version 6.1.0-57-arm64 (x)"), 190_000);

const packed = Bun.zstdCompressSync(image);
const zboot = new Uint8Array(512 + packed.byteLength);
zboot.set(encode("MZ\0\0zimg"), 0);
new DataView(zboot.buffer).setUint32(8, 512, true);
new DataView(zboot.buffer).setUint32(12, packed.byteLength, true);
zboot.set(encode("zstd\0"), 24);
zboot.set(packed, 512);

test("kernelVersionIn() opens a kernel for arm64 in each of its forms", async () => {
  for (const file of [image, new Uint8Array(gzipSync(image)), zboot]) {
    assert.is(await kernelVersionIn(holding(file), "/boot/k", arm64), "6.1.0-57-arm64");
    assert.is((await kernelProper(holding(file), "/boot/k", arm64))?.byteLength, image.byteLength);
  }
});

test("a kernel for another processor is none here", async () => {
  assert.is(await kernelVersionIn(holding(image), "/boot/k", x64), undefined);
  const bzImage = new Uint8Array(8192);
  bzImage.set(encode("HdrS"), 0x202);
  assert.is(await kernelVersionIn(holding(bzImage), "/boot/k", arm64), undefined);
});

test("what is damaged, or a gzip of something else, is no kernel", async () => {
  const cut = new Uint8Array(gzipSync(image)).subarray(0, 200);
  const other = new Uint8Array(gzipSync(encode("a log file ".repeat(50))));
  const broken = zboot.slice();
  broken.fill(7, 520, 540);
  for (const file of [cut, other, broken, new Uint8Array(0)]) {
    assert.is(await kernelVersionIn(holding(file), "/boot/k", arm64), undefined);
    assert.is(await kernelProper(holding(file), "/boot/k", arm64), undefined);
  }
});

test.run();
