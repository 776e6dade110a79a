/** Caches in a group's text: found, described, made again empty, taken out. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  cacheModules,
  cacheName,
  cacheObstacle,
  cachesIn,
  removeCache,
} from "../../../../src/drivers/volume/lvm-cache.ts";
import { makeVolumeGroup } from "../../../../src/drivers/volume/lvm-make.ts";
import { showEffect } from "../../../../src/effects/effect-rows.ts";
import { lvmStretches } from "../../../../src/formats/storage/lvm-stretches.ts";
import { decodeLvmVolumeGroup, lvmLogicalVolume } from "../../../../src/formats/storage/lvm-volume-group.ts";
import type { Layout, VolumeGroup } from "../../../../src/layout/types.ts";

const volume = (name: string, segment: string, status = '"READ", "WRITE"') =>
  `${name} {\nid = "id-${name}"\nstatus = [${status}]\nsegment_count = 1\nsegment1 {\nstart_extent = 0\nextent_count = 4\n${segment}\n}\n}\n`;
const visible = (name: string, segment: string) => volume(name, segment, '"READ", "WRITE", "VISIBLE"');
const linear = (extent: number, on = "pv0") => `type = "striped"\nstripe_count = 1\nstripes = ["${on}", ${extent}]`;
const physical = (key: string) => `${key} {\nid = "id-${key}"\npe_start = 2048\npe_count = 100\n}\n`;
const groupOf = (...volumes: string[]) =>
  `contents = "Text Format Volume Group"\nvg0 {\nid = "G"\nseqno = 3\nextent_size = 8192\nphysical_volumes {\n${physical("pv0")}${physical("pv1")}}\nlogical_volumes {\n${volumes.join("")}}\n}\n`;

/** A volume behind a pool, one behind a plain volume, one behind a write cache, and an idle pool. */
const text = groupOf(
  visible("pooled", 'type = "cache"\ncache_pool = "pool_cpool"\norigin = "pooled_corig"'),
  visible(
    "cached",
    'type = "cache+CACHE_USES_CACHEVOL"\ncache_pool = "fast_cvol"\norigin = "cached_corig"\ncache_mode = "writeback"\nmetadata_start = 0',
  ),
  visible("written", 'type = "writecache"\nwritecache = "faster_cvol"\norigin = "written_wcorig"'),
  visible("idle", 'type = "cache-pool"\ndata = "idle_cdata"\nmetadata = "idle_cmeta"'),
  volume("pool_cpool", 'type = "cache-pool+METADATA_FORMAT"\ndata = "pool_cdata"\nmetadata = "pool_cmeta"'),
  volume("pool_cdata", linear(0, "pv1")),
  volume("pool_cmeta", linear(4, "pv1")),
  volume("idle_cdata", linear(8, "pv1")),
  volume("idle_cmeta", linear(12, "pv1")),
  volume("lvol0_pmspare", linear(16, "pv1")),
  volume("fast_cvol", 'type = "striped"\nstripe_count = 2\nstripes = ["pv0", 40, "pv1", 20]'),
  volume("faster_cvol", linear(24, "pv1")),
  volume("pooled_corig", 'type = "raid1"\nraids = ["pooled_corig_rmeta_0", "pooled_corig_rimage_0"]'),
  volume("pooled_corig_rmeta_0", linear(0)),
  volume("pooled_corig_rimage_0", linear(1)),
  volume("cached_corig", linear(5)),
  volume("written_wcorig", linear(9)),
);
const { volumes } = decodeLvmVolumeGroup(text);

test("cachesIn() finds pools, cache volumes, write caches and idle pools, and where their records begin", () => {
  const found = cachesIn(volumes).map((one) => [one.volume, one.kind, cacheName(one), one.records, one.mode].join(" "));
  assert.equal(found, [
    "pooled cache pool pool_cmeta writethrough",
    "cached cache fast fast_cvol writeback",
    "written writecache faster faster_cvol writeback",
    "idle idle idle idle_cmeta writethrough",
  ]);
  assert.equal(cacheModules(volumes), ["dm_cache", "dm_cache_smq", "dm_writecache"]);
  assert.equal(cacheModules(decodeLvmVolumeGroup(groupOf(visible("root", linear(0)))).volumes), []);
});

