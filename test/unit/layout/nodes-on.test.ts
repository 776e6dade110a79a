import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { liesOn } from "../../../src/layout/graph.ts";
import { nodesOn } from "../../../src/layout/nodes-on.ts";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";

const path = join(import.meta.dirname, "../../machines/bios-20-disks/layout.json");
const layout = JSON.parse(readFileSync(path, "utf8")) as Layout;

test("nodesOn() finds what lies on each node, in the layout's order", () => {
  for (const { id } of layout.nodes) {
    assert.equal(
      nodesOn(layout, id),
      layout.nodes.filter((node) => liesOn(node, id)),
      id,
    );
  }
  assert.equal(nodesOn(layout, "disk:nowhere"), []);
});

test("nodesOn() sees a node that joined the list, and names one with two parts on a device once", () => {
  const nodes: LayoutNode[] = [];
  const growing: Layout = { version: 1, nodes };
  assert.equal(nodesOn(growing, "disk:a"), []);
  const members = [0, 1].map(() => ({ on: "disk:a", uuid: "u", metadataAreas: 1 }));
  nodes.push({
    kind: "volume-group",
    id: "vg:x",
    name: "x",
    uuid: "x",
    metadata: "",
    members,
  } as unknown as LayoutNode);
  assert.equal(nodesOn(growing, "disk:a"), nodes);
});

test.run();
