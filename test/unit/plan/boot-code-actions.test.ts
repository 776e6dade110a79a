/** Boot code outside of tables and file systems: whose it is, where it comes back, and where it can't. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../../src/effects/effect.ts";
import { decodeLayout } from "../../../src/layout/decode-layout.ts";
import { type Disk, type Layout, type LayoutNode, nodesOf } from "../../../src/layout/types.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import type { DeviceFacts, Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { bootCodeDefects } from "../../../src/run/check-boot-code.ts";

const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../machines/bios-mbr-logical/facts.json"), "utf8"),
) as Facts;
const GENERIC = Buffer.from("Missing operating system");
const GRUB = Buffer.from("\xebc\x90 GRUB Geom", "latin1");

/** The device with these bytes at an offset of what was read of it. */
function withBytes(device: DeviceFacts, offset: number, bytes: Buffer, length = 1024): DeviceFacts {
  const known = device.reads.find((read) => read.offset === 0);
  const size = Math.max(length, known?.length ?? 0);
  const all = Buffer.alloc(size);
  if (known) all.set(Buffer.from(known.base64, "base64"));
  if (offset === 0) all.fill(0, 0, 440);
  all.set(bytes, offset);
  const others = device.reads.filter((read) => read !== known);
  return { ...device, reads: [{ offset: 0, length: size, base64: all.toString("base64") }, ...others] };
}

/** The recorded machine with code on devices by name; its GRUB is gone from the first sector. */
function machine(code: Readonly<Record<string, readonly (readonly [number, Buffer])[]>>, files = recorded.files) {
  const devices = recorded.devices.map((device) => {
    const own = [...(device.name === "sda" ? [[0, GENERIC] as const] : []), ...(code[device.name] ?? [])];
    const length = device.name === "sda" ? 2 ** 20 : 1024;
    return own.reduce((now, [offset, bytes]) => withBytes(now, offset, bytes, length), device);
  });
  return layoutFrom({ ...recorded, devices, files });
}

const codeIn = (layout: Layout) =>
  [...nodesOf(layout, "disk"), ...nodesOf(layout, "partition")].flatMap(({ id, bootCode = [] }) =>
    bootCode.map(({ offset, base64 }) => [id, offset, Buffer.from(base64, "base64").toString("latin1")]),
  );

function planOf(layout: Layout, change: (disk: Disk) => Disk = (disk) => disk) {
  const disks = nodesOf(layout, "disk").map((disk) => {
    const target = { disk: change(disk), readOnly: false, contents: "nothing", storageDrivers: [] };
    return [disk.id, target] as const;
  });
  const targets = { disks: Object.fromEntries(disks), because: {} };
  return planRestore(layout, targets, { set: "s", firmware: "bios", root: "/mnt/restore" });
}

const writes = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.do === "writeAt" ? [[effect.path, effect.offset]] : []));
const formatOf = (layout: Layout) =>
  planOf(layout).phases.flatMap(({ phase, actions }) =>
    phase === "format" ? actions.flatMap((action) => action.effects) : [],
  );

test("code that no loader claims is kept, byte for byte, and nobody says that there was no loader", () => {
  const layout = machine({ sda: [[600, Buffer.from("stage 1.5")]], sda1: [[0, Buffer.from("chain")]] });
  decodeLayout(JSON.parse(JSON.stringify(layout)));
  assert.equal(codeIn(layout), [
    ["disk:sda", 0, GENERIC.toString()],
    ["disk:sda", 600, "stage 1.5"],
    ["part:sda1", 0, "chain"],
  ]);
  const [loader] = nodesOf(layout, "loader");
  assert.equal([loader?.type, loader?.on], ["boot-code", ["disk:sda", "part:sda1"]]);
  const notes = nodesOf(layout, "note").map(({ text }) => text);
  assert.ok(notes.some((text) => /byte for byte/.test(text)));
  assert.not.ok(notes.some((text) => /no boot loader was found/.test(text)));
  const effects = formatOf(layout);
  assert.equal(writes(effects), [
    ["/dev/sda", 0],
    ["/dev/sda", 600],
    ["/dev/sda1", 0],
  ]);
  const made = effects.findIndex((effect) => effect.do === "run" && effect.writes.includes("/dev/sda1"));
  const written = effects.findIndex((effect) => effect.do === "writeAt" && effect.path === "/dev/sda1");
  assert.ok(made >= 0 && made < written, "after the file system was made");
});

test("GRUB in the first sector of the partition with its files is installed there again, by force", () => {
  const layout = machine({ sda1: [[0, GRUB]] });
  assert.equal(
    nodesOf(layout, "loader").map(({ type, on }) => [type, on]),
    [["grub-bios", ["part:sda1"]]],
  );
  assert.equal(codeIn(layout), [["disk:sda", 0, GENERIC.toString()]]);
  const argv = planOf(layout).phases.flatMap(({ actions }) =>
    actions.flatMap(({ effects }) => effects.flatMap((effect) => (effect.do === "run" ? [effect.argv.join(" ")] : []))),
  );
  assert.ok(argv.includes("grub-install --target=i386-pc --recheck --force /dev/sda1"), argv.join("\n"));
});

test("GRUB in a partition that doesn't hold its files is a stranger's: kept", () => {
  const layout = machine({ sda7: [[0, GRUB]] });
  assert.is(nodesOf(layout, "loader")[0]?.type, "boot-code");
  assert.ok(codeIn(layout).some(([id]) => id === "part:sda7"));
  const notes = nodesOf(layout, "note").map(({ text }) => text);
  assert.ok(notes.some((text) => /^the first sector of \/dev\/sda7 holds GRUB, which finds/.test(text)));
});

test("GRUB in the disk's first sector claims what is there: nothing of it is kept", () => {
  assert.equal(codeIn(layoutFrom(recorded)), []);
});

/** The layout with code of a partition, or with the partition elsewhere. */
const changed = (layout: Layout, change: (node: LayoutNode) => LayoutNode): Layout => ({
  version: 1,
  nodes: layout.nodes.map(change),
});

test("code that has no place here isn't written, and a warning says why", () => {
  const layout = machine({ sda1: [[0, Buffer.from("chain")]] });
  const outside = changed(layout, (node) =>
    node.kind === "disk"
      ? { ...node, bootCode: [{ offset: 438, base64: Buffer.from("abcd").toString("base64") }] }
      : node,
  );
  const plan = planOf(outside);
  assert.ok(plan.warnings.some((text) => /boot code of \/dev\/sda isn't written back \(there is no room/.test(text)));
  const effects = plan.phases.flatMap(({ actions }) => actions.flatMap((action) => action.effects));
  assert.equal(writes(effects), [["/dev/sda1", 0]], "a table is never overwritten");
  assert.equal(codeIn(plan.layout), [["part:sda1", 0, "chain"]]);
  const sectors = planOf(layout, (disk) => ({ ...disk, logicalSectorBytes: 4096 }));
  assert.is(sectors.warnings.filter((text) => /sectors of another size/.test(text)).length, 2);
});

test("bootCodeDefects() names the device whose code is another now", () => {
  const layout = machine({});
  const targets = { "disk:sda": "/dev/vda" };
  const reading = (bytes: Buffer) => ({
    readAt: (_: string, from: number, n: number) => bytes.subarray(from, from + n),
  });
  assert.equal(bootCodeDefects(reading(GENERIC), layout, targets), []);
  assert.equal(bootCodeDefects(reading(Buffer.alloc(512)), layout, targets), [
    "the first sectors of /dev/vda don't hold the boot code that they had",
  ]);
});

test.run();
