import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FilesystemFacts } from "../../src/drivers/contracts.ts";
import { exfatDriver } from "../../src/drivers/fs/exfat.ts";
import { filesystemDriver, filesystemDrivers } from "../../src/drivers/fs/filesystem-drivers.ts";
import { swapDriver } from "../../src/drivers/fs/swap.ts";
import { vfatDriver } from "../../src/drivers/fs/vfat.ts";
import type { Effect } from "../../src/effects/effect.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Filesystem, Swap } from "../../src/layout/types.ts";
import { writeLabel } from "../../src/run/write-label.ts";
import { scratch, sh } from "../support/loop-disk.ts";

const MIB = 1 << 20;
const host = linuxHost();
const place = scratch();
test.after(place.remove);

function readerOf(file: string) {
  return (offset: number, length: number) => {
    const fd = openSync(file, "r");
    const buffer = new Uint8Array(length);
    const count = readSync(fd, buffer, 0, length, offset);
    closeSync(fd);
    return buffer.subarray(0, count);
  };
}

function recognise(file: string): { type: string; facts: FilesystemFacts } {
  for (const driver of filesystemDrivers) {
    const facts = driver.recognise(readerOf(file));
    if (facts) return { type: facts.type ?? driver.types[0] ?? "", facts };
  }
  throw new Error(`nothing recognised on ${file}`);
}

/** What must be the same again; of a btrfs device the UUID only since mkfs.btrfs can be told of it (6.5.3). */
function lasting({ usedBytes: _, ...facts }: FilesystemFacts): Omit<FilesystemFacts, "usedBytes"> {
  const { deviceUuid: __, ...details } = facts.details;
  return { ...facts, details };
}

/** What the probe tells a driver of its tool. */
function toolVersionOf(type: string): { toolVersion?: string } {
  const [tool, ...words] = filesystemDriver(type)?.toolVersion ?? [];
  if (tool === undefined) return {};
  const { stdout, stderr } = spawnSync(tool, words, { encoding: "utf8" });
  return { toolVersion: (stdout || stderr).trim().split("\n")[0] ?? "" };
}

const patch = (file: string, offset: number, bytes: Uint8Array) => host.writeAt(file, offset, bytes);

/** A FAT with a label that today's mkfs.fat doesn't make: as Windows and older tools wrote it. */
const fatLabelled =
  (width: string, label: string) =>
  (file: string): void => {
    sh(["mkfs.fat", "-F", width, "-n", "PLAIN", file]);
    for (const { offset, bytes } of vfatDriver.labelWrites?.(readerOf(file), label) ?? []) patch(file, offset, bytes);
  };

function run(effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (effect.do === "run") sh(effect.argv);
    else if (effect.do === "writeAt") patch(effect.path, effect.offset, Buffer.from(effect.base64, "base64"));
    else if (effect.do === "label") writeLabel(host, effect);
  }
}

/** Fills what a file system leaves to boot loaders, as one does: the same in a copy of the first sector. */
function fillBootAreas(file: string, type: string, { details }: FilesystemFacts): void {
  for (const [from, to] of filesystemDriver(type)?.bootAreas?.(details) ?? []) {
    const code = Uint8Array.from({ length: to - from }, (_, at) => (at * 37 + (from % 512)) % 251);
    // FAT wants a jump in its first bytes.
    patch(
      file,
      from,
      from % 512 === 0 && type === "vfat" ? Buffer.from([0xeb, 0x58, 0x90, ...code.subarray(3)]) : code,
    );
  }
}

interface Case {
  readonly name: string;
  readonly mebibytes: number;
  readonly make: (file: string) => void;
  readonly type: string;
}

const mke2fs =
  (...words: string[]) =>
  (file: string) =>
    void sh(["mke2fs", "-q", "-F", ...words, file]);
