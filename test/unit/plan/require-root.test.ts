import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Layout } from "../../../src/layout/types.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import { requireRoot } from "../../../src/plan/require-root.ts";

const machine = join(import.meta.dirname, "../../machines/bios-gpt-ext4/layout.json");
const whole = JSON.parse(readFileSync(machine, "utf8")) as Layout;
const rootless: Layout = {
  ...whole,
  nodes: whole.nodes.filter((node) => node.kind !== "mount" || node.path !== "/"),
};
const bare: Layout = { ...whole, nodes: whole.nodes.filter((node) => node.kind !== "mount") };

test("a machine without a root can't be planned, and the sentence says what it has", () => {
  const context = { set: "s", firmware: "bios", root: "/r" } as const;
  const refusal = /the backup has no root file system \(\/\), only what was mounted at \/boot: no machine can be made/;
  assert.throws(() => planRestore(rootless, { disks: {}, because: {} }, context), refusal);
  assert.throws(() => requireRoot(bare), /the backup has no root file system \(\/\): no machine/);
});

test("a machine with a root passes, and so does a set of files, which has no layout", () => {
  requireRoot(whole);
  requireRoot({ version: 1, nodes: [] });
});

test.run();
