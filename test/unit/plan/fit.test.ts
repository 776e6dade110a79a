import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { MondoError } from "../../../src/base/errors.ts";
import { GIB, MIB } from "../../../src/base/units.ts";
import { partitionsOf } from "../../../src/layout/graph.ts";
import { spread } from "../../../src/layout/spread.ts";
import type {
  Disk,
  Filesystem,
  Layout,
  LayoutNode,
  Partition,
  PartitionTable,
  Swap,
} from "../../../src/layout/types.ts";
import { nodeById, nodesOf } from "../../../src/layout/types.ts";
import { fitLayout, leastDiskBytes } from "../../../src/plan/fit/fit-layout.ts";
import { usableBytes } from "../../../src/plan/fit/stretches.ts";
import { type Random, randomOf } from "../../support/seeded-random.ts";

function ext4(on: string, sizeBytes: number, usedShare: number): Filesystem {
  const blocks = Math.floor(sizeBytes / 4096);
  const groups = Math.ceil(blocks / 32768);
  const journalBytes = Math.min(64, Math.max(4, Math.floor(sizeBytes / 64 / MIB))) * MIB;
  const shape = {
    blockBytes: 4096,
    clusterBytes: 4096,
    blocks,
    inodes: groups * 8192,
    inodeBytes: 256,
    flexGroups: 16,
  };
  const more = { blocksPerGroup: 32768, reservedBlocks: Math.floor(blocks / 20), journalBytes };
  const rest = {
    ...{ reservedUid: 0, reservedGid: 0, externalJournal: false, revision: 1, hashSeed: "seed", hashVersion: 1 },
    ...{ errors: 1, maxMountCount: -1, checkIntervalSeconds: 0, defaultMountOptions: 12, mountOptions: "" },
    ...{ stride: 0, stripeWidth: 0, quotas: "", encoding: 0 },
  };
  const used = Math.floor(groups * 8192 * 256 + journalBytes + usedShare * sizeBytes * 0.8);
  const features = ["has_journal", "extent", "64bit", "flex_bg", "sparse_super"];
  const fs: Filesystem = {
    kind: "filesystem",
    id: `fs:${on}`,
    on,
    type: "ext4",
    sizeBytes: blocks * 4096,
    details: {},
  };
  return {
    ...fs,
    uuid: on,
    usedBytes: Math.min(used, sizeBytes),
    usedInodes: 500,
    details: { features, ...shape, ...more, ...rest },
  };
}

function swap(on: string, sizeBytes: number): Swap {
  return { kind: "swap", id: `swap:${on}`, on, uuid: on, sizeBytes, active: true };
}

function diskOf(sizeBytes: number): Disk {
  const shape = { logicalSectorBytes: 512, physicalSectorBytes: 512, rotational: false, removable: false };
  return { kind: "disk", id: "disk:sda", path: "/dev/sda", sizeBytes, ...shape };
}

/** Random partitions with gaps, odd borders, numbers out of order; what is on them: ext4, swap, nothing. */
function randomLayout(random: Random, scheme: "gpt" | "dos"): Layout {
  const count = 1 + random(6);
  const logicalFrom = scheme === "dos" && count > 1 ? 1 + random(Math.min(3, count - 1)) : count;
  let at = random(3) === 0 ? 63 * 512 : MIB * (1 + random(3));
  const places: { start: number; size: number; role: Partition["role"] }[] = [];
  for (let index = 0; index < count; index++) {
    const logical = index >= logicalFrom;
    at += logical ? MIB + random(3) * 512 : random(4) === 0 ? random(800) * MIB + random(5) * 512 : 0;
    const size = (random(4) === 0 ? 1 + random(200) : 200 + random(9000)) * MIB + random(3) * 512;
    places.push({ start: at, size, role: logical ? "logical" : "primary" });
    at += size;
  }
  const tail = random(3) === 0 ? random(500) * MIB : 2 * MIB + random(4) * 512;
  const disk = diskOf(at + tail);
  const table: PartitionTable = { kind: "table", id: "table:sda", on: disk.id, scheme, uuid: "T", entries: 128 };
  const nodes: LayoutNode[] = [disk, table];
  const part = (number: number, place: (typeof places)[number]): Partition => {
    const id = `part:sda${number}`;
    const { start: startBytes, size: sizeBytes, role } = place;
    const words = { path: `/dev/sda${number}`, number, type: "83", uuid: id, table: table.id };
    return { kind: "partition", id, startBytes, sizeBytes, role, ...words };
  };
  const logical = places.filter((place) => place.role === "logical");
  const [first, last] = [logical[0], logical.at(-1)];
  if (first && last) {
    const start = first.start - MIB;
    nodes.push(part(4, { start, size: last.start + last.size - start, role: "extended" }));
  }
  for (const [index, place] of places.entries()) {
    const number = place.role === "logical" ? 5 + index - logicalFrom : scheme === "gpt" ? count - index : index + 1;
    const partition = part(number, place);
    const kind = random(5);
    nodes.push(partition);
    if (kind === 0) nodes.push(swap(partition.id, place.size));
    else if (kind < 4 && place.size > 64 * MIB) {
      nodes.push(ext4(partition.id, place.size, random(100) / 100));
      const path = index === 0 ? "/boot" : `/m${index}`;
      nodes.push({ kind: "mount", id: `mount:${path}`, of: `fs:${partition.id}`, path, options: "rw", root: "/" });
    }
  }
  return { version: 1, nodes };
}

