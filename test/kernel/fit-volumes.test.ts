/**
 * Arrays and volume groups restored onto disks of other sizes: everything in them gets another size, and is what the
 * plan says.
 */
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
  layoutOf,
  lvm,
  partition,
  planOnto,
  releaseAll,
} from "../support/volume-lab.ts";

const MIB = 1 << 20;
const RAID = "A19D880F-05FC-4D3B-A006-743F0F84911E";

interface Case {
  readonly name: string;
  readonly disks: readonly number[];
  /** MiB of the disks that it is restored onto, one list for each try. */
  readonly targets: readonly (readonly number[])[];
  readonly script?: string;
  readonly make: (disks: readonly string[]) => void;
  readonly mounts: readonly [string, string][];
}

const cases: readonly Case[] = [
  {
    name: "LVM on a RAID1 of partitions",
    disks: [600, 600],
    targets: [
      [360, 360],
      [360, 600],
      [1000, 800],
    ],
    script: `label: gpt\n1: start=2048, size=200000, type=${RAID}\n2: start=204800, size=1000000, type=${RAID}\n`,
    make(disks) {
      const of = (part: number) => disks.map((disk) => `${disk}p${part}`);
      const create = ["mdadm", "--create", "--run", "--level=1", "--raid-devices=2", "--homehost=old"];
      sh([...create, "--metadata=1.0", "--name=boot", "/dev/md0", ...of(1)], "y\n");
      sh([...create, "--bitmap=internal", "/dev/md1", ...of(2)], "y\n");
      ext4("/dev/md0");
      lvm("vgcreate", "-q", "-s", "2M", "test-vg", "/dev/md1");
      lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "200M", "test-vg");
      lvm("lvcreate", "-q", "-y", "-n", "swap", "-L", "32M", "test-vg");
      lvm("lvcreate", "-q", "-y", "-n", "home", "-L", "100M", "test-vg");
      lvm("lvextend", "-q", "-L", "250M", "test-vg/root");
      ext4("/dev/test-vg/root");
      ext4("/dev/test-vg/home");
      sh(["mkswap", "/dev/test-vg/swap"]);
    },
    mounts: [
      ["lv:test-vg/root", "/"],
      ["raid:md0", "/boot"],
      ["lv:test-vg/home", "/home"],
    ],
  },
  {
    name: "a volume group on two whole disks, a volume across both",
    disks: [400, 400],
    targets: [
      [260, 260],
      [200, 500],
      [900, 400],
    ],
    make(disks) {
      lvm("vgcreate", "-q", "across", ...disks);
      lvm("lvcreate", "-q", "-y", "-n", "long", "-l", "120", "across");
      lvm("lvcreate", "-q", "-y", "-n", "short", "-l", "40", "across");
      ext4("/dev/across/long");
      ext4("/dev/across/short");
    },
    mounts: [
      ["lv:across/long", "/"],
      ["lv:across/short", "/srv"],
    ],
  },
  {
    name: "mirrored and striped volumes, which stay, beside a linear one, which grows",
    disks: [300, 300],
    targets: [[500, 500]],
    make(disks) {
      lvm("vgcreate", "-q", "mixed", ...disks);
      lvm("lvcreate", "-q", "-y", "--type", "raid1", "-m", "1", "-n", "mirror", "-L", "80M", "mixed");
      lvm("lvcreate", "-q", "-y", "-n", "plain", "-L", "60M", "mixed");
      lvm("lvcreate", "-q", "-y", "-n", "striped", "-i", "2", "-L", "40M", "mixed");
      for (const name of ["mirror", "plain", "striped"]) ext4(`/dev/mixed/${name}`);
    },
    mounts: [
      ["lv:mixed/mirror", "/"],
      ["lv:mixed/plain", "/srv"],
      ["lv:mixed/striped", "/var"],
    ],
  },
  {
    name: "a cached volume, which gets another size behind its cache, on disks of which the fast one grows, too",
    disks: [400, 100],
    targets: [
      [260, 100],
      [700, 300],
    ],
    make([slow = "", fast = ""]) {
      lvm("vgcreate", "-q", "quick", slow, fast);
      lvm("lvcreate", "-q", "-y", "-n", "data", "-L", "200M", "quick", slow);
      lvm("lvcreate", "-q", "-y", "-n", "plain", "-L", "100M", "quick", slow);
      lvm("lvextend", "-q", "-L", "240M", "quick/data", slow);
      lvm("lvcreate", "-q", "-y", "-n", "store", "-L", "40M", "quick", fast);
      lvm("lvconvert", "-q", "-y", "--type", "cache", "--cachevol", "store", "--cachemode", "writeback", "quick/data");
      ext4("/dev/quick/data");
      ext4("/dev/quick/plain");
    },
    mounts: [
      ["lv:quick/data", "/"],
      ["lv:quick/plain", "/srv"],
    ],
  },
  {
    name: "RAID5 of whole disks with a spare, XFS on it",
    disks: [700, 700, 700, 700],
    targets: [
      [450, 450, 450, 450],
      [1100, 1000, 900, 1100],
    ],
    make(disks) {
      const create = ["mdadm", "--create", "/dev/md5", "--run", "--level=5", "--raid-devices=3", "--spare-devices=1"];
      sh([...create, "--chunk=64K", "--data-offset=4M", ...disks], "y\n");
      sh(["mkfs.xfs", "-q", "-f", "/dev/md5"]);
    },
    mounts: [["raid:md5", "/"]],
  },
  {
    name: "RAID10 with far copies, and RAID0, in partitions of an MBR",
    disks: [700, 700],
    targets: [
      [400, 400],
      [1000, 1000],
    ],
    script: "label: dos\n1: start=2048, size=600000, type=fd\n2: start=604160, size=800000, type=fd\n",
    make(disks) {
      const of = (part: number) => disks.map((disk) => `${disk}p${part}`);
      const far = ["--level=10", "--layout=f2", "--raid-devices=2", "--bitmap=none"];
      sh(["mdadm", "--create", "/dev/md126", "--run", ...far, ...of(1)], "y\n");
      const none = ["--level=0", "--raid-devices=2", "--metadata=1.1", "--chunk=128K"];
      sh(["mdadm", "--create", "/dev/md127", "--run", ...none, ...of(2)], "y\n");
      ext4("/dev/md126");
      ext4("/dev/md127");
    },
    mounts: [
      ["raid:md127", "/"],
      ["raid:md126", "/srv"],
    ],
  },
];

