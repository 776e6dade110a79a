/** Layouts that are read from a set: good ones pass unchanged, and of others the node and the field are named. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { decodeLayout } from "../../../src/layout/decode-layout.ts";

type Loose = Record<string, unknown> & { id: string };
const machines = join(import.meta.dirname, "../../machines");
const read = (name: string) =>
  JSON.parse(readFileSync(join(machines, name, "layout.json"), "utf8")) as { version: number; nodes: Loose[] };

/** The sentence by which a layout is refused. */
function refusal(value: unknown): string {
  try {
    decodeLayout(value);
  } catch (error) {
    assert.ok(error instanceof MondoError, String(error));
    assert.is(error.code, "damaged");
    return error.message.replace("its layout can't be used: ", "");
  }
  return "";
}

const changed = (machine: string, id: string, change: Record<string, unknown>) => {
  const { version, nodes } = read(machine);
  assert.ok(nodes.some((node) => node.id === id) || id === "", id);
  return { version, nodes: nodes.map((node) => (node.id === id ? { ...node, ...change } : node)) };
};

for (const name of readdirSync(machines)) {
  test(`decodeLayout() gives back the layout of ${name} as it is, with whatever later versions add`, () => {
    const layout = read(name);
    assert.is(decodeLayout(layout), layout);
    const later = { ...layout, nodes: layout.nodes.map((node) => ({ ...node, colour: { of: "spring" } })), more: 1 };
    assert.is(refusal(later), "");
  });
}

const CASES: readonly [machine: string, id: string, change: Record<string, unknown>, says: string][] = [
  ["bios-gpt-ext4", "disk:vda", { sizeBytes: "zz" }, "disk:vda: sizeBytes must be a number"],
  ["bios-gpt-ext4", "disk:vda", { sizeBytes: -1 }, "disk:vda: sizeBytes must not be negative"],
  ["bios-gpt-ext4", "disk:vda", { sizeBytes: 1e300 }, "disk:vda: sizeBytes must be a whole number"],
  ["bios-gpt-ext4", "disk:vda", { sizeBytes: undefined }, "disk:vda: sizeBytes must be a number"],
  ["bios-gpt-ext4", "disk:vda", { path: "/dev/../etc" }, 'disk:vda: path must not contain "." or ".." as a name'],
  ["bios-gpt-ext4", "disk:vda", { path: "vda" }, 'disk:vda: path must begin with "/dev/"'],
  ["bios-gpt-ext4", "disk:vda", { path: "/dev/a\nb" }, "disk:vda: path must not contain control characters"],
  ["bios-gpt-ext4", "disk:vda", { logicalSectorBytes: 0 }, "disk:vda: logicalSectorBytes must be a power of two"],
  ["bios-gpt-ext4", "disk:vda", { kind: "dusk" }, 'disk:vda is of the kind "dusk", which this version doesn\'t know'],
  ["bios-gpt-ext4", "disk:vda", { kind: "toString" }, "disk:vda is of the kind"],
  ["bios-gpt-ext4", "disk:vda", { kind: 3 }, "node 0 has no kind and id"],
  ["bios-gpt-ext4", "disk:vda", { id: "__proto__" }, "node 0 has no kind and id"],
  ["bios-gpt-ext4", "table:vda", { on: "part:vda1" }, "table:vda lies on part:vda1, which doesn't stand before it"],
  ["bios-gpt-ext4", "table:vda", { uuid: "a\nlabel: dos" }, "table:vda: uuid must not contain control characters"],
  ["bios-gpt-ext4", "table:vda", { uuid: "0x12345678" }, "table:vda: uuid doesn't fit the scheme"],
  ["bios-gpt-ext4", "part:vda2", { table: "disk:vda" }, "part:vda2 can't lie on disk:vda, which is a disk"],
  ["bios-gpt-ext4", "part:vda2", { startBytes: 1000 }, "part:vda2: startBytes must be a multiple of 512"],
  ["bios-gpt-ext4", "part:vda2", { type: "83" }, "part:vda2: type doesn't fit the scheme"],
  ["bios-gpt-ext4", "part:vda2", { attributes: '" x' }, "part:vda2: attributes must be words"],
  ["bios-gpt-ext4", "fs:vda2", { on: "mount:/" }, "fs:vda2 lies on mount:/, which doesn't stand before it"],
  ["bios-gpt-ext4", "fs:vda5", { on: "part:vda2" }, "fs:vda2 and fs:vda5 both lie on part:vda2"],
  ["bios-gpt-ext4", "fs:vda2", { details: [1] }, "fs:vda2: details must be an object"],
  ["bios-gpt-ext4", "fs:vda2", { id: "disk:vda" }, "disk:vda stands in it twice"],
  ["bios-gpt-ext4", "mount:/", { path: "/../etc" }, 'mount:/: path must not contain "." or ".." as a name'],
  ["bios-gpt-ext4", "mount:/", { of: "part:vda2" }, "mount:/ can't lie on part:vda2, which is a partition"],
  ["bios-gpt-ext4", "loader:grub-bios", { on: ["disk:vdz"] }, "loader:grub-bios names disk:vdz, which isn't in it"],
  ["bios-md-lvm", "raid:md0", { level: "raid7" }, "raid:md0: level must be one of linear, raid0"],
  ["bios-md-lvm", "raid:md0", { slots: 1e12 }, "raid:md0: slots must not be above 1920"],
  ["bios-md-lvm", "raid:md0", { slots: 1 }, "raid:md0: a member has a slot beyond the array's 1"],
  ["bios-md-lvm", "raid:md0", { members: [] }, "raid:md0: members must not be empty"],
  ["bios-md-lvm", "raid:md0", { members: [{ on: "raid:md0" }] }, "raid:md0: members.0.slot is missing"],
  ["bios-md-lvm", "raid:md0", { path: "/dev/sdb" }, 'raid:md0: path must begin with "/dev/md"'],
  ["bios-md-lvm", "lv:vg0/swap_1", { path: "/dev/sdb" }, "lv:vg0/swap_1: path must be /dev/vg0/swap_1"],
  ["bios-md-lvm", "lv:vg0/swap_1", { name: "--x" }, "lv:vg0/swap_1: name must be a name as LVM allows it"],
  ["bios-md-lvm", "vg:vg0", { name: "." }, "vg:vg0: name must be a name as LVM allows it"],
];

