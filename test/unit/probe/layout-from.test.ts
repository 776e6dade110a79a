import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodesOf } from "../../../src/layout/types.ts";
import type { DeviceFacts, Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { obstacles } from "../../../src/probe/obstacles.ts";

const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../machines/bios-gpt-ext4/facts.json"), "utf8"),
) as Facts;
const choices = { root: "/", excludedDevices: [] };
const sizeBytes = 8 * 2 ** 30;

function device(name: string, devno: string, more: Partial<DeviceFacts> = {}): DeviceFacts {
  const shape = {
    readOnly: false,
    removable: false,
    rotational: false,
    logicalSectorBytes: 512,
    physicalSectorBytes: 512,
  };
  return {
    name,
    path: `/dev/${name}`,
    devno,
    sizeBytes,
    ...shape,
    holders: [],
    slaves: [],
    drivers: [],
    reads: [],
    ...more,
  };
}

function withDisk(extra: DeviceFacts | readonly DeviceFacts[], mounts: string, more: Partial<Facts> = {}): Facts {
  const devices = [...recorded.devices, ...[extra].flat()];
  return { ...recorded, devices, mountinfo: `${recorded.mountinfo.trimEnd()}\n${mounts}\n`, ...more };
}

/** The ext4 superblock of the recorded root, as the content of a whole disk. */
const ext4Reads = recorded.devices.find((d) => d.name === "vda5")?.reads ?? [];
const names = (facts: Facts, more = {}) =>
  nodesOf(layoutFrom(facts, { ...choices, ...more }), "disk").map((disk) => disk.path);
const mountAt = (path: string, devno = "8:16") => `99 1 ${devno} / ${path} rw - ext4 /dev/sdb rw`;

test("layoutFrom() leaves out a disk that is mounted by hand, and says why", () => {
  const facts = withDisk(device("sdb", "8:16", { reads: ext4Reads, serial: "B" }), mountAt("/mnt/stick"));
  assert.equal(names(facts), ["/dev/vda"]);
  const [left] = nodesOf(layoutFrom(facts), "left-out");
  assert.is(left?.why, "it is mounted at /mnt/stick, but not by /etc/fstab");
  assert.is(left?.serial, "B");
  assert.is(left?.receives, undefined);
});

test("layoutFrom() takes a disk that fstab mounts, unless the backup goes there", () => {
  const fstab = `${recorded.fstab}\n/dev/sdb /data ext4 defaults 0 2\n`;
  const facts = withDisk(device("sdb", "8:16", { reads: ext4Reads }), mountAt("/data"), { fstab });
  assert.equal(names(facts), ["/dev/vda", "/dev/sdb"]);
  assert.equal(names(facts, { outputs: ["/data/backups"] }), ["/dev/vda"]);
  const [left] = nodesOf(layoutFrom(facts, { ...choices, outputs: ["/data/backups"] }), "left-out");
  assert.is(left?.why, "the backup is written to it (/data/backups)");
  assert.is(left?.receives, "/data/backups");
});

test("layoutFrom() keeps the system's disk though the backup is written to it", () => {
  assert.equal(names(recorded, { outputs: ["/var/backups", "/boot"] }), ["/dev/vda"]);
});

test("layoutFrom() refuses what a mounted volume is made of, by the device below it", () => {
  const lvm = [{ offset: 512, length: 8, base64: Buffer.from("LABELONE").toString("base64") }];
  const pv = device("sdb", "8:16", { reads: lvm, holders: ["dm-0"] });
  const facts = withDisk([pv, device("dm-0", "252:0", { slaves: ["sdb"] })], mountAt("/home", "252:0"));
  assert.equal(obstacles(layoutFrom(facts)), [
    "/dev/sdb holds an LVM2 physical volume, which can't be rebuilt at a restore",
  ]);
  assert.equal(obstacles(layoutFrom(facts, { root: "/", excludedDevices: ["/dev/sdb"] })), []);
});

test("layoutFrom() refuses a mounted file system that no driver knows", () => {
  const facts = withDisk(device("sdb", "8:16"), "99 1 8:16 / /home rw - udf /dev/sdb rw");
  assert.match(obstacles(layoutFrom(facts)).join(), /\/dev\/sdb holds a file system of type udf \(mounted at \/home\)/);
});

test("layoutFrom() refuses a mounted file system whose superblock its driver doesn't recognise", () => {
  const facts = withDisk(device("sdb", "8:16"), "99 1 8:16 / /home rw - btrfs /dev/sdb rw");
  assert.match(obstacles(layoutFrom(facts)).join(), /\/dev\/sdb .* type btrfs .*superblock that is not understood/);
});

test("layoutFrom() refuses a root that lies nowhere, whatever other places are called, and once", () => {
  const rootLine = /^.* \/ \/ .*$/m;
  const place = "/home\\040(a\\040/)";
  const fstab = `${recorded.fstab}\n/dev/sdb ${place} btrfs defaults 0 0\n`;
  const facts = withDisk(device("sdb", "8:16"), `99 1 8:16 / ${place} rw - btrfs /dev/sdb rw`, { fstab });
  const nowhere = { ...facts, mountinfo: facts.mountinfo.replace(rootLine, "1 0 0:99 / / rw - overlay overlay rw") };
  const refused = (one: Facts) => nodesOf(layoutFrom(one), "unsupported").map(({ id }) => id);
  assert.equal(refused(nowhere), ["unsupported:sdb", "unsupported:root"]);
  const at = recorded.mountinfo.replace(rootLine, "1 0 8:16 / / rw - btrfs /dev/sdb rw");
  const odd = { ...withDisk(device("sdb", "8:16"), ""), mountinfo: at };
  assert.equal(refused(odd), ["unsupported:sdb"]);
});

test("layoutFrom() describes a mounted disk that can't be read by what the kernel says", () => {
  const facts = withDisk(device("sdb", "8:16", { unreadable: "read /dev/sdb: EPERM" }), mountAt("/home"));
  const layout = layoutFrom(facts);
  assert.equal(obstacles(layout), []);
  assert.equal(nodesOf(layout, "filesystem").at(-1)?.details, { assumed: true });
  assert.match(
    nodesOf(layout, "note")
      .map((note) => note.text)
      .join(),
    /can't be read/,
  );
});

test("layoutFrom() notes a file system of the set's disk that isn't mounted", () => {
  const facts = { ...recorded, mountinfo: recorded.mountinfo.replace(/^.* \/boot .*$/m, "") };
  assert.match(
    nodesOf(layoutFrom(facts), "note")
      .map((note) => note.text)
      .join(),
    /vda2 holds a file system \(ext2\) that isn't mounted/,
  );
});

test("layoutFrom() below another root sees the mounts there as its own", () => {
  const mountinfo = recorded.mountinfo.replaceAll(
    /^(\d+ \d+ 254:\d+ \/) (\/\S*) /gm,
    (_, head, path) => `${head} /srv/tree${path === "/" ? "" : path} `,
  );
  const layout = layoutFrom({ ...recorded, mountinfo }, { root: "/srv/tree", excludedDevices: [] });
  assert.equal(
    nodesOf(layout, "mount")
      .map((mount) => mount.path)
      .sort(),
    ["/", "/boot"],
  );
});

test.run();
