/**
 * A machine that lost its system's disk, and whose power went while its data were written to: the system comes back,
 * and the members of a mirror with LVM, and a LUKS volume, are the same to their last sector. Needs md and device
 * mapper.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Secret } from "../../src/base/secret.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { KeepWish } from "../../src/layout/keep/keep-wish.ts";
import { type Layout, nodesOf } from "../../src/layout/types.ts";
import { planOnto } from "../../src/plan/plan-onto.ts";
import type { Plan } from "../../src/plan/restore-plan.ts";
import { activateVolumes } from "../../src/run/activate.ts";
import { unmountTree } from "../../src/run/chroot.ts";
import { attachLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import {
  candidatesOf,
  canVolumes,
  execute,
  ext4,
  KEY,
  type LoopDisk,
  layoutOf,
  lvm,
  makeLuks2,
  partition,
  releaseAll,
} from "../support/volume-lab.ts";

const MIB = 1 << 20;
const host = linuxHost();
const give = async () => Secret.ofText(KEY);
const digestOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Four disks: the system's, two of a mirror with a volume group, one with LUKS. */
const SIZES = [64, 100, 100, 80];

interface Machine {
  readonly place: ReturnType<typeof scratch>;
  readonly layout: Layout;
  /** What is on the disks of the data when the power went. */
  readonly copies: readonly string[];
}

function makeVolumes([system, left, right, secret]: readonly LoopDisk[]): void {
  if (!system || !left || !right || !secret) throw new Error("no disks");
  partition([system], "label: gpt\nstart=2048\n");
  ext4(`${system.path}p1`);
  const words = ["--run", "--level=1", "--raid-devices=2", "--bitmap=internal", "--assume-clean"];
  sh(["mdadm", "--create", "/dev/md7", ...words, left.path, right.path], "y\n");
  lvm("vgcreate", "-q", "vgkept", "/dev/md7");
  lvm("lvcreate", "-q", "-y", "-n", "srv", "-L", "60M", "vgkept");
  ext4("/dev/vgkept/srv");
  makeLuks2(secret.path, "kept-crypt");
  ext4("/dev/mapper/kept-crypt");
}

/** Makes the machine and pulls its plug. */
async function cutOff(): Promise<Machine> {
  const place = scratch();
  const [srv, home] = ["srv", "home"].map((name) => `${place.path}/${name}`);
  const files = SIZES.map((size, index) => place.image(`disk${index}`, size * MIB));
  const sources = files.map((file) => attachLoop(file));
  try {
    makeVolumes(sources);
    const name = sources[0]?.path.slice("/dev/".length);
    const layout = await layoutOf(sources, [
      [`part:${name}p1`, "/"],
      ["lv:vgkept/srv", "/srv"],
      ["luks:kept-crypt", "/home"],
    ]);
    for (const [at, device] of [
      [srv, "/dev/vgkept/srv"],
      [home, "/dev/mapper/kept-crypt"],
    ] as const) {
      mkdirSync(at ?? "");
      sh(["mount", device, at ?? ""]);
      writeFileSync(`${at}/after the backup`, "new");
      sh(["sync", `${at}/after the backup`]);
    }
    const copies = files.slice(1).map((file) => `${file}-copy`);
    for (const [index, copy] of copies.entries()) copyFileSync(files[index + 1] ?? "", copy);
    return { place, layout, copies };
  } finally {
    await unmountTree(host, place.path);
    await releaseAll(sources);
    for (const source of sources) source.detach();
  }
}

let cut: Promise<Machine> | undefined;
/** One machine for all: what a test does to it, the next one finds. */
const made = (): Promise<Machine> => {
  cut ??= cutOff();
  return cut;
};
test.after(async () => (await cut)?.place.remove());

/** The plan for what is here now. */
async function planned(
  { layout, place }: Machine,
  disks: readonly LoopDisk[],
  keep: KeepWish,
  chosen: Readonly<Record<string, string>> = {},
): Promise<Plan> {
  const root = `${place.path}/restored`;
  const context = { set: "test", firmware: "bios", root } as const;
  const candidates = (await candidatesOf(disks, root)).map(({ busy: _, ...candidate }) => candidate);
  return planOnto(layout, { candidates, carriers: [], chosen, keep }, context).plan;
}

