/**
 * Arrays with partition tables of their own, restored onto blank disks of the same and of other sizes. Needs md and
 * device mapper.
 */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Layout, type LayoutNode, nodesOf } from "../../src/layout/types.ts";
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
const LVM = "E6D6D379-F507-44C2-A23C-238F2A3DF928";
const BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649";

interface Case {
  readonly name: string;
  readonly disks: readonly number[];
  /** MiB of the disks that it is restored onto besides equal ones. */
  readonly other?: readonly number[];
  /** sfdisk's input for every disk; absent: the array takes the whole disks. */
  readonly script?: string;
  readonly make: (disks: readonly string[]) => void;
  readonly mounts: readonly [string, string][];
}

/** Gives an array a table; opening it makes the kernel look. */
function tableOn(array: string, script: string): void {
  sh(["sfdisk", "-q", array], script);
  sh(["blockdev", "--rereadpt", array]);
}

const cases: readonly Case[] = [
  {
    name: "a GPT on a RAID1 of whole disks with metadata 1.0, so that each disk shows the table, too",
    disks: [300, 300],
    other: [220, 260],
    make(disks) {
      const words = ["--level=1", "--raid-devices=2", "--metadata=1.0", "--homehost=old", "--name=boot"];
      sh(["mdadm", "--create", "/dev/md126", "--run", "--bitmap=internal", ...words, ...disks], "y\n");
      tableOn(
        "/dev/md126",
        `label: gpt\n1: size=2048, type=${BIOS_BOOT}\n3: start=8192, size=100000, name="boot", attrs="LegacyBIOSBootable"\n2: start=108544, size=480000, type=${LVM}\n`,
      );
      ext4("/dev/md126p3");
      lvm("vgcreate", "-q", "-s", "1M", "vgarray", "/dev/md126p2");
      lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "150M", "vgarray");
      ext4("/dev/vgarray/root");
    },
    mounts: [
      ["lv:vgarray/root", "/"],
      ["part:md126p3", "/boot"],
    ],
  },
  {
    name: "an MBR with logical partitions on a RAID10 of partitions",
    disks: [160, 160, 160, 160],
    script: "label: gpt\n1: start=2048, size=4096\n2: start=6144, size=300000\n",
    make(disks) {
      const words = ["--level=10", "--raid-devices=4", "--chunk=64K", "--bitmap=none"];
      sh(["mdadm", "--create", "/dev/md7", "--run", ...words, ...disks.map((disk) => `${disk}p2`)], "y\n");
      tableOn(
        "/dev/md7",
        "label: dos\n1: start=2048, size=200000, bootable\n2: start=204800, size=380000, type=5\n5: start=206848, size=40000, type=82\n6: start=249856, size=320000\n",
      );
      sh(["mkswap", "/dev/md7p5"]);
      ext4("/dev/md7p1");
      ext4("/dev/md7p6");
    },
    mounts: [
      ["part:md7p6", "/"],
      ["part:md7p1", "/boot"],
    ],
  },
  {
    name: "a GPT on a RAID1 with metadata 0.90, and one on a RAID0",
    disks: [120, 120, 120, 120],
    make([one = "", two = "", three = "", four = ""]) {
      const words = ["--raid-devices=2", "--metadata=0.90"];
      sh(["mdadm", "--create", "/dev/md0", "--run", "--level=1", "--bitmap=none", ...words, one, two], "y\n");
      sh(["mdadm", "--create", "/dev/md1", "--run", "--level=0", "--raid-devices=2", three, four], "y\n");
      for (const array of ["/dev/md0", "/dev/md1"]) tableOn(array, "label: gpt\n1: start=2048, size=180000\n");
      ext4("/dev/md0p1");
      ext4("/dev/md1p1");
    },
    mounts: [
      ["part:md0p1", "/"],
      ["part:md1p1", "/srv"],
    ],
  },
];

type Place = ReturnType<typeof scratch>;

const attach = (place: Place, what: string, sizes: readonly number[]) =>
  sizes.map((size, at) => attachLoop(place.image(`${what}${at}`, size * MIB)));

/** What sfdisk and mdadm say of the arrays, without the names of their members. */
function described(layout: Layout): string[] {
  return nodesOf(layout, "raid").flatMap(({ path }) => {
    const detail = sh(["mdadm", "--detail", "--export", path]).split("\n");
    return [sh(["sfdisk", "-d", path]), ...detail.filter((line) => !/^MD_DEVICE_/.test(line))];
  });
}

/** Nearly empty file systems. */
function withUsage(layout: Layout): Layout {
  const nodes = layout.nodes.map((node): LayoutNode => {
    if (node.kind !== "filesystem") return node;
    return { ...node, usedBytes: 12 * MIB + Math.floor(node.sizeBytes * 0.03), usedInodes: 100 };
  });
  return { ...layout, nodes };
}

/** What the restored root holds. */
function readBack(layout: Layout, at: string): string {
  const root = nodesOf(layout, "mount").find((mount) => mount.path === "/");
  const fs = nodesOf(layout, "filesystem").find((node) => node.id === root?.of);
  const device = layout.nodes.find((node) => node.id === fs?.on);
  sh(["mount", "-o", "ro", device && "path" in device ? device.path : "", at]);
  try {
    return readFileSync(`${at}/etc/hello`, "utf8");
  } finally {
    sh(["umount", at]);
  }
}

/** A restart: nothing runs, and the kernel has made partitions of each disk that shows a table. */
async function restart(targets: readonly LoopDisk[]): Promise<void> {
  await releaseAll(targets);
  for (const { path } of targets) sh(["blockdev", "--rereadpt", path]);
}

/** Makes all of it on blank disks, looks at it after a restart, and says what the arrays are then. */
async function restoreOnto(layout: Layout, sizes: readonly number[], mounts: Case["mounts"]): Promise<string[]> {
  const place = scratch();
  const targets = attach(place, "target", sizes);
  const root = `${place.path}/restore`;
  try {
    const plan = await planOnto(layout, targets, root, () => 0);
    assert.equal(await execute(plan, plan.layout), [], `${sizes}`);
    await restart(targets);
    assert.equal(await differencesAfterRestart(plan.layout, targets, mounts), [], `${sizes}`);
    assert.is(readBack(layout, root), "hello");
    return described(layout);
  } finally {
    await releaseAll(targets);
    for (const target of targets) target.detach();
    place.remove();
  }
}

for (const { name, disks, other, script, make, mounts } of cases) {
  needing(test, canVolumes())(
    `a restore makes partitioned arrays again, and fits them to other disks: ${name}`,
    async () => {
      const place = scratch();
      const sources = attach(place, "source", disks);
      let layout: Layout = { version: 1, nodes: [] };
      let before: string[] = [];
      try {
        if (script !== undefined) partition(sources, script);
        make(sources.map((source) => source.path));
        sh(["sync"]);
        layout = withUsage(await layoutOf(sources, mounts));
        assert.equal(nodesOf(layout, "unsupported"), []);
        before = described(layout);
      } finally {
        await releaseAll(sources);
        for (const source of sources) source.detach();
        place.remove();
      }
      assert.equal(await restoreOnto(layout, disks, mounts), before);
      if (other) assert.not.equal(await restoreOnto(layout, other, mounts), before);
    },
  );
}

test.run();
