/** Arrays and volume groups made by their own tools, taken down, and made again by a plan on other disks. Needs md and device mapper. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { compareLayouts } from "../../src/layout/compare.ts";
import { matchDisks } from "../../src/layout/match.ts";
import { type Layout, type LayoutNode, nodesOf } from "../../src/layout/types.ts";
import { planRestore } from "../../src/plan/plan.ts";
import { probeCandidates } from "../../src/probe/candidates.ts";
import { describeDisks } from "../../src/probe/describe-volumes.ts";
import { readFacts } from "../../src/probe/read-facts.ts";
import { activateVolumes } from "../../src/run/activate.ts";
import { executePlan } from "../../src/run/execute.ts";
import { releaseVolumes } from "../../src/run/release.ts";
import { verifyRestoredLayout } from "../../src/run/verify.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";

const MIB = 1 << 20;
const host = linuxHost();
const RAID = "A19D880F-05FC-4D3B-A006-743F0F84911E";

/** Whether this kernel has software RAID and device mapper (as a module or built in), and their tools are there. */
function canVolumes(): boolean {
  for (const module of ["md_mod", "dm_mod", "raid1"]) {
    try {
      execFileSync("modprobe", ["-q", module], { stdio: "ignore" });
    } catch {
      // Built in, or absent: the files below tell.
    }
  }
  return existsSync("/proc/mdstat") && existsSync("/sys/module/dm_mod") && canLoop();
}

async function layoutOf(paths: readonly string[], mounts: readonly [on: string, path: string][]): Promise<Layout> {
  const facts = await readFacts(host, "/", { loops: true });
  const disks = paths.flatMap((path) => facts.devices.filter((device) => device.path === path));
  const { nodes } = describeDisks(facts, disks);
  const layout: Layout = { version: 1, nodes };
  const mountNodes = mounts.map(([on, path]): LayoutNode => {
    const fs = nodesOf(layout, "filesystem").find((node) => node.on === on);
    if (!fs) throw new Error(`no file system on ${on}: ${JSON.stringify(nodes, null, 1)}`);
    return { kind: "mount", id: `mount:${path}`, of: fs.id, path, options: "rw", root: "/" };
  });
  return { version: 1, nodes: [...nodes, ...mountNodes] };
}

interface Case {
  readonly name: string;
  readonly disks: readonly number[];
  /** sfdisk's input for every disk. */
  readonly script?: string;
  readonly make: (disks: readonly string[]) => void;
  readonly mounts: readonly [string, string][];
}

const ext4 = (device: string) => sh(["mke2fs", "-q", "-F", "-t", "ext4", device]);
const lvm = (command: string, ...argv: string[]) =>
  sh(["lvm", command, "--config", "activation { verify_udev_operations=1 }", ...argv]);

