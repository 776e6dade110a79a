/**
 * Edited layouts, made by a plan on other disks: what the edits promise is what the tools make, to the last byte that a
 * layout has. Needs md, device mapper and the file systems.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Secret } from "../../src/base/secret.ts";
import { linuxHost } from "../../src/host/linux.ts";
import type { Candidate } from "../../src/layout/candidate.ts";
import { compareLayouts } from "../../src/layout/compare-layouts.ts";
import { matchDisks } from "../../src/layout/match.ts";
import { type Layout, nodeById, nodesOf } from "../../src/layout/types.ts";
import type { Edit } from "../../src/plan/edit/edit.ts";
import { editLayout, requireNoFlaws } from "../../src/plan/edit/edit-layout.ts";
import { editFromWord } from "../../src/plan/edit/word-edits.ts";
import { planRestore } from "../../src/plan/plan.ts";
import type { Plan } from "../../src/plan/restore-plan.ts";
import { secretsOf } from "../../src/plan/secrets-of.ts";
import { activateVolumes } from "../../src/run/activate.ts";
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
  partition,
  releaseAll,
} from "../support/volume-lab.ts";

const MIB = 1 << 20;

/** 900 MiB: /boot as ext4, the root as ext4, and room. */
const PLAIN = "label: gpt\n1: start=2048, size=131072\n2: start=133120, size=1048576\n3: start=1181696, size=409600\n";

interface EditedCase {
  readonly name: string;
  readonly edits: readonly (string | Edit)[];
  /** MiB of each disk that it is restored onto. */
  readonly disks: readonly number[];
  /** From the root's file system down to a disk. */
  readonly root: RegExp;
}

const two = [900, 900];
const cases: readonly EditedCase[] = [
  {
    name: "LVM on RAID 1 on two disks with XFS root",
    edits: [
      "vdb.disk=like:DISK",
      "root.raid=raid1:vdb2",
      "root.lvm=vg-new/root",
      "root.type=xfs",
      "/boot.raid=raid1:vdb1",
    ],
    disks: two,
    root: /^xfs lv:vg-new\/root vg:vg-new raid:md0 part:\w+p2/,
  },
  {
    name: "btrfs with subvolumes",
    edits: [
      "root.type=btrfs",
      { do: "mount", node: "root", path: "/", subvolume: "@" },
      { do: "add-subvolume", node: "root", path: "@/var" },
    ],
    disks: [900],
    root: /^btrfs part/,
  },
  {
    name: "RAID 5 of three disks, XFS",
    edits: ["vdb.disk=like:DISK", "vdc.disk=like:DISK", "root.raid=raid5:vdb2+vdc2", "root.type=xfs"],
    disks: [900, 900, 900],
    root: /^xfs raid:md0/,
  },
  {
    name: "RAID 6 of four disks",
    edits: ["vdb.disk=like:DISK", "vdc.disk=like:DISK", "vdd.disk=like:DISK", "root.raid=raid6:vdb2+vdc2+vdd2"],
    disks: [900, 900, 900, 900],
    root: /^ext4 raid:md0/,
  },
  {
    name: "RAID 10 of four disks, then another level",
    edits: [
      "vdb.disk=like:DISK",
      "vdc.disk=like:DISK",
      "vdd.disk=like:DISK",
      "root.raid=raid1:vdb2+vdc2+vdd2",
      "md0.level=raid10",
    ],
    disks: [900, 900, 900, 900],
    root: /^ext4 raid:md0/,
  },
  {
    name: "RAID 0 of two disks",
    edits: ["vdb.disk=like:DISK", "root.raid=raid0:vdb2", "root.type=ext4"],
    disks: two,
    root: /^ext4 raid:md0/,
  },
  {
    name: "a mirror with a spare",
    edits: [
      "vdb.disk=like:DISK",
      "vdc.disk=like:DISK",
      { do: "onto-raid", node: "root", level: "raid1", with: ["vdb2"], spares: ["vdc2"] },
    ],
    disks: [900, 900, 900],
    root: /^ext4 raid:md0/,
  },
  {
    name: "an encrypted root in LVM",
    edits: [
      "root.lvm=vg-new/root:400m",
      "root.luks=cryptroot",
      { do: "add-volume", group: "vg-new", name: "swap", size: "64m" },
      { do: "format", node: "vg-new/swap", type: "swap" },
    ],
    disks: [900],
    root: /^ext4 luks:cryptroot lv:vg-new\/root vg:vg-new part/,
  },
  {
    name: "a group over two disks, with a volume on each",
    edits: [
      "vdb.disk=500m",
      { do: "make-group", name: "vg-two", members: ["vdb"] },
      { do: "add-volume", group: "vg-two", name: "home", size: "70%" },
      { do: "format", node: "vg-two/home", type: "ext4" },
      { do: "mount", node: "vg-two/home", path: "/home" },
      "root.lvm=vg-two/root",
    ],
    disks: [900, 500],
    root: /^ext4 lv:vg-two\/root vg:vg-two/,
  },
  {
    name: "another partition, other sizes, a swap area and a data partition",
    edits: [
      "root.size=400m",
      { do: "add-partition", disk: "DISK", size: "64m", purpose: "swap" },
      { do: "format", node: "DISKp4", type: "swap" },
      { do: "format", node: "DISKp3", type: "ext2" },
      { do: "mount", node: "DISKp3", path: "/srv" },
    ],
    disks: [900],
    root: /^ext4 part/,
  },
  {
    name: "onto a larger disk, where an edited layout grows",
    edits: ["vdb.disk=like:DISK", "root.raid=raid1:vdb2", "root.lvm=vg-new/root", "root.type=xfs"],
    disks: [1200, 1200],
    root: /^xfs lv/,
  },
];

