import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { requireReadable } from "../../../src/backup/require-readable.ts";
import { MondoError } from "../../../src/base/errors.ts";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";

const path = join(import.meta.dirname, "../../machines/bios-gpt-ext4/layout.json");
const layout = JSON.parse(readFileSync(path, "utf8")) as Layout;
const withNodes = (change: (node: LayoutNode) => object): Layout => {
  return { version: 1, nodes: layout.nodes.map((node) => ({ ...node, ...change(node) }) as LayoutNode) };
};

test("requireReadable() takes a recorded machine, and fields that JSON leaves out", () => {
  requireReadable(layout);
  requireReadable(withNodes((node) => (node.kind === "disk" ? { wwn: undefined } : {})));
});

for (const [what, change] of [
  [
    "mount:/: path must not contain control characters",
    (node: LayoutNode) => (node.id === "mount:/" ? { path: "/a\nb" } : {}),
  ],
  [
    "fs:vda2: details.blocks must be a number",
    (node: LayoutNode) =>
      node.id === "fs:vda2" ? { details: { ...("details" in node ? node.details : {}), blocks: "7" } } : {},
  ],
] as const) {
  test(`requireReadable() refuses what the set's reader would refuse: ${what}`, () => {
    let error: unknown;
    try {
      requireReadable(withNodes(change));
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(error instanceof MondoError);
    assert.is(error.code, "unsupported");
    assert.is(error.message, `this machine has something that no restore would take: ${what}`);
  });
}

test.run();
