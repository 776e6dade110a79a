import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import { matchDisks } from "../../src/layout/match.ts";
import type { Layout, LayoutNode } from "../../src/layout/types.ts";
import { leastDiskBytes } from "../../src/plan/fit/fit-layout.ts";
import { planRestore } from "../../src/plan/plan.ts";
import { candidatesFrom } from "../../src/probe/candidates.ts";
import { describeDisk } from "../../src/probe/describe-disk.ts";
import { readDevices } from "../../src/probe/read-devices.ts";
import { readFacts } from "../../src/probe/read-facts.ts";
import { executePlan } from "../../src/run/execute.ts";
import { verifyRestoredLayout } from "../../src/run/verify.ts";
import { lookedAgain } from "../support/looked-again.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";

const MIB = 1 << 20;
const host = linuxHost();
const BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649";
const LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";

async function layoutOf(path: string, mounts: readonly [partition: number, path: string][]): Promise<Layout> {
  const facts = await readFacts(host, "/", { loops: true });
  const disk = facts.devices.find((device) => device.path === path);
  if (!disk) throw new Error(`${path} not found`);
  const nodes = describeDisk(facts, disk);
  const mountNodes = mounts.map(([number, at]): LayoutNode => {
    const name = number === 0 ? disk.name : `${disk.name}p${number}`;
    return { kind: "mount", id: `mount:${at}`, of: `fs:${name}`, path: at, options: "rw", root: "/" };
  });
  return { version: 1, nodes: [...nodes, ...mountNodes] };
}

/** The layout of a machine whose file systems hold so much. */
function withUsage(layout: Layout, used: number | undefined): Layout {
  const nodes = layout.nodes.map((node): LayoutNode => {
    if (node.kind !== "filesystem" || used === undefined) return node;
    return { ...node, usedBytes: Math.floor(node.sizeBytes * used), usedInodes: 100 };
  });
  return { ...layout, nodes };
}

interface Case {
  readonly name: string;
  readonly mebibytes: number;
  readonly targetMebibytes?: number;
  readonly script: string;
  readonly sectorBytes?: number;
  readonly make: (device: string) => void;
  readonly mounts: readonly [number, string][];
  /** Share of each file system that its files take; default: nobody knows. */
  readonly used?: number;
}

const cases: Case[] = [
  {
    name: "GPT with gaps in numbering, names, attributes and an early first sector",
    mebibytes: 700,
    script: `label: gpt
label-id: 11111111-2222-3333-4444-555555555555
first-lba: 34

/dev/x1 : start=34, size=2014, type=${BIOS_BOOT}, name="BIOS \\x22boot\\x22 ü", attrs="RequiredPartition LegacyBIOSBootable GUID:62,63"
/dev/x2 : start=4096, size=204800, type=${LINUX}, uuid=AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE, name="boot"
/dev/x5 : start=300000, size=700001, type=${LINUX}, name="root, the; one"
/dev/x128 : start=1010000, size=100000, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
`,
    make(device) {
      sh(["mke2fs", "-q", "-F", "-t", "ext2", "-L", "boot", `${device}p2`]);
      sh(["mkfs.xfs", "-q", "-f", "-L", "root", `${device}p5`]);
      sh(["mkswap", "-L", "swap", `${device}p128`]);
    },
    mounts: [
      [5, "/"],
      [2, "/boot"],
    ],
  },
  {
    name: "GPT onto a larger disk, out of order, its protective entry active",
    mebibytes: 200,
    targetMebibytes: 300,
    script: `label: gpt
table-length: 64
/dev/x1 : start=200000, size=100000, type=${LINUX}
/dev/x2 : start=2048, size=100000, type=${LINUX}
`,
    make(device) {
      // Some BIOSes start from no disk whose protective entry is not active.
      host.writeAt(device, 446, Uint8Array.of(0x80));
      sh(["mke2fs", "-q", "-F", "-t", "ext4", `${device}p1`]);
      sh(["mke2fs", "-q", "-F", "-t", "ext4", `${device}p2`]);
    },
    mounts: [
      [1, "/"],
      [2, "/srv"],
    ],
  },
  {
    name: "MBR with logical partitions, odd borders and an active one",
    mebibytes: 400,
    script: `label: dos
label-id: 0xdeadbeef

/dev/x1 : start=63, size=100000, type=83, bootable
/dev/x3 : start=102400, size=600000, type=f
/dev/x4 : start=702400, size=50000, type=82
/dev/x5 : start=102463, size=200000, type=83
/dev/x6 : start=310000, size=100000, type=83
/dev/x7 : start=500001, size=99999, type=82
`,
    make(device) {
      sh(["mke2fs", "-q", "-F", "-t", "ext3", `${device}p1`]);
      sh(["mke2fs", "-q", "-F", "-t", "ext4", `${device}p5`]);
      sh(["mke2fs", "-q", "-F", "-t", "ext4", `${device}p6`]);
      sh(["mkswap", `${device}p7`]);
    },
    mounts: [
      [5, "/"],
      [1, "/boot"],
      [6, "/home"],
    ],
  },
  {
    name: "a file system on the whole disk",
    mebibytes: 64,
    script: "",
    make: (device) => void sh(["mke2fs", "-q", "-F", "-t", "ext4", "-L", "whole", device]),
    mounts: [[0, "/"]],
  },
  {
    name: "GPT on sectors of 4 KiB",
    mebibytes: 200,
    sectorBytes: 4096,
    script: `label: gpt
/dev/x1 : start=256, size=20000, type=${LINUX}, name="four"
`,
    make: (device) => void sh(["mke2fs", "-q", "-F", "-t", "ext4", `${device}p1`]),
    mounts: [[1, "/"]],
  },
];

