/** Restores that were killed, and disks that carry remains of other machines. Needs md and device mapper. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Layout } from "../../src/layout/types.ts";
import { cutAfter, effectsOf } from "../support/cut-plan.ts";
import { attachLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import {
  canVolumes,
  differencesAfterRestart,
  execute,
  ext4,
  type LoopDisk,
  layoutOf,
  lvm,
  partition,
  planOnto,
  releaseAll,
} from "../support/volume-lab.ts";

const MIB = 1 << 20;
const SIZE = 200 * MIB;
const TABLE = "label: dos\n1: start=2048, size=40960, type=fd\n2: start=43008, size=300000, type=fd\n";
const MIRROR = ["mdadm", "--create", "--run", "--level=1", "--raid-devices=2"];
const mounts: readonly [string, string][] = [
  ["lv:vg0/root", "/"],
  ["raid:md0", "/boot"],
];

/** Nothing is mounted, nothing runs. */
async function switchOff(targets: readonly LoopDisk[], root: string): Promise<void> {
  sh(["sh", "-c", `! mountpoint -q ${root} || umount -R ${root}`]);
  await releaseAll(targets);
}

/**
 * A machine with /boot on a mirror and the root in LVM on another one, taken down again; runs `use` with two blank
 * disks.
 */
async function withMachine(
  use: (layout: Layout, targets: readonly LoopDisk[], root: string) => Promise<void>,
): Promise<void> {
  const place = scratch();
  const root = `${place.path}/restore`;
  const attach = (what: string) => [0, 1].map((at) => attachLoop(place.image(`${what}${at}`, SIZE)));
  try {
    const sources = attach("source");
    partition(sources, TABLE);
    const of = (part: number) => sources.map(({ path }) => `${path}p${part}`);
    sh([...MIRROR, "--metadata=1.0", "--name=boot", "/dev/md0", ...of(1)], "y\n");
    sh([...MIRROR, "--name=data", "/dev/md1", ...of(2)], "y\n");
    ext4("/dev/md0");
    lvm("vgcreate", "-q", "vg0", "/dev/md1");
    lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "60M", "vg0");
    lvm("lvcreate", "-q", "-y", "-n", "srv", "-L", "20M", "vg0");
    ext4("/dev/vg0/root");
    sh(["mkswap", "/dev/vg0/srv"]);
    const layout = await layoutOf(sources, mounts);
    await releaseAll(sources);
    for (const source of sources) source.detach();
    const targets = attach("target");
    try {
      await use(layout, targets, root);
    } finally {
      await switchOff(targets, root);
      for (const target of targets) target.detach();
    }
  } finally {
    place.remove();
  }
}

interface Remains {
  readonly name: string;
  readonly make: (disks: readonly LoopDisk[]) => void;
}

const remains: readonly Remains[] = [
  {
    name: "another machine's group of the same name on another array, in the same places",
    make(disks) {
      partition(disks, TABLE);
      const of = (part: number) => disks.map(({ path }) => `${path}p${part}`);
      sh([...MIRROR, "--name=other", "/dev/md7", ...of(2)], "y\n");
      sh(["wipefs", "-q", "-a", "/dev/md7"]);
      lvm("vgcreate", "-q", "-y", "-ff", "vg0", "/dev/md7");
      lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "30M", "vg0");
    },
  },
  {
    name: "a group of the same name on the bare disks",
    make(disks) {
      for (const { path } of disks) sh(["wipefs", "-q", "-a", path]);
      lvm("vgcreate", "-q", "-y", "-ff", "vg0", ...disks.map(({ path }) => path));
      lvm("lvcreate", "-q", "-y", "-n", "root", "-i", "2", "-L", "30M", "vg0");
      ext4("/dev/vg0/root");
    },
  },
  {
    name: "an array of the same name and number with a group of another name",
    make(disks) {
      for (const { path } of disks) sh(["wipefs", "-q", "-a", path]);
      sh(
        ["mdadm", "--create", "/dev/md0", "--run", "--level=0", "--raid-devices=2", "--name=boot"].concat(
          disks.map(({ path }) => path),
        ),
        "y\n",
      );
      lvm("vgcreate", "-q", "-y", "-ff", "vg9", "/dev/md0");
      lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "30M", "vg9");
    },
  },
];

async function restoresWhole(layout: Layout, targets: readonly LoopDisk[], root: string): Promise<void> {
  assert.equal(await execute(await planOnto(layout, targets, root), layout), []);
}

for (const { name, make } of remains) {
  needing(test, canVolumes())(`a restore onto disks that carry ${name} finishes, whether that runs or not`, () =>
    withMachine(async (layout, targets, root) => {
      for (const running of [true, false]) {
        make(targets);
        if (!running) await releaseAll(targets);
        await restoresWhole(layout, targets, root);
        assert.equal(await differencesAfterRestart(layout, targets, mounts), []);
        await releaseAll(targets);
      }
    }),
  );
}

needing(test, canVolumes())("a restore that was killed after any of its effects and started again finishes", () =>
  withMachine(async (layout, targets, root) => {
    const all = effectsOf(await planOnto(layout, targets, root)).length;
    assert.ok(all > 30, `${all} effects`);
    for (let count = 1; count < all; count++) {
      await execute(cutAfter(await planOnto(layout, targets, root), count), layout);
      // Every other time the machine was switched off meanwhile: nothing runs any more.
      if (count % 2 === 0) {
        await switchOff(targets, root);
      }
      if (count % 9 === 0) await restoresWhole(layout, targets, root);
    }
    await restoresWhole(layout, targets, root);
    assert.equal(await differencesAfterRestart(layout, targets, mounts), []);
  }),
);

test.run();