const cases: readonly Case[] = [
  {
    name: "RAID1 for /boot (metadata 1.0) and for LVM, partitions on two disks",
    disks: [600, 600],
    script: `label: gpt\n1: start=2048, size=2048\n2: start=4096, size=200000, type=${RAID}\n3: start=204800, size=900000, type=${RAID}\n`,
    make(disks) {
      const of = (part: number) => disks.map((disk) => `${disk}p${part}`);
      const create = ["mdadm", "--create", "--run", "--level=1", "--raid-devices=2"];
      sh([...create, "--metadata=1.0", "--homehost=old", "--name=boot", "/dev/md0", ...of(2)], "y\n");
      sh([...create, "--bitmap=internal", "/dev/md1", ...of(3)], "y\n");
      ext4("/dev/md0");
      lvm("pvcreate", "-q", "/dev/md1");
      lvm("vgcreate", "-q", "-s", "2M", "test-vg", "/dev/md1");
      lvm("lvcreate", "-q", "-y", "-n", "root", "-L", "200M", "test-vg");
      lvm("lvcreate", "-q", "-y", "-n", "swap", "-L", "32M", "test-vg");
      lvm("lvextend", "-q", "-L", "220M", "test-vg/root");
      ext4("/dev/test-vg/root");
      sh(["mkswap", "/dev/test-vg/swap"]);
    },
    mounts: [
      ["lv:test-vg/root", "/"],
      ["raid:md0", "/boot"],
    ],
  },
  {
    name: "striped, RAID1 and RAID5 volumes on three whole disks",
    disks: [300, 300, 300],
    make(disks) {
      lvm("vgcreate", "-q", "vgs", ...disks);
      lvm("lvcreate", "-q", "-y", "-n", "striped", "-i", "3", "-L", "60M", "vgs");
      lvm("lvcreate", "-q", "-y", "--type", "raid1", "-m", "1", "-n", "mirror", "-L", "80M", "vgs");
      lvm("lvcreate", "-q", "-y", "--type", "raid5", "-i", "2", "-n", "five", "-L", "80M", "vgs");
      for (const name of ["striped", "mirror", "five"]) ext4(`/dev/vgs/${name}`);
    },
    mounts: [
      ["lv:vgs/mirror", "/"],
      ["lv:vgs/striped", "/srv"],
      ["lv:vgs/five", "/var"],
    ],
  },
  {
    name: "RAID5 of three whole disks with a spare, and odd chunks",
    disks: [200, 200, 200, 200],
    make(disks) {
      const create = ["mdadm", "--create", "/dev/md5", "--run", "--level=5", "--raid-devices=3", "--spare-devices=1"];
      sh([...create, "--chunk=64K", "--layout=right-symmetric", "--data-offset=4M", ...disks], "y\n");
      sh(["mkfs.xfs", "-q", "-f", "-m", "reflink=0", "/dev/md5"]);
    },
    mounts: [["raid:md5", "/"]],
  },
  {
    name: "RAID10, far copies, and a RAID0 with metadata 1.1",
    disks: [300, 300],
    script: "label: dos\n1: start=2048, size=200000, type=fd\n2: start=204800, size=300000, type=fd\n",
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
  {
    name: "a degraded RAID1",
    disks: [200],
    make(disks) {
      sh(
        ["mdadm", "--create", "/dev/md3", "--run", "--force", "--level=1", "--raid-devices=2", ...disks, "missing"],
        "y\n",
      );
      ext4("/dev/md3");
    },
    mounts: [["raid:md3", "/"]],
  },
];

for (const { name, disks, script, make, mounts } of canVolumes() ? cases : []) {
  test(`a restore makes the volumes again as they were: ${name}`, async () => {
    const place = scratch();
    const attach = (what: string) => disks.map((size, at) => attachLoop(place.image(`${what}${at}`, size * MIB)));
    const root = `${place.path}/restore`;
    const sources = attach("source");
    try {
      for (const source of sources) {
        if (script === undefined) continue;
        sh(["sfdisk", "-q", source.path], script);
        source.tellPartitions();
      }
      make(sources.map((source) => source.path));
      sh(["sync"]);
      const layout = await layoutOf(
        sources.map((source) => source.path),
        mounts,
      );
      assert.equal(nodesOf(layout, "unsupported"), []);
      // Two groups of one name can't be told apart: the old one goes before the new one comes.
      for (const source of sources) await releaseVolumes(host, source.path);
      for (const source of sources) source.detach();
      const targets = attach("target");
      try {
        const chosen = Object.fromEntries(
          nodesOf(layout, "disk").map((disk, at) => [disk.id, targets[at]?.path ?? ""] as const),
        );
        const journal = `${place.path}/journal.jsonl`;
        // Twice: a restore over the remains of another, volumes still running, must give the same.
        for (let round = 0; round < 2; round++) {
          const candidates = (await probeCandidates(host, { loops: true })).filter((c) =>
            targets.some((target) => target.path === c.disk.path),
          );
          const plan = planRestore(layout, matchDisks(layout, candidates, [], chosen), {
            set: "test",
            firmware: "bios",
            root,
          });
          let defects: string[] = ["not looked at"];
          const unpack = async (at: string) => {
            mkdirSync(`${at}/etc`, { recursive: true });
            writeFileSync(`${at}/etc/hello`, "hello");
          };
          const beforeUnmount = async () => {
            defects = await verifyRestoredLayout(host, layout, plan, { firmware: "bios", loops: true });
          };
          await executePlan(plan, { host, reporter: silentReporter, unpack, beforeUnmount, journal, loops: true });
          assert.equal(defects, []);
        }
        // As in the rescue, where nothing runs before it is asked for.
        for (const target of targets) await releaseVolumes(host, target.path);
        await activateVolumes(host, layout);
        const found = await layoutOf(
          targets.map((target) => target.path),
          mounts,
        );
        assert.equal(compareLayouts(layout, found, chosen), []);
        assert.equal(found.nodes.length, layout.nodes.length);
      } finally {
        for (const target of targets) await releaseVolumes(host, target.path);
        for (const target of targets) target.detach();
      }
    } finally {
      place.remove();
    }
  });
}

test.run();
