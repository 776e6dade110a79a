import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import type { Action } from "../../../src/effects/effect.ts";
import type { LayoutNode } from "../../../src/layout/types.ts";
import type { Plan } from "../../../src/plan/restore-plan.ts";
import type { RestoreContext } from "../../../src/restore/context.ts";
import { decodeRecord, givenUp, goingOn, planDigest, startsAnew } from "../../../src/restore/cut-off.ts";
import { requireSameWish } from "../../../src/restore/nuke.ts";

const test = suite("a restore that was cut off");

const fs = (name: string, type: string): LayoutNode =>
  ({ kind: "filesystem", id: `fs:${name}`, on: `part:${name}`, type, details: {} }) as unknown as LayoutNode;
const act = (id: string, node: string): Action => ({ id, node, say: id, destroys: [], effects: [] });

const plan = {
  ...{ version: 1, set: "s", targets: { "disk:a": "/dev/sda" }, root: "/mnt", volumes: [], sizes: [], warnings: [] },
  disks: [{ path: "/dev/sda", sizeBytes: 9, serial: "x" }],
  layout: {
    version: 1,
    nodes: [
      fs("1", "vfat"),
      fs("2", "ext4"),
      { kind: "mount", id: "mount:/", of: "fs:2", path: "/", options: "rw", root: "/" },
    ],
  },
  phases: [
    { phase: "partition", actions: [act("table", "disk:a")] },
    { phase: "volumes", actions: [] },
    { phase: "format", actions: [act("make:1", "fs:1"), act("make:2", "fs:2"), act("boot-code", "code:a")] },
    { phase: "mount", actions: [act("mount:/", "mount:/")] },
    { phase: "files", actions: [act("unpack", "")] },
  ],
} as unknown as Plan;

test("goingOn() keeps tables and file systems with a journal; others, and boot code, are made again", () => {
  assert.equal(
    goingOn(plan).phases.map(({ phase, actions }) => [phase, actions.map(({ id }) => id)]),
    [
      ["format", ["make:1", "boot-code"]],
      ["mount", ["mount:/"]],
      ["files", ["unpack"]],
    ],
  );
});

test("planDigest() is that of the plan that goes on, too; what lay on the disks before doesn't count", () => {
  const digest = planDigest(plan);
  assert.is(planDigest(goingOn(plan)), digest);
  const [disk] = plan.disks;
  const holds = { words: "it", identities: ["i"] };
  assert.is(planDigest({ ...plan, warnings: ["w"], disks: disk ? [{ ...disk, holds }] : [] }), digest);
  // In another language the same steps are told in other words.
  const phases = plan.phases.map(({ phase, actions }) => ({
    phase,
    actions: actions.map((action) => ({ ...action, say: `dire ${action.say}`, destroys: ["tout"] })),
  }));
  assert.is(planDigest({ ...plan, phases }), digest);
  assert.is.not(planDigest({ ...plan, phases: phases.slice(0, -1) }), digest);
  assert.is.not(planDigest({ ...plan, targets: { "disk:a": "/dev/sdb" } }), digest);
  assert.is.not(planDigest({ ...plan, disks: disk ? [{ ...disk, serial: "y" }] : [] }), digest);
  assert.is.not(planDigest({ ...plan, set: "t" }), digest);
});

test("startsAnew() names volumes, and a root without a journal", () => {
  assert.is(startsAnew(plan), undefined);
  const nodes = plan.layout.nodes.map((node) => (node.id === "fs:2" ? fs("2", "ext2") : node));
  assert.is(startsAnew({ ...plan, layout: { version: 1, nodes } }), "its root has no journal");
  const phases = [{ phase: "volumes", actions: [act("md", "md:0")] }] as const;
  assert.match(startsAnew({ ...plan, phases }) ?? "", /volumes/);
});

test("decodeRecord() takes what leaveRecord() writes, and nothing else", () => {
  const record = { version: 1, set: "s", plan: "p", begun: 5 };
  assert.equal(decodeRecord(JSON.stringify(record)), record);
  const kept = { ...record, kept: ["disk:b"] };
  assert.equal(decodeRecord(JSON.stringify(kept)), kept);
  assert.is(decodeRecord(JSON.stringify({ ...record, kept: [1] })), undefined);
  for (const text of [
    undefined,
    "",
    "null",
    "[]",
    "{",
    '{"version":2}',
    '{"version":1,"set":1,"plan":"","begun":-1}',
  ]) {
    assert.is(decodeRecord(text), undefined);
  }
});

test("givenUp() names what the restore before kept, and this one erases", () => {
  const targets = { ...plan.targets, "disk:b": "/dev/sdb" };
  const kept = {
    disks: [{ path: "/dev/sdb", sizeBytes: 9, node: "disk:b", mounts: ["/srv"] }],
    mounts: [],
    images: [],
  };
  assert.equal(givenUp({ kept: ["disk:b"] }, { targets }), ["disk:b"]);
  assert.equal(givenUp({ kept: ["disk:b"] }, { targets: plan.targets, kept }), []);
  assert.equal(givenUp({ kept: ["disk:gone"] }, { targets }), [], "nothing of this machine becomes it");
  assert.equal(givenUp({}, { targets }), []);
});

test("nuke refuses to erase what the restore before kept, unless a wish to keep was given", () => {
  const disk = { kind: "disk", id: "disk:b", path: "/dev/vdb" };
  const context = (keep?: RestoreContext["keep"]) =>
    ({ manifest: { layout: { version: 1, nodes: [disk] } }, keep }) as unknown as RestoreContext;
  assert.throws(
    () => requireSameWish(context(), { givenUp: ["disk:b"] }),
    (error: MondoError) =>
      error instanceof MondoError && error.code === "refused" && /kept \/dev\/vdb of the backup/.test(error.message),
  );
  requireSameWish(context("none"), { givenUp: ["disk:b"] });
  requireSameWish(context(), { givenUp: [], since: "2026-01-01 00:00" });
});

test.run();
