import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { xfsDriver } from "../../../src/drivers/fs/xfs.ts";
import type { Filesystem } from "../../../src/layout/types.ts";
import { type Facts, replay } from "../../../src/probe/facts.ts";

const file = join(import.meta.dirname, "../../machines/uefi-gpt-xfs/facts.json");
const facts = JSON.parse(readFileSync(file, "utf8")) as Facts;
const INCOMPAT_OFFSET = 216;

/**
 * The recorded root with further bits among its incompatible features, as a tool of that version would make it again.
 */
function withFeatures(bits: number, toolVersion: string): Filesystem {
  const device = facts.devices.find(({ name }) => name === "nvme0n1p3");
  const superblock = new Uint8Array(512);
  superblock.set(replay(device?.reads ?? [])(0, 512));
  const view = new DataView(superblock.buffer);
  view.setUint32(INCOMPAT_OFFSET, view.getUint32(INCOMPAT_OFFSET) | bits);
  const found = xfsDriver.recognise((offset, length) => superblock.subarray(offset, offset + length));
  if (!found) throw new Error("no XFS");
  return { kind: "filesystem", id: "fs:x", on: "x", type: "xfs", ...found, details: { ...found.details, toolVersion } };
}

function words(fs: Filesystem): string[] {
  const [effect] = xfsDriver.make(fs, "/dev/x", []);
  const argv = effect?.do === "run" ? effect.argv : [];
  return ["-i", "-n"].map((option) => argv[argv.indexOf(option) + 1] ?? "");
}

const [EXCHANGE, PARENT, METADIR] = [0x40, 0x80, 0x100];

test("make() tells mkfs.xfs since 6.10 whether ranges are exchanged and parents are known, whatever its defaults are", () => {
  assert.equal(words(withFeatures(0, "mkfs.xfs version 6.18.0")), [
    "size=1024,maxpct=25,sparse=1,nrext64=0,exchange=0",
    "size=4096,ftype=1,parent=0",
  ]);
  assert.equal(words(withFeatures(EXCHANGE | PARENT, "mkfs.xfs version 6.10.1")), [
    "size=1024,maxpct=25,sparse=1,nrext64=0,exchange=1",
    "size=4096,ftype=1,parent=1",
  ]);
  assert.equal(words(withFeatures(0, "mkfs.xfs version 6.1.0")), [
    "size=1024,maxpct=25,sparse=1,nrext64=0",
    "size=4096,ftype=1",
  ]);
});

test("obstacle() names features that the tool, or this version, can't make", () => {
  assert.is(xfsDriver.obstacle?.(withFeatures(EXCHANGE | PARENT, "mkfs.xfs version 6.10.0")), undefined);
  assert.match(
    xfsDriver.obstacle?.(withFeatures(PARENT, "mkfs.xfs version 6.1.0")) ?? "",
    /the feature parent, which mkfs.xfs version 6.1.0 can't make \(6.10 can\)/,
  );
  assert.match(xfsDriver.obstacle?.(withFeatures(METADIR, "mkfs.xfs version 6.18.0")) ?? "", /incompat:0x100/);
});

test("recognise() of a file system without them says nothing of them, as sets of old do", () => {
  const { features } = withFeatures(0, "").details as { readonly features: object };
  assert.equal(
    Object.keys(features).filter((name) => name === "exchange" || name === "parent"),
    [],
  );
});

test.run();
