/**
 * Images in a plan: written where their partition is, sized as it was, with zeros before where gaps have to be zeros.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { GIB, MIB } from "../../../src/base/units.ts";
import type { Candidate } from "../../../src/layout/candidate.ts";
import { matchDisks } from "../../../src/layout/match.ts";
import { mountlist } from "../../../src/layout/mountlist.ts";
import { showLayout } from "../../../src/layout/show-layout.ts";
import type { Disk, Image, Layout, LayoutNode } from "../../../src/layout/types.ts";
import { leastDiskBytes } from "../../../src/plan/fit/fit-layout.ts";
import { planRestore } from "../../../src/plan/plan.ts";
import { showPlan } from "../../../src/plan/show.ts";
import { guardEffect } from "../../../src/run/guard-effect.ts";

const shape = { logicalSectorBytes: 512, physicalSectorBytes: 512, rotational: false, removable: false };
const disk = (path: string, sizeBytes: number): Disk => ({
  ...{ kind: "disk", id: `disk:${path.slice(5)}`, path, sizeBytes, serial: "S1", ...shape },
});
const partition = (number: number, startBytes: number, sizeBytes: number): LayoutNode => ({
  ...{ kind: "partition", id: `part:sda${number}`, table: "table:sda", path: `/dev/sda${number}`, number },
  ...{ startBytes, sizeBytes, type: "83", uuid: `0-${number}`, role: "primary" },
});
const image = (number: number, sizeBytes: number, gaps: Image["gaps"]): Image => ({
  ...{ kind: "image", id: `image:sda${number}`, on: `part:sda${number}`, path: `/dev/sda${number}` },
  ...{ what: "an NTFS file system", uuid: "0123456789ABCDEF", sizeBytes, storedBytes: 10 * MIB, gaps },
  entry: `mondo-images/sda${number}.img`,
});
const layout: Layout = {
  version: 1,
  nodes: [
    disk("/dev/sda", 20 * GIB),
    { kind: "table", id: "table:sda", on: "disk:sda", scheme: "dos", uuid: "0x12345678" },
    partition(1, MIB, GIB),
    partition(2, MIB + GIB, 10 * GIB),
    partition(3, MIB + 11 * GIB, GIB),
    { ...{ kind: "swap", id: "swap:sda2", on: "part:sda2", sizeBytes: 10 * GIB }, active: true },
    image(1, GIB, "unused"),
    image(3, GIB, "zeros"),
  ],
};

const planOnto = (target: Disk, more: { partition?: boolean } = {}) => {
  const candidate: Candidate = { disk: target, readOnly: false, contents: "nothing", storageDrivers: [] };
  const targets = matchDisks(layout, [candidate], [], {}, leastDiskBytes);
  return planRestore(layout, targets, { set: "s", firmware: "bios", root: "/r", ...more });
};

test("planRestore() writes images onto their partitions with the files, and zeros first where gaps are zeros", () => {
  const plan = planOnto(disk("/dev/vdb", 20 * GIB));
  const text = showPlan(plan, { detailed: true });
  assert.match(
    text,
    /unpack the set below \/r, mondo-images\/sda1.img onto \/dev\/vdb1, mondo-images\/sda3.img onto \/dev\/vdb3/,
  );
  assert.match(text, /zero the first 1073741824 bytes of \/dev\/vdb3/);
  assert.not.match(text, /zero the first \d+ bytes of \/dev\/vdb1/);
  assert.equal(plan.warnings, []);
});

test("planRestore() keeps the sizes of imaged partitions on smaller disks, and says which begin elsewhere", () => {
  const plan = planOnto(disk("/dev/vdb", 6 * GIB));
  const sizes = plan.layout.nodes.flatMap((node) => (node.kind === "partition" ? [node.sizeBytes] : []));
  assert.equal([sizes[0], sizes[2]], [GIB, GIB]);
  assert.ok((sizes[1] ?? 0) < 5 * GIB);
  assert.equal(plan.warnings.length, 1);
  assert.match(plan.warnings[0] ?? "", /^\/dev\/sda3 \(an NTFS file system\) begins at another place on the disk/);
  assert.throws(
    () => planOnto(disk("/dev/vdb", 2 * GIB)),
    (error: unknown) => error instanceof MondoError && error.code === "no-match",
  );
});

test("guardEffect() refuses an image that would go onto another disk", () => {
  const plan = planOnto(disk("/dev/vdb", 20 * GIB));
  const images = [{ entry: "mondo-images/sda1.img", device: "/dev/sdz1", gaps: "zeros" }] as const;
  assert.throws(() => guardEffect(plan, { do: "unpack", root: "/r", images }), /not one of its target disks/);
  assert.throws(() => guardEffect(plan, { do: "zero", path: "/dev/sdz", sizeBytes: 1 }), /not one of its target disks/);
  for (const { actions } of plan.phases)
    for (const { effects } of actions) for (const effect of effects) guardEffect(plan, effect);
});

test("showLayout() and mountlist() tell images by what they hold", () => {
  assert.match(showLayout(layout), /\/dev\/sda1 +1\.0 GiB +image of an NTFS file system UUID=0123456789ABCDEF/);
  assert.match(mountlist(layout), /^\/dev\/sda1 image 83 1048576$/m);
});

test.run();
