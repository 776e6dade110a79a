/**
 * Volumes that are started to be looked at: not a byte of their disks changes but what is told here. Needs md and
 * device mapper.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Secret } from "../../src/base/secret.ts";
import { filesystemDriver } from "../../src/drivers/fs/filesystem-drivers.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { type Layout, nodesOf } from "../../src/layout/types.ts";
import { activateVolumes } from "../../src/run/activate.ts";
import { attachLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import { canVolumes, ext4, KEY, type LoopDisk, layoutOf, lvm, makeLuks2, releaseAll } from "../support/volume-lab.ts";

const MIB = 1 << 20;
const BLOCK = 65_536;
const host = linuxHost();

interface Case {
  readonly name: string;
  readonly disks: number;
  readonly make: (disks: readonly string[]) => void;
  /** MiB of each disk. */
  readonly size: number;
  /** The volume with the file system that is mounted when the power goes. */
  readonly volume: string;
  /** Bytes at the start of each disk that its own programs may note things in; none where absent. */
  readonly noted?: readonly number[];
}

/** LVM's own, and behind that the metadata of the first cache volume on a disk, as large as LVM makes the smallest. */
const RECORDS = 9 * MIB;

/** A volume on the one disk, and what shall be its cache on the other. */
function makeCached(group: string, slow: string, fast: string): void {
  lvm("vgcreate", "-q", group, slow, fast);
  lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "60M", group, slow);
  lvm("lvcreate", "-q", "-y", "-n", "fast", "-L", "32M", group, fast);
}

const cases: readonly Case[] = [
  {
    name: "LVM on a mirror",
    disks: 2,
    size: 140,
    // The superblock of metadata 1.2 and the bitmap behind it.
    noted: [BLOCK, BLOCK],
    make(disks) {
      const words = ["--run", "--level=1", "--raid-devices=2", "--bitmap=internal", "--assume-clean"];
      sh(["mdadm", "--create", "/dev/md3", ...words, ...disks], "y\n");
      lvm("vgcreate", "-q", "vgquiet", "/dev/md3");
      lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "60M", "vgquiet");
      ext4("/dev/vgquiet/root");
    },
    volume: "lv:vgquiet/root",
  },
  {
    name: "XFS on LVM in LUKS2",
    disks: 1,
    size: 360,
    make([disk = ""]) {
      makeLuks2(disk, "quiet-crypt");
      lvm("vgcreate", "-q", "vgcalm", "/dev/mapper/quiet-crypt");
      lvm("lvcreate", "-q", "-y", "-n", "root", "-l", "100%FREE", "vgcalm");
      sh(["mkfs.xfs", "-q", "-f", "/dev/vgcalm/root"]);
    },
    volume: "lv:vgcalm/root",
  },
  {
    name: "a volume behind a write-back cache",
    disks: 2,
    size: 100,
    // What the cache still holds for the slow disk, the kernel writes there when it likes.
    noted: [Number.POSITIVE_INFINITY, RECORDS],
    make([slow = "", fast = ""]) {
      makeCached("vgcached", slow, fast);
      const words = ["--type", "cache", "--cachevol", "fast", "--cachemode", "writeback"];
      lvm("lvconvert", "-q", "-y", ...words, "vgcached/root");
      ext4("/dev/vgcached/root");
    },
    volume: "lv:vgcached/root",
  },
  {
    name: "a volume behind a write cache",
    disks: 2,
    size: 100,
    noted: [0, RECORDS],
    make([slow = "", fast = ""]) {
      makeCached("vgwritten", slow, fast);
      lvm("lvchange", "-q", "-an", "vgwritten/root", "vgwritten/fast");
      lvm("lvconvert", "-q", "-y", "--type", "writecache", "--cachevol", "fast", "vgwritten/root");
      lvm("lvchange", "-q", "-ay", "vgwritten/root");
      ext4("/dev/vgwritten/root");
    },
    volume: "lv:vgwritten/root",
  },
];

/** A digest of each 64 KiB. */
function digests(path: string): readonly string[] {
  const bytes = readFileSync(path);
  const starts = Array.from({ length: Math.ceil(bytes.length / BLOCK) }, (_, index) => index * BLOCK);
  return starts.map((from) =>
    createHash("sha256")
      .update(bytes.subarray(from, from + BLOCK))
      .digest("hex"),
  );
}

/** Where blocks differ, in bytes from the start of the disk. */
const changedAt = (before: readonly string[], after: readonly string[]) =>
  after.flatMap((digest, index) => (digest === before[index] ? [] : [index * BLOCK]));

/** Mounts as `mondo` compares: a journal with changes still to be made stays as it is. */
function lookInto(layout: Layout, at: string): string {
  const [mount] = nodesOf(layout, "mount");
  const fs = nodesOf(layout, "filesystem").find((node) => node.id === mount?.of);
  const volume = nodesOf(layout, "logical-volume").find((node) => node.id === fs?.on);
  const type = fs?.type ?? "";
  const [options = ""] = filesystemDriver(type)?.readOnlyOptions?.(type) ?? [];
  host.mount({ source: volume?.path ?? "", target: at, type: fs?.type ?? "", flags: ["readOnly"], data: options });
  const found = host.list(at).join(" ");
  host.unmount(at);
  return found;
}

for (const { name, disks, size, make, volume, noted = [] } of cases) {
  needing(test, canVolumes())(
    `activateVolumes() and a look into ${name}, switched off while it was written to, change nothing that they may not`,
    async () => {
      const place = scratch();
      const at = `${place.path}/at`;
      mkdirSync(at);
      const files = Array.from({ length: disks }, (_, index) => place.image(`disk${index}`, size * MIB));
      const copies = files.map((file) => `${file}-copy`);
      const sources = files.map((file) => attachLoop(file));
      let found: LoopDisk[] = [];
      try {
        make(sources.map(({ path }) => path));
        const layout = await layoutOf(sources, [[volume, "/"]]);
        const path = nodesOf(layout, "logical-volume").find((node) => node.id === volume)?.path ?? "";
        sh(["mount", path, at]);
        writeFileSync(`${at}/one`, "1".repeat(100_000));
        // Frozen, the journal is empty: what comes before is in its place, what comes after in the journal alone.
        for (const way of ["--freeze", "--unfreeze"]) sh(["fsfreeze", way, at]);
        writeFileSync(`${at}/two`, "2");
        sh(["sync", `${at}/two`]);
        // The power goes: what is on the disks now is all that there is.
        for (const source of sources) sh(["blockdev", "--flushbufs", source.path]);
        for (const [index, file] of files.entries()) copyFileSync(file, copies[index] ?? "");
        sh(["umount", at]);
        await releaseAll(sources);
        for (const source of sources) source.detach();
        found = copies.map((file) => attachLoop(file));
        const before = copies.map(digests);
        await activateVolumes(host, layout, { loops: true, give: async () => Secret.ofText(KEY) });
        assert.match(lookInto(layout, at), /one/);
        await releaseAll(found);
        for (const disk of found) sh(["blockdev", "--flushbufs", disk.path]);
        sh(["sync"]);
        const changed = copies.map((file, index) => changedAt(before[index] ?? [], digests(file)));
        assert.equal(
          changed.map((places, disk) => places.filter((at) => at >= (noted[disk] ?? 0))),
          copies.map(() => []),
        );
      } finally {
        await releaseAll(found);
        for (const disk of found) disk.detach();
        place.remove();
      }
    },
  );
}

test.run();
