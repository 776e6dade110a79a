import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { compareLayouts } from "../../../src/layout/compare-layouts.ts";
import { disksOf, volumeOn } from "../../../src/layout/graph.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import { type Layout, nodesOf } from "../../../src/layout/types.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import type { Plan } from "../../../src/plan/restore-plan.ts";
import { candidatesFrom } from "../../../src/probe/candidates.ts";
import { contentOfDevice } from "../../../src/probe/describe-content.ts";
import { describeDisk } from "../../../src/probe/describe-disk.ts";
import type { DeviceFacts, Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";
import { obstacles } from "../../../src/probe/obstacles.ts";
import { guardVolumes } from "../../../src/run/guard.ts";

const file = join(import.meta.dirname, "../../machines/bios-md-lvm/facts.json");
const recorded = JSON.parse(readFileSync(file, "utf8")) as Facts;
const changed = (change: (device: DeviceFacts) => DeviceFacts | undefined): Facts => {
  return { ...recorded, devices: recorded.devices.flatMap((device) => change(device) ?? []) };
};
/** The same machine in the rescue: nothing is mounted. */
const idle = { ...recorded, mountinfo: "", swaps: "" };

function planOf(layout: Layout): Plan {
  return planRestore(layout, matchDisks(layout, candidatesFrom(idle), []), { set: "s", firmware: "bios", root: "/r" });
}

test("layoutFrom() describes volumes with what they hold and how it is used", () => {
  const layout = layoutFrom(recorded);
  assert.equal(
    nodesOf(layout, "mount").map(({ of, path }) => [of, path]),
    [
      ["fs:md0", "/boot"],
      ["fs:vg0/root", "/"],
      ["fs:vg0/home", "/home"],
    ],
  );
  assert.is(nodesOf(layout, "swap")[0]?.active, true);
  assert.is(volumeOn(layout, "raid:md1")?.id, "vg:vg0");
  assert.equal(
    disksOf(layout, "lv:vg0/root").map((disk) => disk.path),
    ["/dev/vdb", "/dev/vdc"],
  );
});

test("layoutFrom() takes a disk that only holds a member of a used volume", () => {
  const disks = layoutFrom({
    ...recorded,
    devices: recorded.devices.map((d) => (d.name === "md1" || d.name === "md0" ? { ...d, slaves: ["vdb2"] } : d)),
  });
  assert.is(nodesOf(disks, "disk").length, 2);
});

test("layoutFrom() refuses an array that doesn't run and a volume that isn't active", () => {
  const stopped = layoutFrom(changed((d) => (d.name === "md0" ? undefined : d)));
  assert.match(
    obstacles(stopped).join(),
    /vdb2 holds a member of the software RAID web1:0, an array that is not running/,
  );
  const inactive = layoutFrom(changed((d) => (d.name === "dm-1" ? undefined : d)));
  assert.match(obstacles(inactive).join(), /\/dev\/vg0\/home holds a logical volume that is not active/);
});

test("layoutFrom() notes a degraded array, and plans it as degraded", () => {
  const layout = layoutFrom(recorded, { root: "/", excludedDevices: ["/dev/vdc2"] });
  assert.match(
    nodesOf(layout, "note")
      .map((note) => note.text)
      .join("\n"),
    /\/dev\/md0 \(raid1\) lacks 1 of 2 members/,
  );
  const actions = planOf(layout).phases.flatMap((phase) => phase.actions);
  const make = actions.find((action) => action.id === "make:raid:md0")?.effects[1];
  assert.equal(make?.do === "run" && make.argv.slice(-2), ["/dev/vdb2", "missing"]);
});

test("candidatesFrom() calls a disk with idle volumes free, and names what is to be stopped", () => {
  const [first] = candidatesFrom(idle);
  assert.is(first?.busy, undefined);
  assert.equal(first?.volumes, ["dm-0", "dm-1", "dm-2", "md0", "md1"]);
  assert.match(first?.contents ?? "", /a member of the software RAID web1:0/);
  assert.equal(planOf(layoutFrom(recorded)).phases[0]?.actions[0]?.effects[0], { do: "release", path: "/dev/vdb" });
  assert.match(candidatesFrom(recorded)[0]?.busy ?? "", /is mounted at/);
});

test("guardVolumes() refuses an array or a group of that name on a disk that is none of the plan's", () => {
  const plan = planOf(layoutFrom(recorded));
  guardVolumes(plan, idle);
  const one = { ...plan, disks: plan.disks.filter((disk) => disk.path === "/dev/vdb") };
  for (const pattern of [/\/dev\/md0 is an array on other disks/, /volume group vg0 is on \/dev\/md1, too/]) {
    const volumes = plan.volumes.filter((volume) => (volume.group === undefined) === /array/.test(pattern.source));
    assert.throws(
      () => guardVolumes({ ...one, volumes }, idle),
      (error: unknown) => error instanceof MondoError && error.code === "refused" && pattern.test(error.message),
    );
  }
});

test("compareLayouts() tells lost members, other chunks and missing volumes", () => {
  const layout = layoutFrom(recorded);
  const same = Object.fromEntries(nodesOf(layout, "disk").map((disk) => [disk.id, disk.path]));
  assert.equal(compareLayouts(layout, layout, same), []);
  const nodes = layout.nodes
    .filter((node) => node.id !== "lv:vg0/home")
    .map((node) => (node.kind === "raid" ? { ...node, bitmapChunkBytes: 1, members: node.members.slice(1) } : node));
  const text = compareLayouts(layout, { version: 1, nodes }, same).join("\n");
  assert.match(text, /\/dev\/md0: members is \[1\] instead of \[0,1\]/);
  assert.match(text, /\/dev\/md1: bitmapChunkBytes is 1 instead of 67108864/);
  assert.match(text, /\/dev\/vg0\/home: there is no logical volume with the UUID/);
});

const cached = JSON.parse(readFileSync(join(file, "../../bios-lvm-cache/facts.json"), "utf8")) as Facts;

/** The label of an LVM physical volume after a change, in whatever was read. */
function relabelled(name: string, change: (label: Buffer) => void): Facts {
  const reads = (device: DeviceFacts) =>
    device.reads
      .filter((read) => !Buffer.from(read.base64, "base64").includes(" LVM2 x["))
      .map((read) => {
        const bytes = Buffer.alloc(read.length);
        Buffer.from(read.base64, "base64").copy(bytes);
        const at = bytes.indexOf("LABELONE");
        if (at >= 0) change(bytes.subarray(at));
        return { ...read, base64: bytes.toString("base64") };
      });
  const devices = cached.devices.map((one) => (one.name === name ? { ...one, reads: reads(one) } : one));
  return { ...cached, devices };
}

/** After the header of 32 bytes: UUID and size, areas of data and a pair of zeros, areas of metadata and another. */
const METADATA_AREAS = 32 + 40 + 32;

test("layoutFrom() knows a physical volume without metadata by what the others of its group say", () => {
  const layout = layoutFrom(
    relabelled("vdc", (label) => {
      label.copyWithin(METADATA_AREAS, METADATA_AREAS + 16, METADATA_AREAS + 48);
    }),
  );
  assert.equal(obstacles(layout), []);
  const [group] = nodesOf(layout, "volume-group");
  assert.equal(
    group?.members.map(({ on, metadataAreas }) => [on, metadataAreas]),
    [
      ["part:vdb1", 1],
      ["disk:vdc", 0],
    ],
  );
  assert.equal(nodesOf(layout, "mount"), nodesOf(layoutFrom(cached), "mount"));
});

test("contentOfDevice() tells a physical volume that no group has taken from one whose group isn't there", () => {
  const lone = (flags: number) => {
    const facts = relabelled("vdc", (label) => {
      if (label.byteLength === 512) label.writeUInt32LE(flags, METADATA_AREAS + 36);
    });
    const devices = facts.devices.filter(({ name }) => name === "vdc").map((one) => ({ ...one, holders: [] }));
    const [device] = devices;
    if (!device) throw new Error("no vdc");
    return {
      kind: contentOfDevice({ ...facts, devices }, device).kind,
      nodes: describeDisk({ ...facts, devices }, device),
    };
  };
  assert.is(lone(0).kind, "spare");
  const spare = lone(0).nodes.filter((node) => node.kind === "physical-volume");
  const [{ uuid } = { uuid: "" }] = spare;
  const own = { kind: "physical-volume", id: "pv:vdc", on: "disk:vdc", path: "/dev/vdc", uuid, metadataAreas: 1 };
  assert.equal(spare, [own]);
  assert.match(uuid, /^[0-9A-Za-z]{6}(-[0-9A-Za-z]{4}){5}-[0-9A-Za-z]{6}$/);
  assert.is(lone(1).kind, "foreign");
});

test.run();
