import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../../src/base/errors.ts";
import { type CpioEntry, decodeCpio, encodeCpio } from "../../../../src/formats/archive/cpio.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const sample: CpioEntry[] = [
  { path: "dev", kind: "directory", mode: 0o755 },
  { path: "dev/console", kind: "char", mode: 0o600, device: { major: 5, minor: 1 } },
  { path: "empty", kind: "file", mode: 0o600, content: new Uint8Array() },
  { path: "init", kind: "file", mode: 0o755, content: bytes("#!/bin/sh\n") },
  { path: "sbin", kind: "symlink", mode: 0o777, content: bytes("usr/sbin") },
  { path: "t\u00e4st", kind: "file", mode: 0o644, content: bytes("123") },
];

test("decodeCpio(encodeCpio(entries)) gives the entries back", () => {
  assert.equal(decodeCpio(encodeCpio(sample)), sample);
});

test("encodeCpio() gives the same bytes for the same entries, padded to 4", () => {
  const once = encodeCpio(sample);
  assert.equal(Buffer.compare(once, encodeCpio(sample)), 0);
  assert.is(once.byteLength % 4, 0);
});

test("encodeCpio() writes newc headers that the kernel takes: magic, root as owner, time 0, contents on multiples of 4", () => {
  const archive = encodeCpio([{ path: "abc", kind: "file", mode: 0o4755, content: bytes("hello") }]);
  const head = new TextDecoder().decode(archive.subarray(0, 110));
  assert.is(head.slice(0, 6), "070701");
  assert.is(head.slice(14, 22), "000089ed"); // 0o104755
  assert.is(head.slice(22, 54), "00000000000000000000000100000000"); // uid, gid, nlink, mtime
  assert.is(new TextDecoder().decode(archive.subarray(116, 121)), "hello");
  assert.is(new TextDecoder().decode(archive.subarray(124, 130)), "070701");
});

test("decodeCpio() calls every truncation damaged", () => {
  const whole = encodeCpio(sample);
  for (let length = 0; length < whole.byteLength - 3; length += 7) {
    assert.throws(
      () => decodeCpio(whole.subarray(0, length)),
      (e: MondoError) => e.code === "damaged",
    );
  }
});

test("decodeCpio() of random damage gives entries or a MondoError", () => {
  const whole = encodeCpio(sample);
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed;
  };
  for (let round = 0; round < 2000; round++) {
    const hurt = whole.slice();
    for (let n = 0; n < 3; n++) hurt[random() % hurt.byteLength] = random() & 0xff;
    try {
      decodeCpio(hurt);
    } catch (error) {
      assert.ok(error instanceof MondoError, String(error));
    }
  }
});

test.run();
