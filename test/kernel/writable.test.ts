/** Volumes that were started to be looked at are started to be written to. Needs md and device mapper. */
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { messageOf } from "../../src/base/errors.ts";
import { Secret } from "../../src/base/secret.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { activateVolumes } from "../../src/run/activate.ts";
import { attachLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import { canVolumes, ext4, KEY, layoutOf, lvm, makeLuks2, releaseAll } from "../support/volume-lab.ts";

const MIB = 1 << 20;
const host = linuxHost();
const give = async () => Secret.ofText(KEY);

needing(test, canVolumes())("an encrypted volume below LVM is opened again, but not while it is mounted", async () => {
  const place = scratch();
  const at = `${place.path}/at`;
  mkdirSync(at);
  const disk = attachLoop(place.image("disk", 100 * MIB));
  try {
    makeLuks2(disk.path, "later-crypt");
    lvm("vgcreate", "-q", "vglater", "/dev/mapper/later-crypt");
    lvm("lvcreate", "-q", "-y", "-n", "root", "-l", "100%FREE", "vglater");
    ext4("/dev/vglater/root");
    const layout = await layoutOf([disk], [["lv:vglater/root", "/"]]);
    await releaseAll([disk]);
    await activateVolumes(host, layout, { loops: true, give });
    assert.is(sh(["blockdev", "--getro", "/dev/mapper/later-crypt"]).trim(), "1");
    sh(["mount", "-o", "ro,noload", "/dev/vglater/root", at]);
    const error = await activateVolumes(host, layout, { loops: true, give, writable: true }).catch(messageOf);
    assert.match(String(error), /can't be stopped/);
    sh(["umount", at]);
    await activateVolumes(host, layout, { loops: true, give, writable: true });
    sh(["mount", "/dev/vglater/root", at]);
    writeFileSync(`${at}/file`, "written");
    sh(["umount", at]);
  } finally {
    await releaseAll([disk]);
    disk.detach();
    place.remove();
  }
});

needing(test, canVolumes())("a mirror that lacks a disk is looked at, and not written to", async () => {
  const place = scratch();
  const files = ["one", "two"].map((name) => place.image(name, 40 * MIB));
  let disks = files.map((file) => attachLoop(file));
  try {
    const words = ["--run", "--level=1", "--raid-devices=2", "--assume-clean"];
    sh(["mdadm", "--create", "/dev/md4", ...words, ...disks.map(({ path }) => path)], "y\n");
    ext4("/dev/md4");
    const layout = await layoutOf(disks, []);
    await releaseAll(disks);
    for (const disk of disks) disk.detach();
    disks = files.slice(0, 1).map((file) => attachLoop(file));
    const error = await activateVolumes(host, layout, { loops: true, writable: true }).catch(messageOf);
    assert.match(String(error), /\/dev\/md4 lacks 1 of its 2 members here/);
    assert.match(String(host.tryReadText("/sys/class/block/md4/md/array_state")), /^read/);
    sh(["mdadm", "--readwrite", "/dev/md4"]);
    await activateVolumes(host, layout, { loops: true, writable: true });
  } finally {
    await releaseAll(disks);
    for (const disk of disks) disk.detach();
    place.remove();
  }
});

test.run();
