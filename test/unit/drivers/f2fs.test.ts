import { test } from "uvu";
import * as assert from "uvu/assert";
import { f2fsDriver } from "../../../src/drivers/fs/f2fs.ts";
import type { Filesystem } from "../../../src/layout/types.ts";

const CASEFOLD = 0x1000;

/** A superblock of 100 MiB in the words of linux/f2fs_fs.h. */
function filesystem(words: { features?: number; blockBits?: number; encodingFlags?: number }): Filesystem {
  const { features = 0, blockBits = 12, encodingFlags = 0 } = words;
  const bytes = new Uint8Array(1024 + 3072);
  const view = new DataView(bytes.buffer, 1024);
  view.setUint32(0, 0xf2f52010, true);
  view.setUint32(8, 9, true);
  view.setUint32(16, blockBits, true);
  view.setUint32(24, 1, true);
  view.setUint32(28, 1, true);
  view.setBigUint64(36, 25600n, true);
  view.setUint32(2180, features, true);
  view.setUint16(2758, features & CASEFOLD ? 1 : 0, true);
  view.setUint16(2760, encodingFlags, true);
  const found = f2fsDriver.recognise((offset, length) => bytes.subarray(offset, offset + length));
  if (!found) throw new Error("no F2FS");
  return { kind: "filesystem", id: "fs:x", on: "x", type: "f2fs", ...found };
}

function made(fs: Filesystem): string {
  const [effect] = f2fsDriver.make(fs, "/dev/x", []);
  return effect?.do === "run" ? effect.argv.join(" ") : "";
}

test("make() switches on what was on, and nothing else: mkfs.f2fs makes no feature that it isn't told of", () => {
  assert.match(made(filesystem({})), /^mkfs\.f2fs -f -q -w 512 -s 1 -z 1 -U \S+ \/dev\/x 204800$/);
  assert.match(made(filesystem({ features: 0x9 })), / -O encrypt,extra_attr -U /);
  assert.match(made(filesystem({ features: CASEFOLD })), / -O casefold -C utf8 -U /);
  assert.match(made(filesystem({ features: CASEFOLD, encodingFlags: 1 })), / -O casefold -C utf8:strict -U /);
});

test("obstacle() names what can't be made again", () => {
  const reason = (fs: Filesystem) => f2fsDriver.obstacle?.(fs);
  assert.is(reason(filesystem({ features: CASEFOLD, encodingFlags: 1 })), undefined);
  assert.match(reason(filesystem({ features: 0x4000 })) ?? "", /\(feature:0x4000\)$/);
  assert.match(reason(filesystem({ blockBits: 14 })) ?? "", /\(blocks of 16384 bytes\)$/);
  assert.match(reason(filesystem({ features: CASEFOLD, encodingFlags: 2 })) ?? "", /\(encoding flags 0x2\)$/);
});

test.run();
