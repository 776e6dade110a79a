/** Restores into partitions that are there already: their table, and what else lies on the disk, stay. */
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../src/base/errors.ts";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Candidate } from "../../src/layout/candidate.ts";
import { matchDisks } from "../../src/layout/match.ts";
import type { Layout, LayoutNode } from "../../src/layout/types.ts";
import { leastDiskBytes } from "../../src/plan/fit/fit-layout.ts";
import { planRestore } from "../../src/plan/plan.ts";
import type { Plan } from "../../src/plan/restore-plan.ts";
import { candidatesFrom } from "../../src/probe/candidates.ts";
import { describeDisk } from "../../src/probe/describe-disk.ts";
import { readDevices } from "../../src/probe/read-devices.ts";
import { readFacts } from "../../src/probe/read-facts.ts";
import { executePlan } from "../../src/run/execute.ts";
import { verifyRestoredLayout } from "../../src/run/verify.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";

const MIB = 1 << 20;
const LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
const host = linuxHost();

type LoopDisk = ReturnType<typeof attachLoop>;

function table(disk: LoopDisk, script: string): void {
  sh(["sfdisk", "-q", disk.path], script);
  disk.tellPartitions();
}

async function savedLayout(disk: LoopDisk): Promise<Layout> {
  table(disk, `label: gpt\n1: start=2048, size=400000, type=${LINUX}\n2: start=409600, size=100000, type=${LINUX}\n`);
  sh(["mke2fs", "-q", "-F", "-t", "ext4", "-L", "root", `${disk.path}p1`]);
  sh(["mkswap", "-L", "swap", `${disk.path}p2`]);
  const facts = await readFacts(host, "/", { loops: true });
  const device = facts.devices.find((one) => one.path === disk.path);
  if (!device) throw new Error(`${disk.path} not found`);
  const nodes = describeDisk(facts, device).map((node): LayoutNode => {
    return node.kind === "filesystem" ? { ...node, usedBytes: node.sizeBytes / 4, usedInodes: 50 } : node;
  });
  const of = `fs:${device.name}p1`;
  return { version: 1, nodes: [...nodes, { kind: "mount", id: "mount:/", of, path: "/", options: "rw", root: "/" }] };
}

async function planInto(layout: Layout, disk: LoopDisk, root: string): Promise<Plan> {
  const all = candidatesFrom(await readDevices(host, { loops: true }));
  const ours = all.filter((candidate: Candidate) => candidate.disk.path === disk.path);
  const chosen = { [layout.nodes[0]?.id ?? ""]: disk.path };
  const targets = matchDisks(layout, ours, [], chosen, leastDiskBytes);
  return planRestore(layout, targets, { set: "test", firmware: "bios", root, partition: false });
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, MondoError);
    assert.is((error as MondoError).code, "no-match");
    return (error as MondoError).message;
  }
  throw new Error("did not refuse");
}

needing(test, canLoop())(
  "nopart fills the partitions that are there, whatever their sizes, and leaves table and strangers alone",
  async () => {
    const place = scratch();
    const [source, target] = [300, 700].map((size) => attachLoop(place.image(`disk${size}`, size * MIB)));
    if (!source || !target) throw new Error("no disks");
    const root = `${place.path}/restore`;
    try {
      const layout = await savedLayout(source);
      const first = `label: gpt\n1: start=4096, size=600001, type=${LINUX}, name="mine"\n`;
      table(
        target,
        `${first}2: start=614400, size=120000, type=${LINUX}\n7: start=800000, size=100000, type=${LINUX}\n`,
      );
      sh(["mke2fs", "-q", "-F", "-t", "ext2", "-L", "stranger", `${target.path}p7`]);
      const before = sh(["sfdisk", "-d", target.path]);
      const stranger = sh(["md5sum", `${target.path}p7`]);
      const plan = await planInto(layout, target, root);
      let defects: string[] = ["not looked at"];
      await executePlan(plan, {
        host,
        reporter: silentReporter,
        async unpack(at) {
          mkdirSync(`${at}/etc`, { recursive: true });
          writeFileSync(`${at}/etc/hello`, "hello");
        },
        async beforeUnmount() {
          defects = await verifyRestoredLayout(host, plan.layout, plan, { firmware: "bios", loops: true });
        },
        journal: `${place.path}/journal.jsonl`,
        loops: true,
      });
      assert.equal(defects, []);
      assert.is(sh(["sfdisk", "-d", target.path]), before);
      assert.is(sh(["md5sum", `${target.path}p7`]), stranger);
      assert.equal(
        plan.sizes.map(({ what }) => what),
        ["disk", "ext4 /", "swap"],
      );
      sh(["e2fsck", "-fn", `${target.path}p1`]);
    } finally {
      target.detach();
      source.detach();
      place.remove();
    }
  },
);

needing(test, canLoop())(
  "nopart refuses a disk without a table, with another kind of table, without the partition, or with one too small",
  async () => {
    const place = scratch();
    const [source, target] = [300, 700].map((size) => attachLoop(place.image(`disk${size}`, size * MIB)));
    if (!source || !target) throw new Error("no disks");
    try {
      const layout = await savedLayout(source);
      const why = async (script: string) => {
        if (script !== "") table(target, script);
        const text = await refusalOf(planInto(layout, target, "/mnt/none"));
        sh(["sh", "-c", `partx -d ${target.path}; true`]);
        return text;
      };
      assert.match(await why(""), /has no partition table/);
      assert.match(await why("label: dos\n1: size=400000\n"), /a table of the kind MBR, not GPT/);
      assert.match(
        await why(`label: gpt\n1: size=600000, type=${LINUX}\n`),
        /there is no \S+p2 for \S+p2 of the backup/,
      );
      const small = `label: gpt\n1: size=40000, type=${LINUX}\n2: size=400000, type=${LINUX}\n`;
      assert.match(await why(small), /p1 has 19\.5 MiB \(20480000 bytes\), but what was on \S+p1 needs at least/);
    } finally {
      target.detach();
      source.detach();
      place.remove();
    }
  },
);

test.run();
