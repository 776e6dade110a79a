/** Arrays with partition tables of their own: whose table it is, what is on it, and what a restore may write to. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { grubBiosDriver } from "../../../src/drivers/loader/grub-bios.ts";
import type { Effect } from "../../../src/effects/effect.ts";
import { crc32 } from "../../../src/formats/archive/crc32.ts";
import { layoutDrift } from "../../../src/layout/drift.ts";
import { requiredBytes, sectorsFit } from "../../../src/layout/fit.ts";
import { disksOf, tableSeenOn } from "../../../src/layout/graph.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import { type Layout, type LayoutNode, nodesOf } from "../../../src/layout/types.ts";
import { bootEntryActions } from "../../../src/plan/boot-entry-actions.ts";
import { fitLayout, leastDiskBytes } from "../../../src/plan/fit/fit-layout.ts";
import { loaderContexts, planRestore } from "../../../src/plan/plan.ts";
import type { Plan } from "../../../src/plan/restore-plan.ts";
import { candidatesFrom } from "../../../src/probe/candidates.ts";
import type { DeviceFacts, Facts, SavedRead } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { guardEffect } from "../../../src/run/guard-effect.ts";
import { fakeHost } from "../../support/fake-host.ts";

const file = join(import.meta.dirname, "../../machines/bios-md-gpt/facts.json");
const recorded = JSON.parse(readFileSync(file, "utf8")) as Facts;
const layout = layoutFrom(recorded);
const changed = (change: (device: DeviceFacts) => DeviceFacts | readonly DeviceFacts[]): Facts => {
  return { ...recorded, devices: recorded.devices.flatMap(change) };
};
const withNodes = (change: (node: LayoutNode) => LayoutNode): Layout => ({
  version: 1,
  nodes: layout.nodes.map(change),
});

/** A partition that the kernel has made of a disk. */
const partitionOf = (disk: DeviceFacts): DeviceFacts => {
  const { serial: _, transport: __, ...plain } = disk;
  const name = `${disk.name}2`;
  const place = { parent: disk.name, partition: 2, startBytes: 2097152, sizeBytes: 268435456, devno: `254:${name}` };
  return { ...plain, ...place, name, path: `/dev/${name}`, holders: [], reads: [] };
};

const array = recorded.devices.find(({ name }) => name === "md126");
/** What the array shows from its first byte is what each mirror does. */
const tableReads = array?.reads.filter(({ offset }) => offset < 2 ** 20) ?? [];

/** The rescue, where the array doesn't run and the kernel has taken the table that each member shows for a real one. */
const stopped: Facts = {
  ...changed((device) => {
    if (!/^vd/.test(device.name)) return [];
    const disk = { ...device, holders: [], reads: [...device.reads, ...tableReads] };
    return [disk, partitionOf(disk)];
  }),
  mountinfo: "",
  swaps: "",
};

function planOf(facts: Facts): Plan {
  return planRestore(layout, matchDisks(layout, candidatesFrom(facts), []), { set: "s", firmware: "bios", root: "/r" });
}

test("layoutFrom() takes the table that a member shows for the array's, also when the kernel made partitions of it", () => {
  const seen = changed((device) => (device.name === "vda" ? [device, partitionOf(device)] : [device]));
  assert.equal(layoutFrom(seen), layout);
  assert.equal(
    nodesOf(layout, "table").map(({ on, sectorBytes }) => [on, sectorBytes]),
    [["raid:md126", 512]],
  );
  assert.equal(
    disksOf(layout, "fs:md126p2").map(({ path }) => path),
    ["/dev/vda", "/dev/vdb"],
  );
});

test("candidatesFrom() knows members of a stopped array by it, and that firmware sees the table on each", () => {
  const candidates = candidatesFrom(stopped);
  assert.equal(
    candidates.map(({ contents, table, busy }) => [contents, table, busy]),
    candidates.map(() => ["a member of the software RAID web2:system", undefined, undefined]),
  );
  assert.is(tableSeenOn(layout, "disk:vdb")?.id, "table:md126");
  const anonymous = { ...stopped, devices: stopped.devices.map(({ serial: _, ...device }) => device) };
  const { because } = matchDisks(layout, candidatesFrom(anonymous), []);
  assert.is(Object.values(because).length, 2, "the array's UUID is enough");
});

/** A GPT's header that says that its backup lies elsewhere. */
function withBackupAt(read: SavedRead, sector: number): SavedRead {
  const bytes = new Uint8Array(read.length);
  bytes.set(Buffer.from(read.base64, "base64"));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(32, BigInt(sector), true);
  view.setUint32(16, 0, true);
  view.setUint32(16, crc32(bytes.subarray(0, view.getUint32(12, true))), true);
  return { ...read, base64: Buffer.from(bytes).toString("base64") };
}

test("an array's old superblock behind a table that was made for the whole disk means nothing", () => {
  const devices = stopped.devices.map((device) => {
    if (device.name !== "vda") return device;
    const reads = device.reads.map((read) =>
      read.offset === 512 ? withBackupAt(read, device.sizeBytes / 512 - 1) : read,
    );
    return { ...device, reads };
  });
  const facts = { ...stopped, devices };
  assert.match(candidatesFrom(facts)[0]?.contents ?? "", /^GPT with 3 partitions/);
});

test("layoutFrom() leaves out a partition of an array by name", () => {
  const without = layoutFrom(recorded, { root: "/", excludedDevices: ["/dev/md126p2"] });
  assert.is(nodesOf(without, "partition").length, 3);
  assert.equal(
    nodesOf(without, "note").map(({ text }) => text),
    ["/dev/md126p2 is excluded, but its disk isn't: a restore makes the partition again, but empty"],
  );
});