for (const [machine, id, change, says] of CASES) {
  test(`decodeLayout() refuses ${id} with ${JSON.stringify(change).slice(0, 60)}`, () => {
    const words = refusal(changed(machine, id, change));
    assert.ok(words.startsWith(says), `${words}\nshould begin with\n${says}`);
  });
}

test("decodeLayout() refuses what is no layout, and one that no machine has", () => {
  for (const value of [undefined, null, 7, "x", [], {}, { version: 2, nodes: [] }, { version: 1, nodes: {} }]) {
    assert.is(refusal(value), "it is not a list of nodes of version 1");
  }
  assert.is(refusal({ version: 1, nodes: [null] }), "node 0 has no kind and id as text");
  const many = Array.from({ length: 20_001 }, () => null);
  assert.match(refusal({ version: 1, nodes: many }), /^it has 20001 nodes/);
});

test("decodeLayout() takes two notes of one id, and no note with the id of a disk", () => {
  const { version, nodes } = read("bios-gpt-ext4");
  const note = (id: string) => ({ kind: "note", id, text: "x" });
  assert.is(refusal({ version, nodes: [...nodes, note("note:a"), note("note:a")] }), "");
  assert.is(refusal({ version, nodes: [note("disk:vda"), ...nodes] }), "disk:vda stands in it twice");
});

test("decodeLayout() refuses arrays that are made of one another", () => {
  const { version, nodes } = read("bios-md-lvm");
  const raid = nodes.find(({ id }) => id === "raid:md0");
  const made = (id: string, on: string) => ({ ...raid, id, members: [{ on, slot: 0, dataOffsetBytes: 0 }] });
  const circle = [...nodes, made("raid:a", "raid:b"), made("raid:b", "raid:a")];
  assert.is(refusal({ version, nodes: circle }), "raid:a lies on raid:b, which doesn't stand before it");
});

test("decodeLayout() takes names that are no UTF-8, and JSON keeps them", () => {
  const { version, nodes } = read("bios-gpt-ext4");
  const odd = nodes.map((node) => {
    if (node.kind === "filesystem" || node.kind === "swap") return { ...node, label: "caf\udce9" };
    if (node.kind === "partition") return { ...node, name: "half \ud83d" };
    return node.kind === "mount" && node.path !== "/" ? { ...node, path: `${node.path}/\udce9t\udce9` } : node;
  });
  const layout = { version, nodes: odd };
  assert.not.match(JSON.stringify(layout), /\ufffd/);
  assert.equal(
    decodeLayout(JSON.parse(new TextDecoder().decode(new TextEncoder().encode(JSON.stringify(layout))))),
    layout,
  );
});

test.run();
