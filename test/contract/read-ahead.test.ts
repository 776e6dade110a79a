import { basename, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Directories } from "../../src/archive/tree/directories.ts";
import { openDirectory } from "../../src/archive/tree/open-root.ts";
import { ReadAhead } from "../../src/archive/tree/read-ahead.ts";
import { toByteString } from "../../src/base/bytes.ts";
import { closeFd, type FileStat, openAt, statAt } from "../../src/host/fs-calls.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { Rotation } from "../../src/host/rotation.ts";
import { OpenFlag } from "../../src/host/syscalls.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";

const place = scratch();
test.after(place.remove);
const host = linuxHost();

const FILE_BYTES = 300_000;
const NAMES = ["first", "second", "third"].map(toByteString);

/** A new file system on a loop device of which the kernel says whether it turns; nothing of its files is in memory. */
async function onDisk(type: string, turns: boolean, look: (root: string) => Promise<void>): Promise<void> {
  const root = join(place.path, `${type}-${turns}`);
  const loop = attachLoop(place.image(`${type}-${turns}.img`, 320 << 20));
  host.makeDirectory(root);
  try {
    host.poke(`/sys/block/${basename(loop.path)}/queue/rotational`, turns ? "1" : "0");
    sh([`mkfs.${type}`, "-q", loop.path]);
    sh(["mount", loop.path, root]);
    for (const name of NAMES) host.write(join(root, name), "x".repeat(FILE_BYTES));
    sh(["umount", root]);
    sh(["mount", loop.path, root]);
    await look(root);
  } finally {
    host.unmount(root);
    loop.detach();
  }
}

function inMemory(root: string): number[] {
  const bytesOf = (name: string) => sh(["fincore", "--bytes", "--noheadings", "--output", "RES", join(root, name)]);
  return NAMES.map((name) => Number(bytesOf(name)));
}

/** What is in memory of each file, at the latest after two seconds in which that was less than all. */
async function settled(root: string): Promise<number[]> {
  for (let tries = 0; tries < 100; tries++) {
    if (inMemory(root).every((bytes) => bytes >= FILE_BYTES)) break;
    await Bun.sleep(20);
  }
  return inMemory(root);
}

function withFiles(root: string, use: (rootFd: number, stats: readonly FileStat[], ahead: ReadAhead) => void): void {
  const rootFd = openDirectory(root);
  const directories = new Directories(rootFd);
  const stats = NAMES.map((name) => statAt(rootFd, name)).filter((stat) => typeof stat === "object");
  assert.is(stats.length, NAMES.length);
  use(rootFd, stats, new ReadAhead(directories));
  directories.close();
  closeFd(rootFd);
}

const askForAll = (root: string) =>
  withFiles(root, (_, stats, ahead) => {
    for (const [index, stat] of stats.entries()) ahead.add(NAMES[index] ?? toByteString(""), stat);
    ahead.run();
  });

// btrfs has no device number of its own.
for (const type of ["ext4", "btrfs"]) {
  needing(test, canLoop())(`the files of a batch are read ahead from ${type} on a disk that turns`, () =>
    onDisk(type, true, async (root) => {
      assert.ok(new Rotation().isAny());
      assert.ok(inMemory(root).every((bytes) => bytes === 0));
      askForAll(root);
      assert.ok((await settled(root)).every((bytes) => bytes >= FILE_BYTES));
    }),
  );
}

needing(test, canLoop())("from a disk that doesn't turn nothing is", () =>
  onDisk("ext4", false, async (root) => {
    withFiles(root, (_, [stat]) => assert.not.ok(new Rotation().of(`${stat?.devMajor}:${stat?.devMinor}`)));
    askForAll(root);
    assert.equal(inMemory(root), [0, 0, 0]);
  }),
);

needing(test, canLoop())("of a large file the ranges are that a Worker is about to read", () =>
  onDisk("xfs", true, async (root) => {
    withFiles(root, (rootFd, [stat], ahead) => {
      const fd = openAt(rootFd, NAMES[0] ?? toByteString(""), OpenFlag.read);
      if (stat) ahead.ranges(fd, stat, [0, 4096, 8192, FILE_BYTES]);
      closeFd(fd);
    });
    for (let tries = 0; tries < 100 && (inMemory(root)[0] ?? 0) < FILE_BYTES - 8192; tries++) await Bun.sleep(20);
    const [first = 0, ...others] = inMemory(root);
    assert.ok(first >= FILE_BYTES - 8192);
    assert.equal(others, [0, 0]);
  }),
);

test.run();