/** Inode tables and journal of an ext4. */
function overhead({ details }: Filesystem): number {
  const { inodes, inodeBytes, journalBytes } = details as Record<string, number>;
  return (inodes ?? 0) * (inodeBytes ?? 0) + (journalBytes ?? 0);
}

const end = (partition: Partition) => partition.startBytes + partition.sizeBytes;
const byStart = (a: Partition, b: Partition) => a.startBytes - b.startBytes;

/** Everything that must hold for a table on its new disk. */
function checkTable(before: Layout, after: Layout, sizeBytes: number, what: string): void {
  const table = nodesOf(before, "table")[0];
  const disk = nodesOf(before, "disk")[0];
  if (!table || !disk) throw new Error("no table");
  const usable = usableBytes(table, { ...disk, sizeBytes });
  const old = partitionsOf(before, table.id).sort(byStart);
  const now = partitionsOf(after, table.id).sort(byStart);
  assert.equal(
    now.map((p) => p.id),
    old.map((p) => p.id),
    `${what}: the order is kept`,
  );
  const data = now.filter((partition) => partition.role !== "extended");
  for (const [at, partition] of data.entries()) {
    const was = nodeById(before, partition.id) as Partition;
    assert.ok(partition.sizeBytes > 0 && partition.startBytes >= (data[0]?.startBytes ?? 0), what);
    assert.ok(at === 0 || end(data[at - 1] ?? partition) <= partition.startBytes, `${what}: ${partition.id} overlaps`);
    assert.ok(end(partition) <= usable, `${what}: ${partition.id} ends at ${end(partition)} behind ${usable}`);
    assert.is(partition.startBytes % MIB, was.startBytes % MIB, `${what}: alignment`);
    assert.equal({ ...partition, startBytes: 0, sizeBytes: 0 }, { ...was, startBytes: 0, sizeBytes: 0 });
    const content = after.nodes.find((n) => (n.kind === "filesystem" || n.kind === "swap") && n.on === partition.id);
    if (content && "sizeBytes" in content) assert.ok(content.sizeBytes <= partition.sizeBytes, `${what}: content`);
    const old = content && nodeById(before, content.id);
    if (content?.kind === "filesystem" && old?.kind === "filesystem") {
      assert.ok(overhead(content) + (content.usedBytes ?? 0) - overhead(old) < content.sizeBytes, `${what}: files fit`);
    }
  }
  const extended = now.find((partition) => partition.role === "extended");
  const logical = data.filter((partition) => partition.role === "logical");
  const [first, last] = [logical[0], logical.at(-1)];
  if (extended && first && last) {
    assert.ok(
      extended.startBytes < first.startBytes && end(extended) >= end(last),
      `${what}: the extended one is around`,
    );
    for (const outside of data.filter((p) => p.role === "primary")) {
      assert.ok(
        end(outside) <= extended.startBytes || outside.startBytes >= end(extended),
        `${what}: and around them only`,
      );
    }
    for (const [at, inner] of logical.entries()) {
      const previous = logical[at - 1];
      if (previous) assert.ok(inner.startBytes - end(previous) >= 512, `${what}: room for the record of ${inner.id}`);
    }
  }
}

for (const scheme of ["gpt", "dos"] as const) {
  test(`fitLayout() of random ${scheme} tables onto disks from the least size to triple size keeps order, borders and contents`, () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = randomOf(seed);
      const layout = randomLayout(random, scheme);
      const disk = nodesOf(layout, "disk")[0];
      if (!disk) throw new Error("no disk");
      const least = leastDiskBytes(layout, disk);
      assert.ok(least <= disk.sizeBytes);
      const sizes = [least, least + random(MIB), disk.sizeBytes, disk.sizeBytes + MIB, disk.sizeBytes * 3];
      for (const size of [...sizes, least + random(Math.max(1, disk.sizeBytes - least))]) {
        const sizeBytes = Math.ceil(size / 512) * 512;
        const fitted = fitLayout(layout, { [disk.id]: { ...disk, sizeBytes } });
        checkTable(layout, fitted.layout, sizeBytes, `seed ${seed}, ${sizeBytes} bytes`);
        const same = JSON.stringify(fitted.layout) === JSON.stringify(layout);
        if (sizeBytes >= disk.sizeBytes && sizeBytes < disk.sizeBytes + 64 * MIB) assert.ok(same, `seed ${seed}`);
        assert.is(
          fitted.sizes.length === 0 && sizeBytes >= disk.sizeBytes * 3,
          same && sizeBytes >= disk.sizeBytes * 3,
        );
      }
      const needed = Math.max(...nodesOf(layout, "partition").map(end));
      if (least > MIB && needed > 0) {
        const spaces = { [disk.id]: { ...disk, sizeBytes: least - 2 * MIB } };
        assert.throws(
          () => fitLayout(layout, spaces),
          (error: unknown) => error instanceof MondoError && error.code === "no-match",
          `seed ${seed}`,
        );
      }
    }
  });
}