const nothing = lvmLogicalVolume("nothing", { id: "" });

test("cacheObstacle() refuses metadata at an unknown place, and nothing else", () => {
  const of = (start: number) =>
    cacheObstacle(
      decodeLvmVolumeGroup(groupOf(visible("x", `type = "cache"\nmetadata_start = ${start}`))).volumes.get("x") ??
        nothing,
    );
  assert.is(of(0), undefined);
  assert.match(of(8) ?? "", /metadata does not begin it/);
  assert.is(cacheObstacle(volumes.get("pooled") ?? nothing), undefined);
});

test("lvmStretches() gives all extents of physical volumes below a volume, of stripes each with its share", () => {
  const of = (name: string) => lvmStretches(volumes, name).map((one) => `${one.physical}:${one.extent}+${one.extents}`);
  assert.equal(of("fast_cvol"), ["pv0:40+2", "pv1:20+2"]);
  assert.equal(of("pool_cpool"), ["pv1:0+4", "pv1:4+4"]);
  assert.equal(
    of("pooled"),
    ["pv0:0+4", "pv0:1+4", "pv1:0+4", "pv1:4+4"].sort((a, b) => (a < b ? -1 : 1)),
  );
});

test("makeVolumeGroup() zeroes the records of each cache before LVM gets the group's own text", () => {
  const members = ["pv0", "pv1"].map((key) => ({ on: `disk:${key}`, uuid: `id-${key}`, metadataAreas: 1 }));
  const node: VolumeGroup = { kind: "volume-group", id: "vg:vg0", name: "vg0", uuid: "G", members, metadata: text };
  const layout: Layout = { version: 1, nodes: [node] };
  const { effects } = makeVolumeGroup(node, layout, { "disk:pv0": "/dev/sda", "disk:pv1": "/dev/sdb" });
  const wiped = effects.flatMap((effect) =>
    effect.do === "wipe"
      ? effect.ranges.map(([from, length]) => `${effect.path} ${(from >> 20) - 1}+${length >> 20}`)
      : [],
  );
  // Extents have 4 MiB, the first one lies behind 1 MiB.
  const at = (disk: string, extent: number) => `${disk} ${extent * 4}+1`;
  const records = [at("/dev/sdb", 4), at("/dev/sda", 40), at("/dev/sdb", 20), at("/dev/sdb", 24), at("/dev/sdb", 12)];
  assert.equal(wiped, [at("/dev/sda", 0), ...records]);
  const lines = effects.map(showEffect);
  const restored = lines.findIndex((line) => line.includes("vgcfgrestore"));
  assert.ok(lines.findLastIndex((line) => line.startsWith("zero ")) < restored, lines.join("\n"));
  assert.match(lines[restored] ?? "", /global \{ cache_check_executable="" \}/);
  const written = effects.find((effect) => effect.do === "write");
  assert.is(written?.do === "write" ? written.text : "", text);
});

test("removeCache() gives a volume the extents behind its cache, and takes the spare out with the last pool", () => {
  const left = new Map(volumes);
  const [pooled, cached, written, idle] = cachesIn(volumes);
  for (const cache of [pooled, cached, written]) if (cache) removeCache(left, cache);
  const idlers = ["idle", "idle_cdata", "idle_cmeta", "lvol0_pmspare"];
  const plain = ["cached", "pooled", "pooled_rimage_0", "pooled_rmeta_0", "written"];
  assert.equal([...left.keys()].sort(), [...plain, ...idlers].sort());
  const [segment] = left.get("pooled")?.segments ?? [];
  assert.equal([segment?.type, segment?.raids], ["raid1", ["pooled_rmeta_0", "pooled_rimage_0"]]);
  assert.equal(left.get("pooled")?.status, ["READ", "WRITE", "VISIBLE"]);
  assert.equal(lvmStretches(left, "written"), [{ physical: "pv0", extent: 9, extents: 4 }]);
  if (idle) removeCache(left, idle);
  assert.equal([...left.keys()].sort(), plain);
});

test.run();
