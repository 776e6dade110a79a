import { test } from "uvu";
import * as assert from "uvu/assert";
import { extDriver } from "../../../src/drivers/fs/ext.ts";
import type { Filesystem } from "../../../src/layout/types.ts";

test("extDriver.readOnlyOptions() passes over a journal where there is one: the kernel refuses the word for ext2", () => {
  assert.equal(extDriver.readOnlyOptions?.("ext2"), []);
  for (const type of ["ext3", "ext4"]) assert.equal(extDriver.readOnlyOptions?.(type), ["noload"]);
});

/** A superblock of an ext4 with names in any case. */
function casefolded(encodingFlags: number): Filesystem {
  const bytes = new Uint8Array(2048);
  const view = new DataView(bytes.buffer, 1024);
  view.setUint32(0x0, 4096, true);
  view.setUint32(0x4, 16384, true);
  view.setUint16(0x58, 256, true);
  view.setUint32(0x18, 2, true);
  view.setUint32(0x20, 8192, true);
  view.setUint32(0x28, 1024, true);
  view.setUint16(0x38, 0xef53, true);
  view.setUint32(0x4c, 1, true);
  view.setUint32(0x60, 0x20000, true);
  view.setUint16(0x27c, 1, true);
  view.setUint16(0x27e, encodingFlags, true);
  const found = extDriver.recognise((offset, length) => bytes.subarray(offset, offset + length));
  if (!found) throw new Error("no ext4");
  return { kind: "filesystem", id: "fs:x", on: "x", type: "ext4", ...found };
}

test("make() refuses names that are no UTF-8 again where they were refused; obstacle() names flags that are not known", () => {
  const made = (flags: number) => JSON.stringify(extDriver.make(casefolded(flags), "/dev/x", []));
  assert.match(made(1), /,encoding=utf8,encoding_flags=strict"/);
  assert.match(made(0), /,encoding=utf8"/);
  assert.is(extDriver.obstacle?.(casefolded(1)), undefined);
  assert.match(extDriver.obstacle?.(casefolded(2)) ?? "", /does not know \(encoding flags 0x2\)/);
});

test.run();
