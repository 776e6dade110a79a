import { test } from "uvu";
import * as assert from "uvu/assert";
import { resizedMetadata } from "../../../../src/drivers/volume/lvm-resize.ts";
import { extentsAfter, shapeOf } from "../../../../src/drivers/volume/lvm-shape.ts";
import { encodeLvmText, type LvmSection } from "../../../../src/formats/storage/lvm-text.ts";
import { decodeLvmVolumeGroup, type LvmLogicalVolume } from "../../../../src/formats/storage/lvm-volume-group.ts";
import type { VolumeGroup } from "../../../../src/layout/types.ts";

const EXTENT = 4 << 20;

type Areas = readonly (readonly [key: string, from: number, extents: number])[];

function volume(uuid: string, areas: Areas, visible: boolean): LvmSection {
  let start = 0;
  const segments = areas.map(([key, from, extents], at): [string, LvmSection] => {
    const place = { type: "striped", stripe_count: 1, stripes: [key, from] };
    const segment = { start_extent: start, extent_count: extents, ...place };
    start += extents;
    return [`segment${at + 1}`, segment];
  });
  const status = visible ? ["READ", "WRITE", "VISIBLE"] : ["READ", "WRITE"];
  return { id: uuid, status, flags: [], segment_count: areas.length, ...Object.fromEntries(segments) };
}

/** Two physical volumes of 100 extents: linear volumes, one of them across both, and the hidden leg of a mirror. */
const physical = (id: string) => ({ id, dev_size: 2048 + 100 * 8192, pe_start: 2048, pe_count: 100 });
const metadata = encodeLvmText({
  vg: {
    ...{ id: "VG", seqno: 3, extent_size: 8192 },
    physical_volumes: { pv0: physical("A"), pv1: physical("B") },
    logical_volumes: {
      root: volume(
        "R",
        [
          ["pv0", 0, 30],
          ["pv1", 0, 10],
        ],
        true,
      ),
      leg: volume("L", [["pv0", 40, 10]], false),
      home: volume(
        "H",
        [
          ["pv0", 60, 20],
          ["pv0", 85, 10],
        ],
        true,
      ),
      "10": volume("N", [["pv1", 50, 25]], true),
    },
  },
  contents: "Text Format Volume Group",
  version: 1,
});
const group: VolumeGroup = {
  ...{ kind: "volume-group", id: "vg:vg", name: "vg", uuid: "VG", metadata },
  members: ["A", "B"].map((uuid) => ({ on: `disk:${uuid}`, uuid, metadataAreas: 1 })),
};

test("shapeOf() tells linear volumes from extents that can't be moved", () => {
  const { physical: found, linear } = shapeOf(group);
  assert.equal(
    linear.map(({ name, extents }) => [name, extents]),
    [
      ["root", 40],
      ["home", 30],
      ["10", 25],
    ],
  );
  assert.equal(
    found.map(({ pinned }) => pinned),
    [[[40, 50]], []],
  );
});

test("extentsAfter() counts whole extents, and keeps them while the device has room", () => {
  assert.is(extentsAfter(group, "A", 0), 100);
  assert.is(extentsAfter(group, "A", 3 * EXTENT + 5), 103);
  assert.is(extentsAfter(group, "A", -1), 99);
  assert.is(extentsAfter(group, "B", -10 * EXTENT), 90);
  const second = { ...group, members: group.members.map((member) => ({ ...member, metadataAreas: 2 })) };
  assert.is(extentsAfter(second, "A", -EXTENT), 98, "a second metadata area needs room at the end");
});

const volumesIn = (text: string): LvmLogicalVolume[] => [...decodeLvmVolumeGroup(text).volumes.values()];

/** Every stretch of every volume, by physical volume, in order. */
function stretches(text: string): Map<string, [from: number, to: number][]> {
  const found = new Map<string, [number, number][]>();
  for (const { segments } of volumesIn(text)) {
    for (const { extents, areas } of segments) {
      for (const [key, from] of areas) found.set(key, [...(found.get(key) ?? []), [from, from + extents]]);
    }
  }
  for (const list of found.values()) list.sort((a, b) => a[0] - b[0]);
  return found;
}

test("resizedMetadata() lays volumes apart, within their physical volumes and around what can't be moved", () => {
  for (const [a, b, root, home, ten] of [
    [100, 100, 40, 30, 25],
    [55, 60, 40, 30, 25],
    [50, 40, 20, 30, 25],
    [300, 90, 250, 60, 60],
    [50, 300, 1, 1, 290],
  ] as const) {
    const deviceChanges = new Map([
      ["A", (a - 100) * EXTENT],
      ["B", (b - 100) * EXTENT],
    ]);
    const logical = new Map([
      ["R", root],
      ["H", home],
      ["N", ten],
    ]);
    const text = resizedMetadata(group, {
      physical: new Map([
        ["A", a],
        ["B", b],
      ]),
      deviceChanges,
      logical,
    });
    const after = volumesIn(text);
    const sizes = after.map((v) => [v.uuid, v.segments.reduce((sum, s) => sum + s.extents, 0)] as const);
    assert.equal(Object.fromEntries(sizes), { R: root, H: home, N: ten, L: 10 });
    for (const [key, list] of stretches(text)) {
      for (const [at, [from, to]] of list.entries()) {
        assert.ok(from >= (list[at - 1]?.[1] ?? 0) && to <= (key === "pv0" ? a : b), `${key}: ${from}-${to}`);
      }
    }
    assert.equal(
      after.find((v) => v.name === "leg"),
      volumesIn(metadata).find((v) => v.name === "leg"),
    );
    assert.match(text, new RegExp(`dev_size = ${2048 + a * 8192}\\n\\s+pe_start = 2048\\n\\s+pe_count = ${a}\\n`));
  }
});

test("resizedMetadata() gives a cached volume another size with what is behind its cache, and leaves the cache in its place", () => {
  const front = volume("F", [["pv0", 0, 40]], true);
  const text = encodeLvmText({
    vg: {
      ...{ id: "VG", seqno: 3, extent_size: 8192 },
      physical_volumes: { pv0: physical("A"), pv1: physical("B") },
      logical_volumes: {
        data: {
          ...{ ...front, segment_count: 1 },
          segment1: { start_extent: 0, extent_count: 40, type: "cache", cache_pool: "fast_cvol", origin: "data_corig" },
        },
        fast_cvol: volume("S", [["pv1", 5, 20]], false),
        data_corig: volume("O", [["pv0", 0, 40]], false),
      },
    },
    contents: "Text Format Volume Group",
    version: 1,
  });
  const cached: VolumeGroup = { ...group, metadata: text };
  const { physical: found, linear } = shapeOf(cached);
  assert.equal(linear, [{ uuid: "F", name: "data_corig", extents: 40 }]);
  assert.equal(
    found.map(({ fast, pinned }) => [fast, pinned]),
    [
      [false, []],
      [true, [[5, 25]]],
    ],
  );
  const sizes = { physical: new Map(), deviceChanges: new Map(), logical: new Map([["F", 90]]) };
  const now = volumesIn(resizedMetadata(cached, sizes));
  const told = now.map(({ name, segments }) => [
    name,
    segments.map(({ extents, areas }) => [extents, ...areas].join(" ")),
  ]);
  assert.equal(told, [
    ["data", ["90"]],
    ["fast_cvol", ["20 pv1,5"]],
    ["data_corig", ["90 pv0,0"]],
  ]);
});

test.run();