test("spread() shrinks free space before data, and data before what is kept", () => {
  const shares = [
    { units: 10, minimum: 0, rank: "gap" },
    { units: 100, minimum: 40, rank: "data" },
    { units: 50, minimum: 20, rank: "data" },
    { units: 20, minimum: 5, rank: "keep" },
    { units: 7, minimum: 0, rank: "fixed" },
  ] as const;
  assert.equal(spread(shares, -4), [-4, 0, 0, 0, 0]);
  assert.equal(spread(shares, -40), [-10, -20, -10, 0, 0]);
  assert.equal(spread(shares, -105), [-10, -60, -30, -5, 0]);
  assert.is(spread(shares, -116), undefined);
  assert.equal(spread(shares, 30), [0, 20, 10, 0, 0]);
});

test("spread() gives growth that one share can't use to the others", () => {
  const shares = [
    { units: 100, minimum: 100, maximum: 105, rank: "data" },
    { units: 100, minimum: 100, rank: "data" },
  ] as const;
  assert.equal(spread(shares, 31), [5, 26]);
  assert.equal(spread([{ units: 1, minimum: 1, rank: "keep" }], 5), [0]);
});

test("fitLayout() keeps swap and /boot as long as data can shrink, and shrinks them when it can't", () => {
  const disk = diskOf(20 * GIB);
  const table: PartitionTable = { kind: "table", id: "table:sda", on: disk.id, scheme: "gpt", uuid: "T", entries: 128 };
  const part = (number: number, startBytes: number, sizeBytes: number): Partition => {
    const words = { id: `part:sda${number}`, table: table.id, path: `/dev/sda${number}`, number, type: "T", uuid: "U" };
    return { kind: "partition", ...words, startBytes, sizeBytes, role: "primary" };
  };
  const [boot, root, last] = [part(1, MIB, GIB), part(2, GIB + MIB, 14 * GIB), part(3, 15 * GIB + MIB, 4 * GIB)];
  const nodes: LayoutNode[] = [disk, table, boot, root, last];
  nodes.push(ext4(boot.id, GIB, 0.2), ext4(root.id, 14 * GIB, 0.5), swap(last.id, 4 * GIB));
  nodes.push({ kind: "mount", id: "mount:/boot", of: `fs:${boot.id}`, path: "/boot", options: "", root: "/" });
  const layout: Layout = { version: 1, nodes };
  const after = (sizeBytes: number) => {
    const fitted = fitLayout(layout, { [disk.id]: { ...disk, sizeBytes } }).layout;
    return nodesOf(fitted, "partition").map((partition) => partition.sizeBytes / MIB);
  };
  assert.equal(after(15 * GIB), [1024, 10238, 4096], "the last free MiB and GPT's copy are gone, root gave the rest");
  const [bootLeast = 0, rootLeast = 0, swapLeast = 0] = after(Math.ceil(leastDiskBytes(layout, disk) / 512) * 512);
  assert.ok(bootLeast < 1024 && rootLeast < 10238 && swapLeast === 512, `${bootLeast} ${rootLeast} ${swapLeast}`);
  assert.equal(after(40 * GIB), [1024, 34816, 4096], "only root has a use for more");
});

/** What a disk's file systems are in bytes on one of the double size, by their mount points. */
function grown(name: string): Record<string, number> {
  const file = join(import.meta.dirname, "../../machines", name, "layout.json");
  const layout = JSON.parse(readFileSync(file, "utf8")) as Layout;
  const disks = nodesOf(layout, "disk").map((disk) => [disk.id, { ...disk, sizeBytes: disk.sizeBytes * 2 }] as const);
  const after = fitLayout(layout, Object.fromEntries(disks)).layout;
  const bytes = (of: Layout, id: string) => nodesOf(of, "filesystem").find((fs) => fs.id === id)?.sizeBytes ?? 0;
  return Object.fromEntries(
    nodesOf(layout, "mount").map(({ path, of }) => [path, bytes(after, of) - bytes(layout, of)]),
  );
}

test("fitLayout() gives a btrfs with subvolumes below /boot what is new, but a file system for /boot alone nothing", () => {
  const sles = grown("sles15-btrfs-snapper");
  assert.ok((sles["/"] ?? 0) > 39 * GIB, String(sles["/"]));
  assert.is(sles["/boot/grub2/i386-pc"], sles["/"]);
  const rhel = grown("rhel8-bios-lvm");
  assert.ok((rhel["/"] ?? 0) > 40 * GIB, String(rhel["/"]));
  assert.is(rhel["/boot"], 0);
});

test.run();
