import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { arm64KernelKind, arm64KernelVersion, zbootPayload } from "../../../../src/formats/boot/arm64-kernel.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function image(...banners: string[]): Uint8Array {
  const bytes = new Uint8Array(4096);
  bytes.set(encode("MZ"), 0);
  bytes.set(encode("ARM\x64"), 56);
  banners.forEach((banner, index) => {
    bytes.set(encode(`${banner}\0`), 1000 + 300 * index);
  });
  return bytes;
}

function zboot(method: string, payload: Uint8Array, claimed = payload.byteLength): Uint8Array {
  const bytes = new Uint8Array(512 + payload.byteLength);
  const view = new DataView(bytes.buffer);
  bytes.set(encode("MZ\0\0zimg"), 0);
  view.setUint32(8, 512, true);
  view.setUint32(12, claimed, true);
  bytes.set(encode(`${method}\0`), 24);
  bytes.set(payload, 512);
  return bytes;
}

test("arm64KernelKind() tells image, gzip and zboot by their first bytes", () => {
  assert.is(arm64KernelKind(image()), "image");
  assert.is(arm64KernelKind(gzipSync(image("Linux version 6.1.0-57-arm64 (x)"))), "gzip");
  assert.is(arm64KernelKind(zboot("gzip", new Uint8Array(9))), "zboot");
  for (const other of [new Uint8Array(0), new Uint8Array(4096), encode("#!/bin/sh\n".padEnd(100)), encode("MZ")]) {
    assert.is(arm64KernelKind(other), undefined);
  }
});

test("arm64KernelVersion() reads the banner, not the format of one", () => {
  const kernel = image("Linux version %s (%s)", "Linux version 6.1.0-57-arm64 (debian-kernel@lists.debian.org) (gcc");
  assert.is(arm64KernelVersion(kernel), "6.1.0-57-arm64");
  assert.is(arm64KernelVersion(image("Linux version 5.14.0-503.el9.aarch64+64k (mock")), "5.14.0-503.el9.aarch64+64k");
});

test("arm64KernelVersion() of what has none is undefined", () => {
  assert.is(arm64KernelVersion(image()), undefined);
  assert.is(arm64KernelVersion(image("Linux version ../../etc (x)")), undefined);
  assert.is(arm64KernelVersion(encode(`${" ".repeat(100)}Linux version 6.1.0 (x)`)), undefined);
});

test("zbootPayload() is the compressed kernel and its method", () => {
  const payload = encode("0123456789");
  for (const [method, kind] of [
    ["gzip", "gz"],
    ["zstd", "zst"],
    ["zstd22", "zst"],
    ["xzkern", "xz"],
  ] as const) {
    assert.equal(zbootPayload(zboot(method, payload)), { kind, bytes: payload }, method);
  }
});

test("zbootPayload() of a cut or strange file is undefined", () => {
  assert.is(zbootPayload(zboot("gzip", encode("abc"), 4)), undefined);
  assert.is(zbootPayload(zboot("lzo", encode("abc"))), undefined);
  assert.is(zbootPayload(zboot("constructor", encode("abc"))), undefined);
  assert.is(zbootPayload(image()), undefined);
});

test.run();
