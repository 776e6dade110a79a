/**
 * Volumes behind caches, made again on other disks: the same caches before them, empty. Needs device mapper with its
 * caches.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodesOf } from "../../src/layout/types.ts";
import { planOnto } from "../../src/plan/plan-onto.ts";
import { attachLoop, scratch, sh } from "../support/loop-disk.ts";
import { needing } from "../support/needing.ts";
import {
  candidatesOf,
  canVolumes,
  differencesAfterRestart,
  execute,
  ext4,
  type LoopDisk,
  layoutOf,
  lvm,
  releaseAll,
} from "../support/volume-lab.ts";
import { roundTrip, type VolumeCase } from "../support/volume-round-trip.ts";

const cases: readonly VolumeCase[] = [
  {
    name: "volumes behind a cache pool, a cache volume and a write cache, and an idle pool",
    disks: [300, 300],
    make(disks) {
      const [slow = "", fast = ""] = disks;
      lvm("vgcreate", "-q", "vg-c", ...disks);
      const create = (name: string, mebibytes: number, on: string, ...kind: readonly string[]) =>
        lvm("lvcreate", "-q", "-y", ...kind, "-n", name, "-L", `${mebibytes}M`, "vg-c", on);
      for (const name of ["pooled", "cached", "written"]) create(name, 48, slow);
      for (const name of ["pool", "idle"]) create(name, 16, fast, "--type", "cache-pool");
      for (const name of ["fast", "faster"]) create(name, 16, fast);
      const before = (volume: string, ...words: readonly string[]) =>
        lvm("lvconvert", "-q", "-y", ...words, `vg-c/${volume}`);
      const settings = ["--cachemode", "writeback", "-c", "64k", "--cachesettings", "migration_threshold=4096"];
      before("pooled", "--type", "cache", "--cachepool", "vg-c/pool", "--cachemode", "writethrough");
      before("cached", "--type", "cache", "--cachevol", "fast", ...settings);
      lvm("lvchange", "-q", "-an", "vg-c/written", "vg-c/faster");
      before("written", "--type", "writecache", "--cachevol", "faster", "--cachesettings", "high_watermark=60");
      lvm("lvchange", "-q", "-ay", "vg-c/written");
      for (const name of ["pooled", "cached", "written"]) ext4(`/dev/vg-c/${name}`);
    },
    mounts: [
      ["lv:vg-c/pooled", "/"],
      ["lv:vg-c/cached", "/a"],
      ["lv:vg-c/written", "/b"],
    ],
  },
  {
    name: "a mirrored volume behind a mirrored cache pool, and a thin pool behind a striped cache volume",
    disks: [300, 300],
    make(disks) {
      lvm("vgcreate", "-q", "vgt", ...disks);
      const create = (name: string, mebibytes: number, ...kind: readonly string[]) =>
        lvm("lvcreate", "-q", "-y", ...kind, "-n", name, "-L", `${mebibytes}M`, "vgt");
      for (const [name, mebibytes] of [
        ["root", 48],
        ["data", 16],
        ["meta", 8],
      ] as const) {
        create(name, mebibytes, "--type", "raid1", "-m", "1");
      }
      lvm("lvconvert", "-q", "-y", "--type", "cache-pool", "--poolmetadata", "vgt/meta", "vgt/data");
      lvm("lvconvert", "-q", "-y", "--type", "cache", "--cachepool", "vgt/data", "vgt/root");
      create("pool", 60, "--type", "thin-pool");
      create("fast", 24, "-i", "2");
      lvm("lvconvert", "-q", "-y", "--type", "cache", "--cachevol", "fast", "--cachemode", "writeback", "vgt/pool");
      lvm("lvcreate", "-q", "-y", "-V", "100M", "-T", "vgt/pool", "-n", "home");
      for (const name of ["root", "home"]) ext4(`/dev/vgt/${name}`);
    },
    mounts: [
      ["lv:vgt/root", "/"],
      ["lv:vgt/home", "/home"],
    ],
  },
];

const COLUMNS =
  "lv_name,lv_uuid,lv_size,lv_role,segtype,pool_lv,origin,chunk_size,cache_mode,cache_policy,cache_settings";

/** What LVM says of all volumes, and the kernel of its caches, without the numbers of their devices. */
function volumesNow(): string[] {
  const told = lvm("lvs", "-a", "--noheadings", "--sort", "lv_name", "-o", COLUMNS);
  const tables = sh(["dmsetup", "table", "--target", "cache"]) + sh(["dmsetup", "table", "--target", "writecache"]);
  return [
    ...told.split("\n"),
    ...tables
      .replace(/ \d+:\d+/g, "")
      .split("\n")
      .sort(),
  ];
}

test("a restore without the disk of the caches makes the volumes without them", async () => {
  const [one] = cases;
  if (!canVolumes() || one === undefined) return;
  const place = scratch();
  const attach = (what: string, count: number) =>
    Array.from({ length: count }, (_, at) => attachLoop(place.image(`${what}${at}`, 300 << 20)));
  const sources = attach("source", 2);
  let targets: LoopDisk[] = [];
  try {
    one.make(sources.map(({ path }) => path));
    const layout = await layoutOf(sources, one.mounts);
    for (const tag of ["@later", "@still"]) lvm("vgchange", "-q", "--addtag", tag, "vg-c");
    await releaseAll(sources);
    for (const source of sources) source.detach();
    targets = attach("target", 1);
    const [slow] = nodesOf(layout, "disk");
    const root = `${place.path}/restore`;
    const disks = { candidates: await candidatesOf(targets, root), carriers: [] };
    const chosen = { [slow?.id ?? ""]: targets[0]?.path ?? "" };
    const { plan } = planOnto(layout, { ...disks, chosen }, { set: "test", firmware: "bios", root });
    assert.is(plan.warnings.filter((text) => text.includes("is given up: no disk here takes the place of")).length, 4);
    assert.equal(await execute(plan, plan.layout), []);
    assert.equal(await differencesAfterRestart(plan.layout, targets, one.mounts), []);
    const told = lvm("lvs", "-a", "--noheadings", "--sort", "lv_name", "-o", "lv_name,segtype", "vg-c");
    assert.equal(told.trim().split(/\s+/), ["cached", "linear", "pooled", "linear", "written", "linear"]);
    // The disk that was lost comes back with the caches as they were: LVM must not take them for those of these
    // volumes.
    targets.push(attachLoop(`${place.path}/source1`));
    assert.is(lvm("vgs", "--noheadings", "-o", "pv_count", "vg-c").trim(), "1");
    lvm("vgchange", "-q", "-an", "vg-c");
    lvm("vgchange", "-q", "-ay", "vg-c");
    assert.is(sh(["dmsetup", "table", "--target", "cache"]).trim(), "");
    for (const name of ["cached", "pooled", "written"]) sh(["e2fsck", "-fn", `/dev/vg-c/${name}`]);
  } finally {
    await releaseAll(targets);
    for (const target of targets) target.detach();
    place.remove();
  }
});

for (const one of cases) {
  needing(test, canVolumes())(`a restore makes the caches again as they were: ${one.name}`, () =>
    roundTrip(one, volumesNow),
  );
}

test.run();
