/** A layout without one of its disks: what carries something goes with it, what holds something keeps it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Layout, LayoutNode } from "../../../src/layout/types.ts";
import { type Release, withoutDisk } from "../../../src/layout/without-disk.ts";

const node = (one: Record<string, unknown>) => one as unknown as LayoutNode;
const disk = (name: string) => node({ kind: "disk", id: `disk:${name}`, path: `/dev/${name}` });
const table = (name: string) => [
  node({ kind: "table", id: `table:${name}`, on: `disk:${name}` }),
  node({ kind: "partition", id: `part:${name}1`, table: `table:${name}`, path: `/dev/${name}1` }),
];
const member = (on: string) => ({ on, uuid: on });
const group = (...on: string[]) => node({ kind: "volume-group", id: "vg:x", name: "x", members: on.map(member) });
const swap = (on: string) => node({ kind: "swap", id: `swap:${on}`, on });
const layoutOf = (...nodes: LayoutNode[]): Layout => ({ version: 1, nodes });

const release: Release = (one, on) =>
  one.kind === "volume-group" ? { ...one, members: one.members.filter((two) => two.on !== on) } : undefined;
const idsWithout = (layout: Layout, name: string, how = release) =>
  withoutDisk(layout, `disk:${name}`, how)?.nodes.map(({ id }) => id);

test("withoutDisk() takes tables, partitions and what encrypts them out, and frees the group above", () => {
  const luks = node({ kind: "luks", id: "luks:fast", on: "part:sdb1" });
  const layout = layoutOf(disk("sda"), disk("sdb"), ...table("sdb"), luks, group("disk:sda", "luks:fast"));
  const left = withoutDisk(layout, "disk:sdb", release);
  assert.equal(left, layoutOf(disk("sda"), group("disk:sda")));
  assert.is(
    idsWithout(layout, "sdb", () => undefined),
    undefined,
  );
});

test("withoutDisk() takes an array out with any of its disks, and leaves what is on the others", () => {
  const raid = node({ kind: "raid", id: "raid:md0", members: [member("part:sdb1"), member("part:sdc1")] });
  const layout = layoutOf(
    disk("sda"),
    disk("sdb"),
    ...table("sdb"),
    disk("sdc"),
    ...table("sdc"),
    raid,
    group("raid:md0"),
  );
  assert.equal(idsWithout(layout, "sdb"), ["disk:sda", "disk:sdc", "table:sdc", "part:sdc1", "vg:x"]);
});

test("withoutDisk() refuses a disk with swap, a file system's further device, or the only boot loader", () => {
  const loader = (...on: string[]) => node({ kind: "loader", id: "loader:grub", on });
  const fs = node({ kind: "filesystem", id: "fs:a", on: "disk:sda", alsoOn: [{ on: "disk:sdb", sizeBytes: 1 }] });
  for (const one of [swap("disk:sdb"), fs, loader("disk:sdb")]) {
    assert.is(idsWithout(layoutOf(disk("sda"), disk("sdb"), one), "sdb"), undefined);
  }
  const both = withoutDisk(layoutOf(disk("sda"), disk("sdb"), loader("disk:sda", "disk:sdb")), "disk:sdb", release);
  assert.equal(both?.nodes[1], loader("disk:sda"));
});

test("withoutDisk() forgets where control files name it", () => {
  const use = (name: string) => ({ file: "/etc/fstab", name: `/dev/${name}`, node: `disk:${name}` });
  const names = (...of: string[]) => node({ kind: "device-names", id: "device-names", uses: of.map(use) });
  const left = withoutDisk(layoutOf(disk("sda"), disk("sdb"), names("sda", "sdb")), "disk:sdb", release);
  assert.equal(left?.nodes, [disk("sda"), names("sda")]);
});

test.run();