const cases: readonly Case[] = [
  { name: "ext4 by default", mebibytes: 200, type: "ext4", make: mke2fs("-t", "ext4", "-L", "root") },
  {
    name: "ext4 with 1 KiB blocks, without 64bit and checksums, with other reserves",
    mebibytes: 120,
    type: "ext4",
    make: mke2fs(
      "-t",
      "ext4",
      "-b",
      "1024",
      "-O",
      "^64bit,^metadata_csum,uninit_bg",
      "-m",
      "1",
      "-L",
      "odd name",
      "-e",
      "remount-ro",
    ),
  },
  {
    name: "ext4 with stripes, many inodes, projects and quotas",
    mebibytes: 256,
    type: "ext4",
    make: mke2fs(
      "-t",
      "ext4",
      "-i",
      "8192",
      "-I",
      "512",
      "-O",
      "quota,project,inline_data,orphan_file",
      "-E",
      "stride=16,stripe_width=64,quotatype=usrquota:prjquota",
      "-J",
      "size=8",
    ),
  },
  {
    name: "ext4 with bigalloc",
    mebibytes: 512,
    type: "ext4",
    make: mke2fs("-t", "ext4", "-O", "bigalloc", "-C", "65536"),
  },
  {
    name: "ext4 with meta_bg, flex groups of 4 and a checksum seed",
    mebibytes: 300,
    type: "ext4",
    make: mke2fs("-t", "ext4", "-O", "meta_bg,^resize_inode,metadata_csum_seed,large_dir", "-G", "4"),
  },
  { name: "ext4 with flex groups of 1", mebibytes: 300, type: "ext4", make: mke2fs("-t", "ext4", "-G", "1") },
  {
    name: "ext4 with a large area for fast commits",
    mebibytes: 300,
    type: "ext4",
    make: mke2fs("-t", "ext4", "-O", "fast_commit", "-J", "size=16,fast_commit_size=2048"),
  },
  {
    name: "ext4 with names in any case",
    mebibytes: 64,
    type: "ext4",
    make: mke2fs("-t", "ext4", "-O", "casefold", "-E", "encoding=utf8"),
  },
  {
    name: "ext4 with names in any case, if they are UTF-8",
    mebibytes: 64,
    type: "ext4",
    make: mke2fs("-t", "ext4", "-O", "casefold", "-E", "encoding=utf8,encoding_flags=strict"),
  },
  {
    name: "ext4 smaller than its device",
    mebibytes: 100,
    type: "ext4",
    make: (file) => void sh(["mke2fs", "-q", "-F", "-t", "ext4", file, "61m"]),
  },
  {
    name: "ext4 tuned afterwards",
    mebibytes: 64,
    type: "ext4",
    make(file) {
      sh(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", file]);
      sh([
        "tune2fs",
        "-o",
        "^acl,journal_data_writeback",
        "-c",
        "30",
        "-i",
        "60d",
        "-e",
        "panic",
        "-r",
        "123",
        "-E",
        "hash_alg=tea,mount_opts=noatime",
        file,
      ]);
    },
  },
  {
    name: "ext4 with several default mount options",
    mebibytes: 32,
    type: "ext4",
    make(file) {
      sh(["mke2fs", "-q", "-F", "-t", "ext4", file]);
      sh(["debugfs", "-w", "-R", "set_super_value mount_opts noatime,commit=10", file]);
    },
  },
  { name: "ext3", mebibytes: 100, type: "ext3", make: mke2fs("-t", "ext3", "-J", "size=4") },
  {
    name: "ext2 with 128-byte inodes",
    mebibytes: 64,
    type: "ext2",
    make: mke2fs("-t", "ext2", "-I", "128", "-L", "boot"),
  },
  {
    name: "XFS by default",
    mebibytes: 400,
    type: "xfs",
    make: (file) => void sh(["mkfs.xfs", "-q", "-L", "data", file]),
  },
  {
    name: "XFS as old as RHEL 7 makes it",
    mebibytes: 400,
    type: "xfs",
    make: (file) =>
      void sh([
        "mkfs.xfs",
        "-q",
        "-m",
        "crc=1,finobt=0,rmapbt=0,reflink=0,bigtime=0,inobtcount=0",
        "-i",
        "sparse=0,maxpct=10",
        "-l",
        "size=70m",
        file,
      ]),
  },
  {
    name: "XFS with every new feature, stripes and large inodes",
    mebibytes: 512,
    type: "xfs",
    make: (file) =>
      void sh([
        "mkfs.xfs",
        "-q",
        "-m",
        "rmapbt=1,reflink=1,bigtime=1",
        "-i",
        "size=1024,nrext64=1",
        "-d",
        "su=64k,sw=4,agcount=6",
        "-n",
        "size=8192",
        "-l",
        "su=32k",
        file,
      ]),
  },
  {
    name: "XFS version 4",
    mebibytes: 400,
    type: "xfs",
    make: (file) =>
      void sh([
        "mkfs.xfs",
        "-q",
        "-m",
        "crc=0,finobt=0,reflink=0,rmapbt=0,bigtime=0,inobtcount=0",
        "-n",
        "ftype=0",
        file,
      ]),
  },
  {
    name: "XFS with sectors of 4 KiB, as on RAID 5",
    mebibytes: 700,
    type: "xfs",
    make: (file) => void sh(["mkfs.xfs", "-q", "-s", "size=4096", "-d", "su=64k,sw=2", file]),
  },
  {
    name: "XFS with a stripe unit and no width",
    mebibytes: 700,
    type: "xfs",
    make(file) {
      sh(["mkfs.xfs", "-q", "-d", "su=64k,sw=1", file]);
      sh(["xfs_db", "-x", "-c", "sb 0", "-c", "write -d width 0", file]);
    },
  },
  {
    name: "small XFS",
    mebibytes: 100,
    type: "xfs",
    make: (file) => void sh(["mkfs.xfs", "-q", "--unsupported", "-l", "size=8m", file]),
  },
  {
    name: "btrfs by default",
    mebibytes: 300,
    type: "btrfs",
    make: (file) => void sh(["mkfs.btrfs", "-q", "-L", "pool ü", file]),
  },
  {
    name: "btrfs as old kernels read it, smaller than its device",
    mebibytes: 400,
    type: "btrfs",
    make: (file) =>
      void sh(
        ["mkfs.btrfs", "-q", "-O", "^no-holes,^extref", "-R", "^free-space-tree", "-n", "4096"].concat([
          ...["-m", "single", "-b", "300M"],
          file,
        ]),
      ),
  },
  {
    name: "btrfs with mixed block groups and other checksums",
    mebibytes: 300,
    type: "btrfs",
    make: (file) =>
      void sh(["mkfs.btrfs", "-q", "--mixed", "-m", "dup", "-d", "dup", "--csum", "blake2", "-n", "4096", file]),
  },
  {
    name: "F2FS by default",
    mebibytes: 200,
    type: "f2fs",
    make: (file) => void sh(["mkfs.f2fs", "-q", file]),
  },
  {
    name: "F2FS with every feature, larger sections and zones",
    mebibytes: 600,
    type: "f2fs",
    make: (file) =>
      void sh(
        ["mkfs.f2fs", "-q", "-l", "Flash ü", "-s", "2", "-z", "2", "-i", "-C", "utf8", "-O"].concat([
          "extra_attr,project_quota,inode_checksum,flexible_inline_xattr,quota,inode_crtime,lost_found,sb_checksum,compression",
          file,
        ]),
      ),
  },
  {
    name: "F2FS with names in any case, if they are UTF-8",
    mebibytes: 200,
    type: "f2fs",
    make: (file) => void sh(["mkfs.f2fs", "-q", "-C", "utf8:strict", file]),
  },
  {
    name: "exFAT",
    mebibytes: 300,
    type: "exfat",
    make: (file) => void sh(["mkfs.exfat", "-L", "Kärtchen", "-c", "64K", file]),
  },
  {
    name: "exFAT with half a surrogate pair and an emoji in its label",
    mebibytes: 40,
    type: "exfat",
    make(file) {
      sh(["mkfs.exfat", "-L", "x", file]);
      for (const { offset, bytes } of exfatDriver.labelWrites?.(readerOf(file), "a\ud83d 😀") ?? [])
        patch(file, offset, bytes);
    },
  },
  { name: "exFAT without a label", mebibytes: 40, type: "exfat", make: (file) => void sh(["mkfs.exfat", file]) },
  {
    name: "FAT32 ESP",
    mebibytes: 300,
    type: "vfat",
    make: (file) => void sh(["mkfs.fat", "-F", "32", "-n", "ESP", "-i", "DEADBEEF", file]),
  },
  {
    name: "FAT32 with sectors of 4 KiB",
    mebibytes: 300,
    type: "vfat",
    make: (file) => void sh(["mkfs.fat", "-F", "32", "-S", "4096", "-s", "1", "-n", "ESP4K", file]),
  },
  {
    name: "FAT16 with a lower-case label",
    mebibytes: 64,
    type: "vfat",
    make: (file) => void sh(["mkfs.fat", "-F", "16", "-s", "8", "-n", "boot", file]),
  },
  { name: "FAT12", mebibytes: 2, type: "vfat", make: (file) => void sh(["mkfs.fat", "-F", "12", "-r", "224", file]) },
];

for (const { name, mebibytes, make, type } of cases) {
  test(`make() of what recognise() saw gives the same again: ${name}`, () => {
    const [source, target] = [place.image("source", mebibytes * MIB), place.image("target", mebibytes * MIB)];
    make(source);
    const seen = recognise(source);
    assert.is(seen.type, type);
    const driver = filesystemDriver(type);
    assert.ok(driver);
    const details = { ...seen.facts.details, ...toolVersionOf(type) };
    const fs: Filesystem = { kind: "filesystem", id: "fs:x", on: "disk:x", ...seen.facts, type, details };
    assert.is(driver?.obstacle?.(fs), undefined);
    run(driver?.make(fs, target, []) ?? []);
    const made = recognise(target);
    assert.equal(lasting(made.facts), lasting(seen.facts));
    fillBootAreas(target, type, made.facts);
    assert.equal(
      lasting(recognise(target).facts),
      lasting(seen.facts),
      "what is left to boot loaders is nobody else's",
    );
    if (type.startsWith("ext")) sh(["e2fsck", "-fn", target]);
    if (type === "xfs") sh(["xfs_repair", "-n", target]);
    if (type === "btrfs") sh(["btrfs", "check", "--readonly", target]);
    if (type === "f2fs") sh(["fsck.f2fs", "--dry-run", target]);
    if (type === "exfat") sh(["fsck.exfat", "-n", target]);
    if (type === "vfat") sh(["fsck.fat", "-n", target]);
  });
}

for (const { name, mebibytes, make, type } of cases) {
  test(`make() of what resized() says gives exactly that, smaller and larger: ${name}`, () => {
    const source = place.image("source", mebibytes * MIB);
    make(source);
    const { facts: seen } = recognise(source);
    const facts = { ...seen, details: { ...seen.details, ...toolVersionOf(type) } };
    const driver = filesystemDriver(type);
    for (const [usedInodes, factor] of [
      ...[0.37, 0.62, 0.9003, 1.31, 3.7, 9].map((f) => [100, f] as const),
      [undefined, 0.62] as const,
    ]) {
      const counted = usedInodes === undefined ? {} : { usedInodes };
      const fs: Filesystem = { kind: "filesystem", id: "fs:x", on: "disk:x", ...facts, ...counted, type };
      const bytes = Math.floor((facts.sizeBytes * factor) / 4096) * 4096;
      if (type === "vfat" && factor < 0.9) continue; // Another number of clusters would make it another width.
      const wanted = driver?.resized?.(fs, bytes);
      if (!wanted) continue;
      assert.ok(wanted.sizeBytes <= Math.max(bytes, type === "vfat" ? fs.sizeBytes : 0), `${factor}`);
      assert.ok(factor > 1 || wanted.sizeBytes > bytes * 0.8, `${factor}: ${wanted.sizeBytes} of ${bytes}`);
      const target = place.image("target", Math.max(bytes, wanted.sizeBytes));
      run(driver?.make(wanted, target, []) ?? []);
      const made = recognise(target);
      const { toolVersion: _, ...details } = lasting(wanted).details;
      assert.equal(lasting(made.facts).details, details, `${factor}`);
      assert.is(made.facts.sizeBytes, wanted.sizeBytes);
      if (type.startsWith("ext")) sh(["e2fsck", "-fn", target]);
      if (type === "xfs") sh(["xfs_repair", "-n", target]);
      if (type === "btrfs") sh(["btrfs", "check", "--readonly", target]);
      if (type === "vfat") sh(["fsck.fat", "-n", target]);
    }
  });
}

test("make() of a FAT gives back every label, also those that mkfs.fat and fsck.fat don't like", () => {
  const labels = ["BOOT.EFI", "100%", "A+B,C", "DONN\udc90ES", "\udc84\udc80\udc8d", "=x", "Ünï", "\u0005bc", "a  b"];
  for (const [index, label] of labels.entries()) {
    const [source, target] = [place.image("source", 40 * MIB), place.image("target", 40 * MIB)];
    fatLabelled(index % 2 === 0 ? "32" : "16", label)(source);
    const { facts } = recognise(source);
    assert.is(facts.label, label);
    const fs: Filesystem = { kind: "filesystem", id: "fs:x", on: "disk:x", type: "vfat", ...facts };
    run(vfatDriver.make(fs, target, []));
    assert.equal(recognise(target).facts, facts);
    assert.equal(Buffer.from(readerOf(target)(0, 512)), Buffer.from(readerOf(source)(0, 512)));
  }
});

test("make() of a swap area without a UUID, with a label in Latin-1, that was hibernated to", () => {
  const [source, target] = [place.image("source", 16 * MIB), place.image("target", 16 * MIB)];
  sh(["mkswap", source]);
  patch(source, 1024 + 12, new Uint8Array(16));
  patch(source, 1024 + 28, Buffer.from("caf\xe9", "latin1"));
  patch(source, 4086, Buffer.from("S1SUSPEND\0"));
  const seen = swapDriver.recognise(readerOf(source));
  assert.equal(seen, { label: "caf\udce9", sizeBytes: 16 * MIB });
  run(swapDriver.make({ kind: "swap", id: "swap:x", on: "part:x", active: true, sizeBytes: 0, ...seen }, target));
  assert.equal(swapDriver.recognise(readerOf(target)), seen);
  assert.is(Buffer.from(readerOf(target)(4086, 10)).toString(), "SWAPSPACE2");
});

test("make() of a swap area keeps UUID and label", () => {
  const [source, target] = [place.image("source", 16 * MIB), place.image("target", 16 * MIB)];
  sh(["mkswap", "-L", "swap0", source]);
  const seen = swapDriver.recognise(readerOf(source));
  assert.is(seen?.label, "swap0");
  const swap: Swap = { kind: "swap", id: "swap:x", on: "part:x", active: true, sizeBytes: 0, ...seen };
  run(swapDriver.make(swap, target));
  assert.equal(swapDriver.recognise(readerOf(target)), seen);
});

test("recognise() of a file system with unknown features names them as an obstacle", () => {
  const file = place.image("source", 16 * MIB);
  sh(["mke2fs", "-q", "-F", "-t", "ext4", file]);
  sh(["debugfs", "-w", "-R", "set_super_value feature_incompat 0x80002c2", file]);
  const { facts } = recognise(file);
  const fs: Filesystem = { kind: "filesystem", id: "fs:x", on: "disk:x", type: "ext4", ...facts };
  assert.match(filesystemDriver("ext4")?.obstacle?.(fs) ?? "", /incompat:0x8000000/);
});

test("recognise() of random bytes is undefined and throws nothing", () => {
  for (let round = 0; round < 200; round++) {
    const bytes = crypto.getRandomValues(new Uint8Array(65536));
    if (round % 8 === 3) bytes.set([0x10, 0x20, 0xf5, 0xf2], 1024);
    if (round % 8 === 7) bytes.set(Buffer.from("EXFAT   "), 3);
    if (round % 4 === 0) bytes.set([0x53, 0xef], 1024 + 0x38);
    if (round % 4 === 1) bytes.set([0x58, 0x46, 0x53, 0x42], 0);
    if (round % 4 === 2) bytes.set([0x55, 0xaa], 510);
    for (const driver of filesystemDrivers)
      driver.recognise((offset, length) => bytes.subarray(offset, offset + length));
    swapDriver.recognise((offset, length) => bytes.subarray(offset, offset + length));
  }
});

test.run();
