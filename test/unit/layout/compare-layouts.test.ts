import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compareLayouts } from "../../../src/layout/compare-layouts.ts";
import { decodeLayout } from "../../../src/layout/decode-layout.ts";
import type { Layout } from "../../../src/layout/types.ts";

const read = (): Layout => decodeLayout(JSON.parse(readFileSync("test/machines/bios-gpt-ext4/layout.json", "utf8")));

/** The layout with other details of its ext file systems. */
const withDetails = (layout: Layout, details: object): Layout => ({
  ...layout,
  nodes: layout.nodes.map((node) =>
    node.kind === "filesystem" && node.type === "ext4" ? { ...node, details: { ...node.details, ...details } } : node,
  ),
});
const own = (layout: Layout) =>
  Object.fromEntries(layout.nodes.flatMap((node) => ("path" in node ? [[node.id, node.path]] : [])));

test("a stripe that mke2fs reads off the new device is no difference, one that was asked for is", () => {
  const plain = read();
  const striped = withDetails(plain, { stride: 128, stripeWidth: 256 });
  assert.equal(compareLayouts(plain, plain, own(plain)), []);
  assert.equal(compareLayouts(withDetails(plain, { stride: 0, stripeWidth: 0 }), striped, own(plain)), []);
  const other = compareLayouts(striped, withDetails(plain, { stride: 0, stripeWidth: 0 }), own(plain));
  assert.match(other.join("\n"), /stride is 0 instead of 128\n.*stripeWidth is 0 instead of 256/);
  assert.match(compareLayouts(plain, withDetails(plain, { inodes: 7 }), own(plain)).join(), /inodes is 7/);
});

test.run();