/** Runs `work` on the data's disks and a new one for the system. */
async function onNewDisk(machine: Machine, work: (disks: readonly LoopDisk[]) => Promise<void>): Promise<void> {
  const files = [machine.place.image(`blank-${crypto.randomUUID()}`, 70 * MIB), ...machine.copies];
  const disks = files.map((file) => attachLoop(file));
  try {
    await work(disks);
  } finally {
    await unmountTree(host, machine.place.path);
    await releaseAll(disks);
    for (const disk of disks) disk.detach();
  }
}

/** Restores the system, and says which of the data's disks have changed. */
async function changedBy(machine: Machine, disks: readonly LoopDisk[]): Promise<readonly string[]> {
  const before = machine.copies.map(digestOf);
  const plan = await planned(machine, disks, "auto");
  assert.equal([plan.disks.length, plan.kept?.disks.length, plan.kept?.mounts], [1, 3, ["/srv", "/home"]]);
  assert.equal(await execute(plan, plan.layout), []);
  for (const disk of disks) sh(["blockdev", "--flushbufs", disk.path]);
  return machine.copies.filter((file, at) => digestOf(file) !== before[at]);
}

/** What the restored machine finds when it starts. */
async function assertStarts({ layout, place }: Machine): Promise<void> {
  await activateVolumes(host, layout, { loops: true, give });
  const at = `${place.path}/started`;
  mkdirSync(at, { recursive: true });
  for (const [path, device] of [
    ["/srv", "/dev/vgkept/srv"],
    ["/home", "/dev/mapper/kept-crypt"],
  ] as const) {
    sh(["mount", "-o", "ro,noload", device, at]);
    assert.ok(host.list(at).includes("lost+found"), path);
    sh(["umount", at]);
  }
}

needing(test, canVolumes())("members of a mirror and a LUKS volume are the same to the last sector", async () => {
  const machine = await made();
  await onNewDisk(machine, async (disks) => {
    assert.equal(await changedBy(machine, disks), []);
    await assertStarts(machine);
  });
});

needing(test, canVolumes())("they are, too, when they were started to be looked at", async () => {
  const machine = await made();
  await onNewDisk(machine, async (disks) => {
    await activateVolumes(host, machine.layout, { loops: true, give });
    for (const disk of disks) sh(["blockdev", "--flushbufs", disk.path]);
    assert.equal(await changedBy(machine, disks), []);
  });
});

needing(test, canVolumes())(
  "an array of which a member is missing, or was left behind, is refused by name",
  async () => {
    const machine = await cutOff();
    try {
      await onNewDisk(machine, async (disks) => {
        const [system, left, right, secret] = disks;
        if (!system || !left || !right || !secret) throw new Error("no disks");
        const refusal = async (some: readonly LoopDisk[], keep: KeepWish) =>
          planned(machine, some, keep).then(
            () => "no refusal",
            (error: unknown) => String(error),
          );
        const gone = /\/srv \(.*\) can't be kept as it is: nothing of \/dev\/loop\d+ of the backup is on this machine/;
        assert.match(await refusal([system, left, secret], "auto"), gone);
        assert.match(await refusal([system, left, secret], ["/srv"]), gone);
        // The array goes on without its second member, and is written to.
        sh(["mdadm", "--assemble", "--run", "/dev/md7", left.path]);
        for (let i = 0; i < 4; i++) {
          sh(["mdadm", "--readonly", "/dev/md7"]);
          sh(["mdadm", "--readwrite", "/dev/md7"]);
        }
        lvm("vgchange", "-q", "-ay", "vgkept");
        writeFileSync("/dev/vgkept/srv", Buffer.alloc(512, 1));
        lvm("vgchange", "-q", "-an", "vgkept");
        sh(["mdadm", "--stop", "/dev/md7"]);
        const why = await refusal(disks, "auto");
        assert.match(why, /\/srv \(.*\) can't be kept as it is: .*(left behind by the others|another member)/);
        assert.equal(nodesOf(machine.layout, "raid").length, 1);
        const [own] = nodesOf(machine.layout, "disk");
        const plan = await planned(machine, disks, ["/home"], { [own?.id ?? ""]: system.path });
        assert.equal(plan.kept?.mounts, ["/home"]);
      });
    } finally {
      machine.place.remove();
    }
  },
);

test.run();