cases.push(
  ...[600, 4000].map((targetMebibytes): Case => {
    return {
      name: `GPT with XFS, ext4 and swap onto a disk of ${targetMebibytes} MiB instead of 1500`,
      mebibytes: 1500,
      targetMebibytes,
      used: 0.1,
      script: `label: gpt
/dev/x1 : start=2048, size=131072, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
/dev/x2 : start=133120, size=1400000, type=${LINUX}
/dev/x3 : start=1640000, size=800000, type=${LINUX}
/dev/x4 : start=2440192, size=409600, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
`,
      make(device) {
        sh(["mkfs.fat", "-F", "32", "-s", "1", `${device}p1`]);
        sh(["mkfs.xfs", "-q", "-f", "-L", "root", `${device}p2`]);
        sh(["mke2fs", "-q", "-F", "-t", "ext4", `${device}p3`]);
        sh(["mkswap", `${device}p4`]);
      },
      mounts: [
        [2, "/"],
        [3, "/srv"],
      ],
    };
  }),
  ...[700, 3000].map((targetMebibytes): Case => {
    return {
      name: `MBR with logical partitions onto a disk of ${targetMebibytes} MiB instead of 1200`,
      mebibytes: 1200,
      targetMebibytes,
      used: 0.3,
      script: `label: dos
/dev/x1 : start=63, size=200000, type=83, bootable
/dev/x2 : start=204800, size=2252800, type=f
/dev/x5 : start=208896, size=200000, type=82
/dev/x6 : start=411648, size=1200000, type=83
/dev/x7 : start=1613824, size=840000, type=83
`,
      make(device) {
        sh(["mke2fs", "-q", "-F", "-t", "ext3", `${device}p1`]);
        sh(["mkswap", `${device}p5`]);
        sh(["mke2fs", "-q", "-F", "-t", "ext4", `${device}p6`]);
        sh(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "1024", `${device}p7`]);
      },
      mounts: [
        [6, "/"],
        [1, "/boot"],
        [7, "/home"],
      ],
    };
  }),
);

for (const { name, mebibytes, targetMebibytes, script, sectorBytes, make, mounts, used } of cases) {
  needing(test, canLoop())(`a restore makes the disk again as it was: ${name}`, async () => {
    const place = scratch();
    const source = attachLoop(place.image("source", mebibytes * MIB), sectorBytes);
    const target = attachLoop(place.image("target", (targetMebibytes ?? mebibytes) * MIB), sectorBytes);
    const root = `${place.path}/restore`;
    try {
      if (script !== "") {
        sh(["sfdisk", "-q", source.path], script);
        source.tellPartitions();
      }
      make(source.path);
      const layout = withUsage(await layoutOf(source.path, mounts), used);
      const candidates = candidatesFrom(await readDevices(host, { loops: true }));
      const disk = layout.nodes[0]?.id ?? "";
      const ours = candidates.filter((candidate) => candidate.disk.path === target.path);
      const targets = matchDisks(layout, ours, [source.path], { [disk]: target.path }, leastDiskBytes);
      const plan = planRestore(layout, targets, { set: "test", firmware: "bios", root });
      const journal = `${place.path}/journal.jsonl`;
      const unpacked: string[] = [];
      const unpack = async (at: string) => {
        unpacked.push(at);
        mkdirSync(`${at}/etc`, { recursive: true });
        writeFileSync(`${at}/etc/hello`, "hello");
      };
      let defects: string[] = ["not looked at"];
      const beforeUnmount = async () => {
        defects = await verifyRestoredLayout(host, plan.layout, plan, { firmware: "bios", loops: true });
      };
      // Twice: a restore over the remains of another must give the same.
      for (let round = 0; round < 2; round++) {
        const now = await lookedAgain(plan);
        await executePlan(now, { host, reporter: silentReporter, unpack, beforeUnmount, journal, loops: true });
        assert.equal(defects, []);
      }
      assert.equal(unpacked, [root, root]);
      assert.not.match(readFileSync("/proc/self/mountinfo", "utf8"), new RegExp(root));
      const fitted = Math.abs((targetMebibytes ?? mebibytes) - mebibytes) > 64;
      assert.is(plan.sizes.length > 0, fitted);
      if (fitted) sh(["sfdisk", "--verify", target.path]);
      else if (script !== "") {
        const dump = (device: string) =>
          sh(["sfdisk", "-d", device])
            .replaceAll(device, "DISK")
            .replace(/^(last-lba|device):.*\n/gm, "");
        assert.is(dump(target.path), dump(source.path));
      }
    } finally {
      target.detach();
      source.detach();
      place.remove();
    }
  });
}

test.run();
