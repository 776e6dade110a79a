/** What -E takes along: a cache goes alone, a volume with any of its disks, and never the root in silence. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { matchDisks } from "../../../src/layout/match.ts";
import { type Layout, nodesOf } from "../../../src/layout/types.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import { candidatesFrom } from "../../../src/probe/candidates.ts";
import type { Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { obstacles } from "../../../src/probe/obstacles.ts";

const machine = (name: string): Facts =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../machines", name, "facts.json"), "utf8"));
const without = (name: string, ...excludedDevices: string[]) =>
  layoutFrom(machine(name), { root: "/", excludedDevices });
const notesOf = (layout: Layout) => nodesOf(layout, "note").map(({ text }) => text);
const mounts = (layout: Layout) =>
  nodesOf(layout, "mount")
    .map(({ path }) => path)
    .sort();
const leftOut = (layout: Layout) =>
  nodesOf(layout, "left-out").map(({ path, why, holdsData }) => [path, why, holdsData]);

test("layoutFrom() without a disk that holds caches only keeps their volumes, and says what is given up", () => {
  const layout = without("bios-lvm-cache", "/dev/vdc");
  assert.equal(obstacles(layout), []);
  const volumes = nodesOf(layout, "logical-volume").map(({ path, segments, cache }) => [path, segments, cache]);
  assert.equal(volumes, [
    ["/dev/depot/srv", ["striped"], undefined],
    ["/dev/depot/home", ["striped"], undefined],
  ]);
  assert.equal(mounts(layout), ["/", "/boot", "/home", "/srv"]);
  assert.equal(notesOf(layout), [
    "the cache fast of /dev/depot/srv is given up: the disk /dev/vdc, which it lies on, is excluded (lvconvert makes a new one); no file was in it alone",
    "the cache faster of /dev/depot/home is given up: the disk /dev/vdc, which it lies on, is excluded (lvconvert makes a new one); no file was in it alone",
  ]);
  assert.equal(leftOut(layout), [["/dev/vdc", "it is excluded", true]]);
  const idle = { ...machine("bios-lvm-cache"), mountinfo: "", swaps: "" };
  const targets = matchDisks(layout, candidatesFrom(idle), []);
  const plan = planRestore(layout, targets, { set: "s", firmware: "bios", root: "/r" });
  assert.equal(
    plan.disks.map(({ path }) => path),
    ["/dev/vda", "/dev/vdb"],
  );
});

test("layoutFrom() without a disk with data leaves out what lies on it and on others, and says so of each", () => {
  const layout = without("bios-lvm-cache", "/dev/vdb");
  assert.equal(obstacles(layout), []);
  const why = "its volume lies on /dev/vdb, too, which is excluded";
  assert.equal(
    notesOf(layout),
    ["/srv", "/home"].map((path) => `${path} is not in the backup: ${why}`),
  );
  assert.equal(leftOut(layout), [
    ["/dev/vdb", "it is excluded", true],
    ["/dev/vdc", why, true],
  ]);
});

test("layoutFrom() refuses to leave the root out with one of several disks that it lies on, or with everything", () => {
  assert.equal(obstacles(without("bios-md-lvm", "/dev/vdc")), [
    "/ is the ext4 file system on /dev/dm-0 (its volume lies on /dev/vdc, too, which is excluded): a restore can't make it again",
  ]);
  assert.equal(obstacles(without("bios-gpt-ext4", "/dev/vda")), [
    "/ is the ext4 file system on /dev/vda5 (it is excluded): a restore can't make it again",
  ]);
  const layout = without("bios-lvm-cache", "/dev/vda");
  assert.match(obstacles(layout).join(), /^\/ is the ext4 file system on \/dev\/vda5 \(it is excluded\):[^,]*$/);
  assert.equal(mounts(layout), ["/home", "/srv"]);
});

test.run();