/** What the root lies on, from the top down, by ids. */
function stackOf(layout: Layout): string {
  const found: string[] = [];
  let id = nodesOf(layout, "mount").find(({ path }) => path === "/")?.of;
  while (id !== undefined) {
    const node = nodeById(layout, id);
    found.push(node?.kind === "filesystem" ? node.type : id);
    if (node?.kind === "filesystem" || node?.kind === "luks") id = node.on;
    else if (node?.kind === "logical-volume") id = node.group;
    else id = node?.kind === "volume-group" || node?.kind === "raid" ? node.members[0]?.on : undefined;
  }
  return found.join(" ");
}

async function planFor(saved: Layout, layout: Layout, targets: readonly LoopDisk[], root: string): Promise<Plan> {
  const chosen = Object.fromEntries(nodesOf(layout, "disk").map(({ id }, at) => [id, targets[at]?.path ?? ""]));
  const candidates: readonly Candidate[] = await candidatesOf(targets, root);
  const matched = matchDisks(layout, candidates, [], chosen);
  return planRestore(layout, matched, { set: "test", firmware: "bios", root, unedited: saved });
}

async function savedLayout(source: LoopDisk): Promise<Layout> {
  partition([source], PLAIN);
  ext4(`${source.path}p1`);
  ext4(`${source.path}p2`);
  const name = source.path.replace("/dev/", "");
  return layoutOf(
    [source],
    [
      [`part:${name}p2`, "/"],
      [`part:${name}p1`, "/boot"],
    ],
  );
}

const named = (edit: string | Edit, disk: string): Edit => {
  const text = (typeof edit === "string" ? edit : JSON.stringify(edit)).replaceAll("DISK", disk);
  return typeof edit === "string" ? editFromWord(text) : (JSON.parse(text) as Edit);
};

async function editedRoundTrip({ edits, disks, root }: EditedCase): Promise<void> {
  const place = scratch();
  const source = attachLoop(place.image("source", 900 * MIB));
  try {
    const saved = await savedLayout(source);
    const disk = source.path.replace("/dev/", "");
    const { layout, flaws } = editLayout(
      saved,
      edits.map((edit) => named(edit, disk)),
    );
    requireNoFlaws(flaws);
    assert.match(stackOf(layout), root);
    await releaseAll([source]);
    source.detach();
    const targets = disks.map((size, at) => attachLoop(place.image(`target${at}`, size * MIB)));
    try {
      const plan = await planFor(saved, layout, targets, `${place.path}/restore`);
      const secrets = new Map(secretsOf(plan).map((id) => [id, Secret.ofText(KEY)]));
      // /etc/fstab is not in what is unpacked here.
      const defects = await execute(plan, plan.layout, secrets);
      assert.equal(
        defects.filter((text) => !text.includes("fstab")),
        [],
      );
      const { differences, device } = await lookAgain(plan, targets);
      assert.equal(differences, []);
      assert.is(device, "hello");
    } finally {
      await releaseAll(targets);
      for (const target of targets) target.detach();
    }
  } finally {
    place.remove();
  }

  /** What differs after a restart, and what is in the file that was restored. */
  async function lookAgain(plan: Plan, targets: readonly LoopDisk[]) {
    await releaseAll(targets);
    await activateVolumes(linuxHost(), plan.layout, { loops: true, give: async () => Secret.ofText(KEY) });
    const found = await layoutOf(targets, []);
    // Only a mounted btrfs tells its subvolumes: the restore itself has looked at them.
    const differences = compareLayouts(plan.layout, found, plan.targets).filter(
      (text) => !text.startsWith("subvolume"),
    );
    const fs = nodeById(plan.layout, nodesOf(plan.layout, "mount").find(({ path }) => path === "/")?.of ?? "");
    const path = fs?.kind === "filesystem" ? (plan.targets[fs.on] ?? "") : "";
    const at = `${place.path}/look`;
    mkdirSync(at, { recursive: true });
    sh(["mount", "-o", "ro", path, at]);
    try {
      const file = [`${at}/etc/hello`, `${at}/@/etc/hello`].find((one) => existsSync(one)) ?? "";
      return { differences, device: readFileSync(file, "utf8") };
    } finally {
      sh(["umount", at]);
    }
  }
}

for (const one of cases) {
  needing(test, canVolumes())(`an edited layout is made as it was planned: ${one.name}`, () => editedRoundTrip(one));
}

test.run();