test("layoutDrift() tells what changed in an array's table and on its partitions", () => {
  assert.equal(layoutDrift(layout, layout), []);
  const other = withNodes((node) => {
    if (node.id === "part:md126p1") return { ...node, name: "core" } as LayoutNode;
    return node.id === "fs:md126p2" ? ({ ...node, label: "start" } as LayoutNode) : node;
  });
  assert.equal(layoutDrift(layout, other), [
    '/dev/md126p1: name is "core" instead of "grub"',
    '/dev/md126p2: label is "start" instead of "boot"',
  ]);
  const bare = { ...layout, nodes: layout.nodes.filter(({ kind }) => kind !== "table" && kind !== "partition") };
  assert.match(layoutDrift(layout, bare).join("\n"), /\/dev\/md126: has no partition table/);
});

test("guardEffect() lets a plan write to partitions of its arrays, and to nothing that only begins like them", () => {
  const plan = planOf(stopped);
  const wipe = (path: string): Effect => ({ do: "wipe", path, ranges: [[0, 1]] });
  for (const path of ["/dev/vda", "/dev/vda1", "/dev/md126", "/dev/md126p3"]) guardEffect(plan, wipe(path));
  const few = { ...plan, volumes: [{ path: "/dev/md1" }], disks: [{ path: "/dev/nvme0n1", sizeBytes: 1 }] };
  guardEffect(few, wipe("/dev/md1p26"));
  guardEffect(few, wipe("/dev/nvme0n1p2"));
  for (const path of ["/dev/md126", "/dev/md126p1", "/dev/nvme0n12", "/dev/nvme0n12p1", "/dev/nvme0n1p", "/dev/md1p"])
    assert.throws(
      () => guardEffect(few, wipe(path)),
      (error: unknown) => error instanceof MondoError && error.code === "refused",
      path,
    );
});

test("planRestore() with nopart makes the array and its table all the same: they lie on no table of a disk", () => {
  const targets = matchDisks(layout, candidatesFrom(stopped), []);
  const context = { set: "s", firmware: "bios", root: "/r", partition: false } as const;
  const actions = planRestore(layout, targets, context).phases.flatMap((phase) => phase.actions.map(({ id }) => id));
  assert.equal(
    actions.filter((id) => /^(wipe|make:raid|table)/.test(id)),
    ["wipe:disk:vda", "wipe:disk:vdb", "make:raid:md126", "table:raid:md126"],
  );
});

test("fitLayout() refuses disks that are too small for what is on an array's partitions, with the numbers", () => {
  const [disk] = nodesOf(layout, "disk");
  if (!disk) throw new Error("no disk");
  const least = leastDiskBytes(layout, disk);
  const onto = (sizeBytes: number) =>
    fitLayout(layout, Object.fromEntries(nodesOf(layout, "disk").map(({ id }) => [id, { ...disk, sizeBytes }])));
  assert.ok(least < requiredBytes(layout, disk));
  onto(least);
  assert.throws(
    () => onto(least - 2 ** 20),
    (error: unknown) =>
      error instanceof MondoError && error.code === "no-match" && /needs at least/.test(error.message),
  );
});

test("sectorsFit() keeps an array's table on disks with the sectors that it counts in", () => {
  const [disk] = nodesOf(layout, "disk");
  if (!disk) throw new Error("no disk");
  assert.equal([sectorsFit(layout, disk, 512), sectorsFit(layout, disk, 4096)], [true, false]);
});

test("bootEntryActions() names a disk that mirrors the array for an ESP on it, which is what firmware sees", () => {
  const entry = { number: "0001", label: "debian", active: true, file: "\\EFI\\debian\\shimx64.efi" };
  const partitionUuid = "6D6F6E64-6F00-4000-8000-000000002012";
  const uefi = withNodes((node) =>
    node.kind === "firmware" ? { ...node, mode: "uefi", entries: [{ ...entry, partitionUuid }] } : node,
  );
  const { targets } = planOf(stopped);
  const context = { saved: uefi, layout: uefi, devices: targets, loaders: [], firmware: "uefi" } as const;
  const [effect] = bootEntryActions(context).flatMap((action) => action.effects);
  assert.ok(effect?.do === "efiEntry");
  const { disk, partition, partitionUuid: uuid, label, file, attributes, data } = effect;
  const expected = ["/dev/vda", 2, partitionUuid, entry.label, entry.file, 1, undefined];
  assert.equal([disk, partition, uuid, label, file, attributes, data], expected);
});

test("verify() of GRUB looks for its core in the BIOS boot partition of the mirror that a disk shows", async () => {
  const plan = planOf(stopped);
  const [context] = loaderContexts(layout, plan, "bios");
  if (!context) throw new Error("no loader");
  const sector = new Uint8Array(512);
  sector.set(Buffer.from("GRUB "), 0x180);
  const defects = async (core: number) => {
    new DataView(sector.buffer).setBigUint64(0x5c, BigInt(core), true);
    const disk = (offset: number) => (offset === 0 ? sector : new Uint8Array(512).fill(1));
    const host = { ...fakeHost({ files: {} }), readAt: (_: string, offset: number) => disk(offset) };
    return (await grubBiosDriver.verify(host, context)).filter((text) => /boot sector/.test(text));
  };
  assert.equal(await defects(2048), []);
  assert.equal(
    await defects(34),
    ["/dev/vda", "/dev/vdb"].map(
      (path) => `GRUB's boot sector on ${path} points to byte 17408, outside of the place for its core`,
    ),
  );
});

test.run();
