import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { layoutDrift } from "../../../src/layout/drift.ts";
import { type Layout, type LayoutNode, nodesOf } from "../../../src/layout/types.ts";

const machines = join(import.meta.dirname, "../../machines");
const layoutOf = (name: string) => JSON.parse(readFileSync(join(machines, name, "layout.json"), "utf8")) as Layout;
const saved = layoutOf("bios-md-lvm");

/** The layout with nodes replaced: `undefined` takes one out. */
function altered(layout: Layout, change: (node: LayoutNode) => LayoutNode | undefined): Layout {
  return { version: 1, nodes: layout.nodes.flatMap((node) => change(node) ?? []) };
}

for (const name of readdirSync(machines)) {
  test(`layoutDrift() of ${name} with itself is empty, however full it is and whatever its disks are called`, () => {
    const layout = layoutOf(name);
    const renamed = (path: string) => path.replace(/^\/dev\/(vd|sd|nvme)/, "/dev/x$1");
    const later = altered(layout, (node) => {
      if (node.kind === "filesystem" && node.usedBytes !== undefined) return { ...node, usedBytes: node.usedBytes + 1 };
      if (node.kind === "hardware") return { ...node, kernel: "9.9" };
      return node.kind === "disk" || node.kind === "partition" ? { ...node, path: renamed(node.path) } : node;
    });
    assert.equal(layoutDrift(layout, later), []);
  });
}

test("layoutDrift() names a larger partition, another UUID, a lost mount and a changed fstab line", () => {
  const live = altered(saved, (node) => {
    if (node.kind === "partition" && node.path === "/dev/vdb3") return { ...node, sizeBytes: node.sizeBytes + 512 };
    if (node.kind === "swap") return { ...node, uuid: "other" };
    if (node.kind === "mount" && node.path === "/home") return undefined;
    if (node.kind !== "fstab") return node;
    return { ...node, entries: node.entries.map((e) => (e.path === "/" ? { ...e, options: "ro" } : e)) };
  });
  const drift = layoutDrift(saved, live).join("\n");
  assert.match(drift, /^\/dev\/vdb3: sizeBytes is \d+ instead of \d+$/m);
  assert.match(drift, /^\/dev\/vg0\/swap_1: uuid is "other" instead of /m);
  assert.match(drift, /^mount \/home: is gone \(was xfs /m);
  assert.match(drift, /^\/etc\/fstab \/: is \S+ ext4 ro instead of /m);
  assert.is(drift.split("\n").length, 4);
});

test("layoutDrift() names a replaced disk, a new volume and a file system where nothing was", () => {
  const live = altered(saved, (node) => {
    return node.kind === "disk" && node.path === "/dev/vdc" ? { ...node, serial: "NEW", sizeBytes: 4e9 } : node;
  });
  const drift = layoutDrift(saved, live).join("\n");
  assert.match(drift, /^the disk \/dev\/vdc, .*: is gone$/m);
  assert.match(drift, /^the disk \/dev\/vdc, .*serial NEW: is new$/m);
  const without = altered(saved, (node) => (node.id === "lv:vg0/home" || node.id === "fs:vg0/home" ? undefined : node));
  assert.match(layoutDrift(without, saved).join("\n"), /^\/dev\/vg0\/home: is new$/m);
  const bare = altered(saved, (node) => (node.id === "fs:vg0/home" ? undefined : node));
  assert.match(layoutDrift(bare, saved).join("\n"), /^\/dev\/vg0\/home: holds xfs \S+ now, and nothing known/m);
});

test("layoutDrift() names a volume that lost its cache, or has another", () => {
  const cached = (cache?: string) =>
    altered(saved, (node) => (node.kind === "logical-volume" && cache ? { ...node, cache } : node));
  const [volume] = nodesOf(saved, "logical-volume");
  const lines = layoutDrift(cached("by fast (1.0 GiB, writeback)"), cached());
  assert.is(lines[0], `${volume?.path}: cache is absent instead of "by fast (1.0 GiB, writeback)"`);
  const other = layoutDrift(cached("by fast (1.0 GiB, writeback)"), cached("by fast (1.0 GiB, writethrough)"));
  assert.match(other[0] ?? "", /cache is "by fast \(1\.0 GiB, writethrough\)" instead of/);
});

test.run();
