import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { BOOT_LIST_NAME } from "../../../src/archive/set/boot-digests.ts";
import type { Manifest } from "../../../src/archive/set/manifest.ts";
import { openSet } from "../../../src/archive/set/open-set.ts";
import { verifySet } from "../../../src/archive/verify/verify-set.ts";
import { burnMedia } from "../../../src/backup/burn.ts";
import { isKeptSet, keepSet } from "../../../src/backup/keep-set.ts";
import type { BackupRequest, WorkPlaces } from "../../../src/backup/request.ts";
import { MondoError } from "../../../src/base/errors.ts";
import { silentReporter } from "../../../src/base/report.ts";
import { linuxHost } from "../../../src/host/linux.ts";
import { shell } from "../archive/odd-tree.ts";
import { saveSet } from "../archive/saved-set.ts";

/** Nothing can be written as ISO here. */
const host = { ...linuxHost(), which: () => undefined };

interface Ground {
  readonly target: string;
  readonly request: BackupRequest;
  readonly places: WorkPlaces;
  readonly manifest: Manifest;
}

/** A set of three volumes in the scratch directory of a run. */
async function onGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), "mondo-keep-"));
  const [tree, target] = [join(base, "tree"), join(base, "target")];
  const scratch = join(target, ".mondo.scratch.00000000-00000000.p");
  mkdirSync(tree);
  mkdirSync(scratch, { recursive: true });
  try {
    shell(tree, "for i in 1 2; do head -c 4500000 /dev/urandom > $i; done");
    const places = { iso: join(target, "p-1.iso"), scratch, set: join(scratch, "mondo"), boot: join(scratch, "boot") };
    const { manifest } = await saveSet(tree, places.set, { volumeBytes: 4 << 20, threads: 0 });
    rmSync(join(places.set, "manifest.json"));
    assert.is(manifest.volumes.length, 3);
    const request = { directory: target, prefix: "p", restoreByDefault: false } as BackupRequest;
    await work({ target, request, places, manifest: { ...manifest, boot: BOOT_LIST_NAME } });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

async function burnt(ground: Ground, signal = new AbortController().signal): Promise<unknown> {
  const image = { kernelPath: "/none", initrdPath: "/none" } as Parameters<typeof burnMedia>[1]["image"];
  return await burnMedia(host, { ...ground, image }, silentReporter, signal).catch((error) => error);
}

test("keepSet() keeps a set whose image can't be written, whole, and says where", () =>
  onGround(async (ground) => {
    const { target, request, places, manifest } = ground;
    const failure = await burnt(ground);
    const error = keepSet(host, ground, failure);
    rmSync(places.scratch, { recursive: true });
    const set = join(target, "p-set");
    assert.ok(error instanceof MondoError && failure instanceof MondoError);
    assert.is(error.code, failure.code);
    assert.is(error.message, `the backup is saved, but not written as ISO: ${failure.message}; it is kept as ${set}`);
    assert.ok(error.hint?.includes(`mondo verify ${set}`));
    assert.equal(readdirSync(target), ["p-set"]);
    assert.ok(isKeptSet(host, target, "p-set") && existsSync(join(set, "HOWTO.txt")));
    const opened = openSet(host, set);
    const { boot: _, ...rest } = manifest;
    assert.equal(opened.manifest, rest);
    const { defects, ...checked } = await verifySet(host, opened, 0, silentReporter);
    assert.equal(defects, [], JSON.stringify(checked));
    for (const { name, sizeBytes } of [...manifest.volumes, manifest.catalog]) {
      assert.is(opened.locate(name)?.sizeBytes, sizeBytes);
    }
    assert.is(request.prefix, "p");
  }));

test("keepSet() takes a name that nothing has", () =>
  onGround(async (ground) => {
    mkdirSync(join(ground.target, "p-set"));
    keepSet(host, ground, new Error("the disk failed"));
    assert.ok(isKeptSet(host, ground.target, "p-set-2"));
    assert.not(isKeptSet(host, ground.target, "p-set"));
  }));

/** A set on three media, of which some are written already. */
function onMedia(ground: Ground, written: number): Ground {
  const volumes = ground.manifest.volumes.map((volume, index) => ({ ...volume, medium: index + 1 }));
  for (const { name, medium } of volumes.slice(0, written)) {
    renameSync(join(ground.places.set, name), join(ground.target, `p-${medium}.iso.new`));
  }
  return { ...ground, manifest: { ...ground.manifest, volumes, media: { number: 1, of: 3 } } };
}

test("keepSet() keeps the images that are whole beside the other volumes", () =>
  onGround(async (ground) => {
    const media = onMedia(ground, 1);
    // The second one was being written.
    const second = join(ground.places.scratch, "medium-2");
    mkdirSync(second);
    for (const name of [media.manifest.volumes[1]?.name ?? "", "catalog.mcat.zst"]) {
      renameSync(join(ground.places.set, name), join(second, name));
    }
    const error = keepSet(host, media, new Error("the disk failed"));
    const set = join(ground.target, "p-set");
    assert.ok(
      error instanceof MondoError &&
        error.hint?.startsWith(`Copy the volumes in /mondo of ${set}/p-1.iso, into ${set}.`),
    );
    const opened = openSet(host, set);
    assert.equal(opened.manifest.media, { number: 2, of: 3 });
    assert.equal(
      opened.media.map(({ place }) => place !== undefined),
      [false, true, true],
    );
    // As the hint has it.
    renameSync(join(set, "p-1.iso"), join(set, media.manifest.volumes[0]?.name ?? ""));
    assert.ok(openSet(host, set).media.every(({ place }) => place === set));
  }));

test("keepSet() names the images when all are whole, and passes on what failed before them", () =>
  onGround(async (ground) => {
    const media = onMedia(ground, 3);
    const error = keepSet(host, media, new Error("rename: input/output error"));
    const set = join(ground.target, "p-set");
    const images = [1, 2, 3].map((number) => `${set}/p-${number}.iso`);
    assert.match((error as MondoError).message, `its images are whole: ${images.join(", ")}`);
    const late = new Error("late");
    assert.is(keepSet(host, media, late), late);
  }));

test("burnMedia() leaves images that are whole when a later one fails, but not when it is interrupted", () =>
  onGround(async (ground) => {
    const pending = join(ground.target, "p-1.iso.new");
    writeFileSync(pending, "");
    assert.instance(await burnt(ground), MondoError);
    assert.not(existsSync(pending));
    const media = onMedia(ground, 0);
    await burnt(media, AbortSignal.abort());
    assert.equal(readdirSync(ground.target), [".mondo.scratch.00000000-00000000.p"]);
  }));

test.run();