/** The layout of a machine whose file systems are nearly empty. */
function withUsage(layout: Layout): Layout {
  const nodes = layout.nodes.map((node): LayoutNode => {
    if (node.kind !== "filesystem") return node;
    const overhead = node.type === "xfs" ? 70 * MIB : 16 * MIB;
    return { ...node, usedBytes: overhead + Math.floor(node.sizeBytes * 0.03), usedInodes: 100 };
  });
  return { ...layout, nodes };
}

type Place = ReturnType<typeof scratch>;

const attach = (place: Place, sizes: readonly number[]) =>
  sizes.map((size, at) => attachLoop(place.image(`disk${at}`, size * MIB)));

/** Makes all of it on blank disks and looks at it, before and after a restart. */
async function restoreOnto(layout: Layout, sizes: readonly number[], mounts: Case["mounts"]): Promise<void> {
  const place = scratch();
  const targets = attach(place, sizes);
  try {
    const plan = await planOnto(layout, targets, `${place.path}/restore`, () => 0);
    assert.not.equal(plan.layout, layout, `${sizes}: something has another size`);
    assert.equal(await execute(plan, plan.layout), [], `${sizes}`);
    assert.equal(await differencesAfterRestart(plan.layout, targets, mounts), [], `${sizes}`);
    const volumes = [...nodesOf(layout, "raid"), ...nodesOf(layout, "logical-volume")];
    for (const { id, path } of volumes) {
      if (nodesOf(layout, "filesystem").some((fs) => fs.on === id && fs.type === "ext4")) sh(["e2fsck", "-fn", path]);
    }
  } finally {
    await releaseAll(targets);
    for (const target of targets) target.detach();
    place.remove();
  }
}

for (const { name, disks, targets: tries, script, make, mounts } of cases) {
  needing(test, canVolumes())(`a restore onto disks of other sizes makes what the plan says: ${name}`, async () => {
    const place = scratch();
    let layout: Layout = { version: 1, nodes: [] };
    const sources = attach(place, disks);
    try {
      if (script !== undefined) partition(sources, script);
      make(sources.map((source) => source.path));
      sh(["sync"]);
      layout = withUsage(await layoutOf(sources, mounts));
    } finally {
      await releaseAll(sources);
      for (const source of sources) source.detach();
      place.remove();
    }
    for (const sizes of tries) await restoreOnto(layout, sizes, mounts);
  });
}

test.run();
