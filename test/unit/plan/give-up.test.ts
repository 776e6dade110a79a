/** Caches are given up where the disk that they lay on is missing or too small, and never anything else. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { dispensableDisks } from "../../../src/drivers/dispensables.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { showLayout } from "../../../src/layout/show-layout.ts";
import { type Disk, type Layout, type LayoutNode, nodesOf } from "../../../src/layout/types.ts";
import { NO_DISK, planOnto } from "../../../src/plan/plan-onto.ts";
import { showPlan } from "../../../src/plan/show.ts";
import { cachedLayout, diskOf as disk } from "../../support/cached-layout.ts";

const GIB = 1 << 30;

const candidate = (one: Disk): Candidate => ({ disk: one, readOnly: false, contents: "nothing", storageDrivers: [] });

const context = { set: "s", firmware: "bios", root: "/r" } as const;
const onto = (layout: Layout, here: readonly Disk[], chosen: Record<string, string> = {}) =>
  planOnto(layout, { candidates: here.map(candidate), carriers: [], chosen }, context).plan;

function refusal(work: () => unknown): MondoError {
  try {
    work();
  } catch (error) {
    if (error instanceof MondoError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("planOnto() of the machine's own disks makes the cache again, and showLayout() tells it", () => {
  const layout = cachedLayout();
  const plan = onto(layout, [disk("vda", 8 * GIB, "A"), disk("vdb", 2 * GIB, "B")]);
  assert.equal(plan.layout, layout);
  assert.equal(plan.warnings, []);
  assert.match(
    showPlan(plan),
    /Make the volume group vg0 on .* with data cached by fast \(1\.00 GiB, writethrough\)\n/,
  );
  assert.match(showLayout(layout), /\/dev\/vg0\/data +6\.0 GiB +cache by fast \(1\.00 GiB, writethrough\), swap/);
});

const SHOWN = `! the cache fast of /dev/vg0/data is given up: no disk here takes the place of /dev/sdb, 2.0 GiB, serial B, which it was on (lvconvert makes a new one); no file was in it alone
Partition
  - Erase the old signatures on /dev/vda
    DESTROYS everything on /dev/vda (8.0 GiB, serial A): nothing
Make volumes
  - Make the volume group vg0 on /dev/vda with data
Make file systems
  - Make the swap area on /dev/vg0/data
Restore files
  - Unpack the files below /r
`;

test("planOnto() gives a cache up whose disk is missing, and does without that disk", () => {
  const plan = onto(cachedLayout(), [disk("vda", 8 * GIB, "A")]);
  const [lv] = nodesOf(plan.layout, "logical-volume");
  assert.equal([lv?.segments, lv?.cache], [["striped"], undefined]);
  const [group] = nodesOf(plan.layout, "volume-group");
  assert.equal(
    group?.members.map(({ on }) => on),
    ["disk:sda"],
  );
  assert.not.match(group?.metadata ?? "", /pv1|fast|pmspare|corig/);
  assert.match(group?.metadata ?? "", /seqno = 1000003\n/);
  assert.equal(
    plan.disks.map(({ path }) => path),
    ["/dev/vda"],
  );
  assert.is(showPlan(plan), SHOWN);
});

test("planOnto() leaves a disk alone that is too small for a cache, unless it was chosen", () => {
  const here = [disk("vda", 8 * GIB, "A"), disk("vdb", GIB / 2)];
  assert.equal(
    onto(cachedLayout(), here).disks.map(({ path }) => path),
    ["/dev/vda"],
  );
  const chosen = onto(cachedLayout(), here, { "disk:sdb": "/dev/vdb" });
  assert.equal(
    chosen.disks.map(({ path }) => path),
    ["/dev/vda", "/dev/vdb"],
  );
  assert.match(
    chosen.warnings[0] ?? "",
    /given up: the disk that takes the place of \/dev\/sdb, .* is too small for it/,
  );
  assert.is(nodesOf(chosen.layout, "volume-group")[0]?.members.length, 2);
});

test("planOnto() gives a cache up when a person says so, but no disk that holds more", () => {
  const here = [disk("vda", 8 * GIB, "A"), disk("vdb", 2 * GIB, "B")];
  assert.equal(
    onto(cachedLayout(), here, { "disk:sdb": NO_DISK }).disks.map(({ path }) => path),
    ["/dev/vda"],
  );
  assert.match(refusal(() => onto(cachedLayout(), here, { "disk:sda": NO_DISK })).message, /^\/dev\/sda holds more/);
});

test("planOnto() gives a cache up where one disk is left for two, the larger of them", () => {
  assert.equal(
    onto(cachedLayout(), [disk("xvda", 9 * GIB)]).disks.map(({ path }) => path),
    ["/dev/xvda"],
  );
});

test("planOnto() doesn't give up what it can't tell apart, nor a disk with data", () => {
  const equal = [disk("vda", 8 * GIB), disk("vdb", 8 * GIB)];
  assert.match(refusal(() => onto(cachedLayout(), equal)).message, /could be any of 2 disks/);
  const swap: LayoutNode = { kind: "swap", id: "swap:sdc", on: "disk:sdc", sizeBytes: GIB, active: true };
  const layout = cachedLayout(disk("sdc", GIB), swap);
  assert.match(refusal(() => onto(layout, [disk("vda", 8 * GIB, "A")])).message, /sdc.* has no counterpart/);
  assert.match(
    refusal(() => onto(cachedLayout(), [disk("vdb", 2 * GIB, "B")])).message,
    /\/dev\/sda.* no free disk \(\/dev\/vdb: stands for another disk of the set\)/,
  );
});

test("planOnto() gives up the cache of the missing disk alone, and keeps the one that is there", () => {
  const one = cachedLayout();
  const more = JSON.parse(
    JSON.stringify(one.nodes)
      .replaceAll("vg0", "vg1")
      .replaceAll("sda", "sdc")
      .replaceAll("sdb", "sdd")
      .replaceAll('"A"', '"C"')
      .replaceAll('"B"', '"D"')
      .replaceAll("swap:data", "swap:more")
      .replaceAll('"G"', '"H"'),
  ) as LayoutNode[];
  const layout: Layout = { version: 1, nodes: [...one.nodes, ...more] };
  const here = [disk("vda", 8 * GIB, "A"), disk("vdb", 2 * GIB, "B"), disk("vdc", 8 * GIB, "C")];
  const plan = onto(layout, here);
  assert.is(plan.warnings.length, 1);
  assert.match(plan.warnings[0] ?? "", /^the cache fast of \/dev\/vg1\/data is given up: .* \/dev\/sdd,/);
  const caches = nodesOf(plan.layout, "logical-volume").map(({ path, cache }) => [path, cache]);
  assert.equal(caches, [
    ["/dev/vg0/data", "by fast (1.00 GiB, writethrough)"],
    ["/dev/vg1/data", undefined],
  ]);
});

test("dispensableDisks() are those that hold caches and nothing else", () => {
  assert.equal([...dispensableDisks(cachedLayout())], [["disk:sdb", "the cache fast of /dev/vg0/data"]]);
  const loader: LayoutNode = { kind: "loader", id: "loader:x", type: "grub-bios", on: ["disk:sdb"], details: {} };
  assert.is(dispensableDisks(cachedLayout(loader)).size, 0);
  const both: LayoutNode = { ...loader, on: ["disk:sda", "disk:sdb"] };
  assert.is(dispensableDisks(cachedLayout(both)).size, 1);
});

test.run();
