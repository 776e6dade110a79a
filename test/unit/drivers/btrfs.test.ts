import { test } from "uvu";
import * as assert from "uvu/assert";
import { btrfsDriver } from "../../../src/drivers/fs/btrfs.ts";
import { btrfsFeatureWords, btrfsToolHas } from "../../../src/drivers/fs/btrfs-features.ts";
import type { Filesystem } from "../../../src/layout/types.ts";

const version = (text: string) => `mkfs.btrfs, part of btrfs-progs v${text}`;
const details = {
  ...{ features: ["extref", "skinny-metadata", "no-holes", "free-space-tree"], unknown: [], nodeBytes: 16384 },
  ...{ sectorBytes: 4096, checksum: "crc32c", systemProfile: "dup", devices: 1, deviceUuid: "0d-1" },
};
const fsWith = (more: Record<string, unknown>): Filesystem => ({
  ...{ kind: "filesystem", id: "fs:a", on: "part:a", type: "btrfs", uuid: "6d-1", sizeBytes: 4096000 },
  details: { ...details, ...more },
});
const madeWith = (more: Record<string, unknown>) =>
  btrfsDriver
    .make(fsWith(more), "/dev/a", [])
    .flatMap((effect) => (effect.do === "run" ? [effect.argv.join(" ")] : []))
    .at(-1) ?? "";

test("btrfsToolHas() compares releases by number, and takes an unknown one for new", () => {
  assert.ok(btrfsToolHas(version("6.10"), 6, 3));
  assert.not.ok(btrfsToolHas(version("6.2"), 6, 3));
  assert.ok(btrfsToolHas(version("6.5.3"), 6, 5, 3));
  assert.not.ok(btrfsToolHas(version("6.5.2"), 6, 5, 3));
  assert.ok(btrfsToolHas(undefined, 6, 3));
});

test("btrfsFeatureWords() says every feature in the words of the tool, and forbids those that its defaults would add", () => {
  const { features } = details;
  assert.equal(btrfsFeatureWords(features, version("5.10")), ["-O", "extref,skinny-metadata,no-holes"]);
  assert.equal(btrfsFeatureWords([], version("6.2")), [
    "-O",
    "^extref,^skinny-metadata,^no-holes",
    "-R",
    "^free-space-tree",
  ]);
  assert.equal(btrfsFeatureWords(["mixed-bg", ...features], version("6.19")), [
    "--mixed",
    "-O",
    "extref,skinny-metadata,no-holes,free-space-tree,^block-group-tree",
  ]);
});

test("make() keeps profiles, and the device's UUID where the tool can be told of it", () => {
  const old = madeWith({ toolVersion: version("6.2"), dataProfile: "single", metadataProfile: "dup" });
  assert.match(old, / -m dup -d single -U 6d-1 -b 4096000 \/dev\/a$/);
  assert.match(madeWith({ toolVersion: version("6.6") }), / --device-uuid 0d-1 /);
  assert.match(madeWith({ systemProfile: "raid1" }), / -m raid1 -U/, "one that was not mounted");
});

test("obstacle() names what can't be made again", () => {
  const obstacle = (more: Record<string, unknown>) => btrfsDriver.obstacle?.(fsWith(more)) ?? "none";
  assert.is(obstacle({}), "none");
  assert.match(obstacle({ unknown: ["zoned"] }), /\(zoned\)/);
  assert.match(obstacle({ unlisted: "ERROR: can't access '/x'" }), /subvolumes can't be listed \(ERROR/);
  const tree = { features: ["block-group-tree"] };
  assert.match(obstacle({ ...tree, toolVersion: version("6.2") }), /v6\.2 can't make/);
  assert.is(obstacle({ ...tree, toolVersion: version("6.3") }), "none");
});

test("restoreOptions() keeps compression, and drops what would store files otherwise or names a subvolume", () => {
  const source = "rw,relatime,compress-force=zstd:9,nodatacow,space_cache=v2,subvolid=257,subvol=/@";
  assert.is(btrfsDriver.restoreOptions(source), "noatime,compress-force=zstd:9,space_cache=v2");
  assert.is(btrfsDriver.placeOptions?.({ root: "/@" }, ["/dev/b"]), "subvol=/@,device=/dev/b");
  assert.is(btrfsDriver.placeOptions?.({ root: "/" }, []), "subvolid=5");
});

test.run();
