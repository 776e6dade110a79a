/** Groups that are started to look for sets: what would write to its disk is left alone. Needs device mapper. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { linuxHost } from "../../src/host/linux.ts";
import { startVolumes } from "../../src/init/medium/start-volumes.ts";
import { attachLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import { canVolumes, ext4, type LoopDisk, lvm, releaseAll } from "../support/volume-lab.ts";

const MIB = 1 << 20;
const digest = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const isStarted = (name: string) =>
  sh(["dmsetup", "info", "-c", "--noheadings", "-o", "name"]).split("\n").includes(name);

needing(test, canVolumes())(
  "startVolumes() starts plain volumes alone, and not a byte of the disks changes",
  async () => {
    const place = scratch();
    const files = ["one", "two"].map((name) => place.image(name, 160 * MIB));
    let disks: LoopDisk[] = files.map((file) => attachLoop(file));
    try {
      const [first = "", second = ""] = disks.map(({ path }) => path);
      lvm("vgcreate", "-q", "vgfind", first, second);
      lvm("lvcreate", "-q", "-y", "-n", "backups", "-L", "40M", "vgfind");
      lvm("lvcreate", "-q", "-y", "--type", "raid1", "-m1", "--nosync", "-n", "pair", "-L", "16M", "vgfind");
      lvm("lvcreate", "-q", "-y", "--type", "thin-pool", "-n", "pool", "-L", "32M", "vgfind");
      lvm("lvcreate", "-q", "-y", "-V", "64M", "--thinpool", "pool", "-n", "thin", "vgfind");
      for (const name of ["backups", "pair", "thin"]) ext4(`/dev/vgfind/${name}`);
      await releaseAll(disks);
      for (const disk of disks) disk.detach();
      disks = files.map((file) => attachLoop(file));
      sh(["sync"]);
      const before = files.map(digest);
      const { left, stop } = await startVolumes(linuxHost(), () => {});
      assert.ok(isStarted("vgfind-backups"));
      assert.not.ok(isStarted("vgfind-pair"));
      assert.not.ok(isStarted("vgfind-thin"));
      assert.equal([...left].sort(), ["vgfind/pair", "vgfind/pool", "vgfind/thin"]);
      assert.match(sh(["dumpe2fs", "-h", "/dev/vgfind/backups"]), /Filesystem state/);
      await stop();
      assert.not.ok(isStarted("vgfind-backups"));
      for (const disk of disks) sh(["blockdev", "--flushbufs", disk.path]);
      assert.equal(files.map(digest), before);
    } finally {
      await releaseAll(disks);
      for (const disk of disks) disk.detach();
      place.remove();
    }
  },
);

test.run();
