import { test } from "uvu";
import * as assert from "uvu/assert";
import { embeddedConfigOf, kernelPayloadOf, kernelVersionOf } from "../../../../src/formats/boot/kernel-image.ts";

function bzImage(version: string): Uint8Array {
  const image = new Uint8Array(8192);
  const view = new DataView(image.buffer);
  image[0x1f1] = 3; // set-up sectors
  image.set(new TextEncoder().encode("HdrS"), 0x202);
  view.setUint16(0x206, 0x020f, true);
  view.setUint16(0x20e, 0x600, true);
  image.set(new TextEncoder().encode(`${version}\0`), 0x800);
  view.setUint32(0x248, 16, true);
  view.setUint32(0x24c, 100, true);
  return image;
}

test("kernelVersionOf() reads the version that uname -r will say", () => {
  assert.is(kernelVersionOf(bzImage("6.1.0-56-amd64 (debian@lists) #1 SMP")), "6.1.0-56-amd64");
});

test("kernelVersionOf() of other bytes is undefined", () => {
  assert.is(kernelVersionOf(new Uint8Array(4096)), undefined);
  assert.is(kernelVersionOf(new TextEncoder().encode("#!/bin/sh")), undefined);
  assert.is(kernelVersionOf(bzImage("")), undefined);
  assert.is(kernelVersionOf(bzImage("../../etc")), undefined);
});

test("kernelPayloadOf() is the part behind the set-up code", () => {
  const payload = kernelPayloadOf(bzImage("6.1.0 x"));
  assert.is(payload?.byteOffset, 4 * 512 + 16);
  assert.is(payload?.byteLength, 100);
});

test("kernelPayloadOf() of a truncated image is undefined", () => {
  assert.is(kernelPayloadOf(bzImage("6.1.0 x").slice(0, 0x820)), undefined);
});

test("embeddedConfigOf() finds the gzip between its marks", () => {
  const text = "xxIKCFG_ST\x1f\x8bdataIKCFG_EDyy";
  assert.is(Buffer.from(embeddedConfigOf(Buffer.from(text, "latin1")) ?? []).toString("latin1"), "\x1f\x8bdata");
  assert.is(embeddedConfigOf(Buffer.from("IKCFG_ST\x1f\x8bdata", "latin1")), undefined);
});

test.run();
