/** Recorded disks as targets of another machine's restore: nobody's disk is taken without a word. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import { type Layout, nodesOf } from "../../../src/layout/types.ts";
import { candidatesFrom } from "../../../src/probe/candidates.ts";
import type { DeviceFacts, Facts } from "../../../src/probe/facts.ts";
import { layoutFrom } from "../../../src/probe/layout-from.ts";

function machine(name: string): Facts {
  const file = join(import.meta.dirname, "../../machines", name, "facts.json");
  return JSON.parse(readFileSync(file, "utf8"));
}

const own = machine("bios-gpt-ext4");
const layout = layoutFrom(own);
const [dead] = nodesOf(layout, "disk");

/** The disk of a machine without numbers, by another name and of the dead one's size. */
function disksOf(facts: Facts, name: string): DeviceFacts[] {
  const was = facts.devices.find((device) => device.parent === undefined)?.name ?? "";
  const renamed = (text: string) => text.replace(was, name);
  return facts.devices.map(({ serial: _, wwn: __, links: ___, ...device }) => ({
    ...device,
    name: renamed(device.name),
    path: renamed(device.path),
    ...(device.parent === undefined ? { sizeBytes: dead?.sizeBytes ?? 0 } : { parent: renamed(device.parent) }),
  }));
}

const wiped = ({ filled: _, ...device }: DeviceFacts): DeviceFacts => ({
  ...device,
  reads: device.reads.map((read) => ({ ...read, base64: "" })),
});

const blank = (name: string): DeviceFacts[] =>
  disksOf(own, name).flatMap((device) => (device.parent === undefined ? [wiped(device)] : []));

const idle = (...devices: readonly DeviceFacts[]): Facts => ({ ...own, devices, mountinfo: "", swaps: "" });

function taken(of: Layout, ...devices: readonly DeviceFacts[]): string[] {
  return Object.values(matchDisks(of, candidatesFrom(idle(...devices)), []).disks).map(({ disk }) => disk.path);
}

function refusal(of: Layout, ...devices: readonly DeviceFacts[]): MondoError {
  try {
    taken(of, ...devices);
  } catch (error) {
    if (error instanceof MondoError) return error;
    throw error;
  }
  throw new Error("did not refuse");
}

const photos = disksOf(machine("bios-mbr-logical"), "sdb");

test("matchDisks() takes the blank disk, not one of the dead disk's size that holds something", () => {
  const larger = blank("sdc").map((device) => ({ ...device, sizeBytes: device.sizeBytes * 2 }));
  assert.equal(taken(layout, ...photos, ...larger), ["/dev/sdc"]);
});

test("matchDisks() refuses the only disk when that holds something, says what, and how it is given up", () => {
  const { code, message, hint } = refusal(layout, ...photos);
  assert.is(code, "no-match");
  assert.match(message, /\/dev\/sdb: holds what is not of the set \[.*now: MBR with 5 partitions: .*ext4 "mbr-root"/);
  assert.match(hint ?? "", /\{"disks":\{"vda":\{"path":"\/dev\/sdb"\}\}\}/);
});

test("matchDisks() refuses a table with empty partitions, and bytes that nobody knows", () => {
  const parted = photos.map((device) => (device.parent === undefined ? device : wiped(device)));
  assert.match(refusal(layout, ...parted).message, /MBR with 5 partitions/);
  for (const offset of [0, 65536, (dead?.sizeBytes ?? 0) - 4096]) {
    const reads = [{ offset, length: 512, base64: Buffer.from("photos").toString("base64") }];
    const odd = blank("sdb").map((device) => ({ ...device, reads }));
    assert.match(refusal(layout, ...odd).message, /something that this version doesn't know/, `at ${offset}`);
  }
  const filled = blank("sdb").map((device) => ({ ...device, filled: true as const }));
  assert.match(refusal(layout, ...filled).message, /something that this version doesn't know/);
});

test("matchDisks() knows the set's disk without numbers, and a restore that was broken off at any point", () => {
  const now = disksOf(own, "sdd");
  assert.equal(taken(layout, ...now, ...photos), ["/dev/sdd"]);
  for (let made = 1; made <= now.length; made += 1) {
    const partly = now.map((device, at) => (at < made ? device : wiped(device)));
    assert.equal(taken(layout, ...partly, ...photos), ["/dev/sdd"], `${made} of ${now.length} devices are filled`);
  }
});

test("layoutFrom() notes what lies on a disk that is left out; matchDisks() knows it by that", () => {
  const facts = machine("bios-20-disks");
  const data = nodesOf(layoutFrom(facts), "disk").at(-1)?.path ?? "";
  const without = layoutFrom(facts, { root: "/", excludedDevices: [data] });
  const left = nodesOf(without, "left-out").find(({ path }) => path === data);
  assert.ok((left?.identities?.length ?? 0) > 0, JSON.stringify(left));
});

test("candidatesFrom() says where a disk is plugged in; equal disks are listed with it", () => {
  const at = (name: string, slot: number) =>
    blank(name).map((device) => ({
      ...device,
      links: [
        `/dev/disk/by-id/x-${name}`,
        `/dev/disk/by-path/pci-0-ata-${slot}.0`,
        `/dev/disk/by-path/pci-0-ata-${slot}`,
      ],
    }));
  const { message } = refusal(layout, ...at("sda", 1), ...at("sdb", 2), ...at("sdc", 3));
  assert.match(message, /could be any of 3 disks/);
  for (const slot of [1, 2, 3]) assert.match(message, new RegExp(`at pci-0-ata-${slot}; now: nothing that is known`));
});

test.run();
