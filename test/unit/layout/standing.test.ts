/** Whose a disk is: only what is of the set, or blank, may be erased without a person's word. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { standingIn } from "../../../src/layout/standing.ts";
import type { Disk, Layout, LayoutNode, LeftOut } from "../../../src/layout/types.ts";
import { diskOf } from "../../support/cached-layout.ts";

const GIB = 1 << 30;

const table = (on: string, uuid: string): LayoutNode => ({ kind: "table", id: `table:${on}`, on, scheme: "gpt", uuid });
const part = (on: string, number: number): LayoutNode => ({
  ...{ kind: "partition", id: `part:${on}${number}`, table: `table:${on}`, path: `/dev/x${number}`, number },
  ...{ startBytes: 0, sizeBytes: 1, type: "T", uuid: "P", role: "primary" },
});
const fs = (on: string, number: number, uuid: string): LayoutNode => {
  return {
    kind: "filesystem",
    id: `fs:${uuid}`,
    on: `part:${on}${number}`,
    type: "ext4",
    uuid,
    sizeBytes: 1,
    details: {},
  };
};

/** One disk, with the table T and the file systems A and B. */
function setOf(numbers: Partial<Disk> = {}, ...more: readonly LayoutNode[]): Layout {
  const disk = { ...diskOf("sda", GIB), ...numbers };
  const content = [fs(disk.id, 1, "A1"), fs(disk.id, 2, "B2")];
  const nodes = [disk, table(disk.id, "T0"), part(disk.id, 1), part(disk.id, 2), ...content, ...more];
  return { version: 1, nodes };
}

function here(more: Partial<Candidate> = {}, numbers: Partial<Disk> = {}): Candidate {
  const disk = { ...diskOf("vda", GIB), ...numbers };
  return { disk, readOnly: false, contents: "", storageDrivers: [], ...more };
}

const leftOut = (more: Partial<LeftOut>): LeftOut => {
  return { kind: "left-out", id: "left-out:x", path: "/dev/x", why: "", holdsData: true, sizeBytes: 1, ...more };
};

const standing = (layout: Layout, one: Candidate, ...others: readonly Candidate[]) =>
  standingIn(layout, [one, ...others])(one);

const tableHere = (uuid: string) => [table("disk:vda", uuid), part("disk:vda", 1)] as NonNullable<Candidate["table"]>;

test("standingIn() knows a disk of the set by its numbers, whatever lies on it", () => {
  const held = { identities: ["ff"], unidentified: true };
  assert.is(standing(setOf({ wwn: "naa.5" }), here(held, { wwn: "naa.5" })), "own");
  assert.is(standing(setOf({ serial: "S1" }), here(held, { serial: "S1" })), "own");
});

test("standingIn() doesn't take numbers that tell nothing, that several have, or that the WWN belies", () => {
  const held = { identities: ["ff"] };
  for (const serial of ["0000", "QM00001", "00000000000000000001", "0123456789ABCDEF", "VMware NVME_0000"]) {
    assert.is(standing(setOf({ serial }), here(held, { serial })), "foreign", serial);
    assert.is(standing(setOf({}, leftOut({ serial })), here({}, { serial })), "blank", serial);
  }
  const eui = "eui.5254000000000001";
  assert.is(standing(setOf({ wwn: eui }), here(held, { wwn: eui })), "foreign");
  const twin = here({}, { serial: "S1", path: "/dev/vdb" });
  assert.is(standing(setOf({ serial: "S1" }), here(held, { serial: "S1" }), twin), "foreign");
  const other = here(held, { serial: "S1", wwn: "naa.6" });
  assert.is(standing(setOf({ serial: "S1", wwn: "naa.5" }), other), "foreign");
});

test("standingIn() knows a disk by most of its content, a broken-off restore by any of it", () => {
  assert.is(standing(setOf(), here({ identities: ["t0", "a1", "ff"], unidentified: true })), "own");
  assert.is(standing(setOf(), here({ identities: ["t0"], table: tableHere("T0") })), "own");
  assert.is(standing(setOf(), here({ identities: ["a1"] })), "own");
  // A table of another's making, and in it a file system of the set.
  assert.is(standing(setOf(), here({ identities: ["ee", "a1"], table: tableHere("EE") })), "own");
});

test("standingIn() knows a physical volume that is in no group yet, and what is saved as an image", () => {
  const members = [{ on: "disk:sda", uuid: "PV-1", metadataAreas: 1 }];
  const group: LayoutNode = { kind: "volume-group", id: "vg:v", name: "v", uuid: "VG", members, metadata: "" };
  assert.is(standing(setOf({}, group), here({ identities: ["pv-1"] })), "own");
  const image = { kind: "image", id: "image:x", on: "part:x", uuid: "NTFS-1" } as LayoutNode;
  assert.is(standing(setOf({}, image), here({ identities: ["a1", "ntfs-1"] })), "own");
});

test("standingIn() takes a copied table with something else in it for somebody else's", () => {
  assert.is(standing(setOf(), here({ identities: ["t0", "ff"], table: tableHere("T0") })), "foreign");
  assert.is(standing(setOf(), here({ identities: ["t0"], table: tableHere("T0"), unidentified: true })), "foreign");
});

test("standingIn() counts zeros as no identifier", () => {
  const zero: Layout = { version: 1, nodes: [diskOf("sda", GIB), table("disk:sda", "0x00000000")] };
  assert.is(standing(zero, here({ identities: ["0x00000000"], table: tableHere("0x00000000") })), "foreign");
});

test("standingIn() takes for blank what holds nothing, an empty table included, but no partitions", () => {
  assert.is(standing(setOf(), here()), "blank");
  assert.is(standing(setOf(), here({ identities: ["ee"], table: tableHere("EE").slice(0, 1) })), "blank");
  const parted = here({ identities: ["ee"], table: tableHere("EE") });
  assert.is(standing(setOf(), parted), "foreign");
  assert.is(standingIn(setOf(), [parted], true)(parted), "blank", "its table stays");
  assert.is(standing(setOf(), here({ unidentified: true })), "foreign");
  assert.is(standing(setOf(), here({ identities: ["ff"] })), "foreign");
});

test("standingIn() knows what was left out by its numbers and by what is on it", () => {
  const one = here({ identities: ["a1", "dd"] });
  assert.is(standing(setOf({}, leftOut({ identities: ["dd"] })), one), "left-out");
  assert.is(standing(setOf({}, leftOut({ serial: "Z" })), here({}, { serial: "Z" })), "left-out");
  assert.is(standing(setOf({}, leftOut({ serial: "Z", holdsData: false })), here({}, { serial: "Z" })), "blank");
});

test("standingIn() tells a left-out copy of the set's disk from that by numbers alone", () => {
  const copy = leftOut({ identities: ["t0", "a1", "b2"] });
  const content = { identities: ["t0", "a1", "b2"] };
  assert.is(standing(setOf({}, copy), here(content)), "left-out");
  assert.is(standing(setOf({ serial: "S1" }, copy), here(content, { serial: "S1" })), "own");
  // The ESP is a copy, the rest is not.
  assert.is(standing(setOf({}, leftOut({ identities: ["a1", "dd"] })), here(content)), "own");
});

test.run();
