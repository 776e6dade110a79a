/** Plans from sets that lie about their devices and paths: another disk stays as it is to the last byte. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { silentReporter } from "../../src/base/report.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Disk, Layout, LayoutNode } from "../../src/layout/types.ts";
import { planRestore } from "../../src/plan/plan.ts";
import { candidatesFrom } from "../../src/probe/candidates.ts";
import { readDevices } from "../../src/probe/read-devices.ts";
import { applyEffect } from "../../src/run/apply-effect.ts";
import { executePlan } from "../../src/run/execute.ts";
import { attachLoop, canLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";

const MIB = 1 << 20;
const real = linuxHost();
/** Without device mapper: what lvm would make counts as made, so that only the guards stand before the victim. */
const host = {
  ...real,
  run: (command: Parameters<typeof real.run>[0]) =>
    ["lvm", "modprobe"].includes(command.argv[0] ?? "")
      ? Promise.resolve({ code: 0, stdout: "", stderr: "" })
      : real.run(command),
};

const GROUP = `x {
id = "G"
seqno = 3
extent_size = 8192
physical_volumes {
pv0 {
id = "abc"
dev_size = 400000
pe_start = 2048
pe_count = 40
}
}
logical_volumes {
lv {
id = "L"
status = ["READ","WRITE","VISIBLE"]
segment_count = 1
segment1 {
start_extent = 0
extent_count = 20
type = "striped"
stripe_count = 1
stripes = ["pv0", 0]
}
}
}
}
`;
const UUID = "99999999-2222-3333-4444-555555555555";
const assumed = { type: "ext4", uuid: UUID, sizeBytes: 80 * MIB, details: { assumed: true } } as const;
const up = "/..".repeat(12);

const onDisk = (disk: Disk): LayoutNode[] => [
  disk,
  { kind: "filesystem", id: "fs:a", on: disk.id, ...assumed },
  { kind: "mount", id: "mount:/", of: "fs:a", path: "/", options: "rw", root: "/" },
];

/** A layout that is out for the victim, and why it is refused. */
interface Attack {
  readonly name: string;
  readonly nodes: (disk: Disk, victim: string) => readonly LayoutNode[];
  readonly why: RegExp;
}

const attacks: readonly Attack[] = [
  {
    name: "a logical volume whose path is another disk",
    nodes: (disk, victim) => [
      disk,
      {
        kind: "volume-group",
        id: "vg:x",
        name: "x",
        uuid: "G",
        members: [{ on: disk.id, uuid: "abc", metadataAreas: 1 }],
        metadata: GROUP,
      },
      {
        kind: "logical-volume",
        id: "lv:x/lv",
        group: "vg:x",
        name: "lv",
        path: victim,
        uuid: "L",
        sizeBytes: 80 * MIB,
        segments: ["striped"],
      },
      { kind: "filesystem", id: "fs:lv", on: "lv:x/lv", ...assumed },
      { kind: "mount", id: "mount:/", of: "fs:lv", path: "/", options: "rw", root: "/" },
    ],
    why: /on a disk that is not a target/,
  },
  {
    name: "a swap file whose path climbs to another disk",
    nodes: (disk, victim) => [
      ...onDisk(disk),
      {
        kind: "swap-file",
        id: "swap-file:x",
        path: `${up}${victim}`,
        sizeBytes: 4 * MIB,
        mode: 0o600,
        active: false,
        uuid: UUID,
      },
    ],
    why: /which is not below/,
  },
  {
    name: "a swap file in the restored system's /dev, where the running one is bound",
    nodes: (disk, victim) => [
      ...onDisk(disk),
      {
        kind: "swap-file",
        id: "swap-file:x",
        path: victim,
        sizeBytes: 4 * MIB,
        mode: 0o600,
        active: false,
        uuid: UUID,
      },
    ],
    why: /belongs to the running kernel/,
  },
  {
    name: "a mount that climbs out of the restored system",
    nodes: (disk) => [
      ...onDisk(disk),
      { kind: "mount", id: "mount:out", of: "fs:a", path: `${up}/tmp/mondo-nowhere`, options: "rw", root: "/" },
    ],
    why: /which is not below/,
  },
];

/** Restores onto one loop device beside a victim; what was said, and whether either was written to. */
async function attack({ nodes }: Attack) {
  const place = scratch();
  const [targetFile, victimFile] = [place.image("target", 200 * MIB), place.image("victim", 200 * MIB)];
  for (const file of [targetFile, victimFile]) writeFileSync(file, Buffer.alloc(200 * MIB, 0xa5));
  const [target, victim] = [attachLoop(targetFile), attachLoop(victimFile)];
  try {
    const candidates = candidatesFrom(await readDevices(host, { loops: true }));
    const candidate = candidates.find(({ disk }) => disk.path === target.path);
    if (!candidate) throw new Error(`${target.path} not found`);
    const disk: Disk = { ...candidate.disk, id: "disk:sda" };
    const layout: Layout = { version: 1, nodes: nodes(disk, victim.path) };
    const context = { set: "s", firmware: "bios", root: `${place.path}/root`, resize: false } as const;
    const plan = planRestore(layout, { disks: { [disk.id]: candidate }, because: {} }, context);
    const run = { host, reporter: silentReporter, unpack: async () => undefined, loops: true };
    const outcome = await executePlan(plan, { ...run, journal: `${place.path}/journal` }).then(() => "done", String);
    sh(["sync"]);
    const isWhole = (file: string) => readFileSync(file).every((byte) => byte === 0xa5);
    return { outcome, target: isWhole(targetFile), victim: isWhole(victimFile) };
  } finally {
    target.detach();
    victim.detach();
    place.remove();
  }
}

for (const one of attacks) {
  needing(test, canLoop())(`${one.name} is refused before the first write`, async () => {
    const { outcome, target, victim } = await attack(one);
    assert.match(outcome, one.why);
    assert.ok(victim, "the other disk is as it was");
    assert.ok(target, "nothing was written to the target either");
  });
}

test("effects on files of a restored system whose /etc is an absolute link stay in it", async () => {
  const place = scratch();
  const [root, outside] = [`${place.path}/root`, `${place.path}/outside`];
  for (const directory of [outside, `${root}${outside}`]) mkdirSync(directory, { recursive: true });
  for (const directory of [outside, `${root}${outside}`]) writeFileSync(`${directory}/fstab`, "/dev/sda1 / ext4\n");
  symlinkSync(outside, `${root}/etc`);
  const context = { host: real, root, unpack: async () => undefined, log: () => undefined };
  await applyEffect(context, { do: "renameDevices", path: `${root}/etc/fstab`, names: { "/dev/sda1": "/dev/vda1" } });
  await applyEffect(context, { do: "write", path: `${root}/etc/new`, text: "" });
  const argv = ["cp", `${root}/etc/fstab`, `${root}/etc/copy`];
  await applyEffect(context, { do: "run", argv, writes: [`${root}/etc/copy`], reads: [`${root}/etc/fstab`] });
  await applyEffect(context, { do: "setAside", path: `${root}/etc/new`, to: `${root}/etc/old` });
  assert.equal(readdirSync(outside), ["fstab"]);
  assert.is(readFileSync(`${outside}/fstab`, "utf8"), "/dev/sda1 / ext4\n");
  assert.equal(readdirSync(`${root}${outside}`).sort(), ["copy", "fstab", "old"]);
  assert.is(readFileSync(`${root}${outside}/copy`, "utf8"), "/dev/vda1 / ext4\n");
  place.remove();
});

test.run();
