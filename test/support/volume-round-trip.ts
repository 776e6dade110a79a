import { mkdirSync, readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { contentOf, volumeDevices } from "../../src/layout/graph.ts";
import { type Layout, nodeById, nodesOf } from "../../src/layout/types.ts";
import { attachLoop, scratch, sh } from "./loop-disk.ts";
import { differencesAfterRestart, execute, layoutOf, partition, planOnto, releaseAll } from "./volume-lab.ts";

const MIB = 1 << 20;

/** Volumes on disks, made by their own tools. */
export interface VolumeCase {
  readonly name: string;
  /** MiB of each disk. */
  readonly disks: readonly number[];
  /** sfdisk's input for every disk. */
  readonly script?: string;
  readonly make: (disks: readonly string[]) => void;
  readonly mounts: readonly [on: string, path: string][];
  /** What must be said of it before and after. */
  readonly look?: () => readonly string[];
}

/** The volume that is mounted at a path. */
function deviceAt(layout: Layout, path: string): string {
  const fs = nodeById(layout, nodesOf(layout, "mount").find((mount) => mount.path === path)?.of ?? "");
  return volumeDevices(layout).find(({ id }) => fs?.kind === "filesystem" && fs.on === id)?.path ?? "";
}

const ext4Volumes = (layout: Layout) =>
  volumeDevices(layout).flatMap(({ id, path }) => {
    const content = contentOf(layout, id);
    return content?.kind === "filesystem" && content.type === "ext4" ? [path] : [];
  });

/** What is in a file of a volume, which is mounted meanwhile. */
function fileOn(device: string, at: string, name: string): string {
  mkdirSync(at);
  sh(["mount", "-o", "ro", device, at]);
  try {
    return readFileSync(`${at}/${name}`, "utf8");
  } finally {
    sh(["umount", at]);
  }
}

/**
 * Takes the volumes down and makes them again by a plan on other disks, twice: a restore over the remains of another,
 * volumes still running, must give the same. What `look` says must be the same before and after.
 */
export async function roundTrip(
  { disks, script, make, mounts, ...own }: VolumeCase,
  look: () => readonly string[] = own.look ?? (() => []),
): Promise<void> {
  const place = scratch();
  const attach = (what: string) => disks.map((size, at) => attachLoop(place.image(`${what}${at}`, size * MIB)));
  const sources = attach("source");
  try {
    if (script !== undefined) partition(sources, script);
    make(sources.map((source) => source.path));
    sh(["sync"]);
    const layout = await layoutOf(sources, mounts);
    assert.equal(nodesOf(layout, "unsupported"), []);
    const before = look();
    // Two groups of one name can't be told apart: the old one goes before the new one comes.
    await releaseAll(sources);
    for (const source of sources) source.detach();
    const targets = attach("target");
    try {
      for (let round = 0; round < 2; round++) {
        assert.equal(await execute(await planOnto(layout, targets, `${place.path}/restore`), layout), []);
      }
      assert.equal(await differencesAfterRestart(layout, targets, mounts), []);
      assert.equal(look(), before);
      for (const path of ext4Volumes(layout)) sh(["e2fsck", "-fn", path]);
      assert.is(fileOn(deviceAt(layout, "/"), `${place.path}/at`, "etc/hello"), "hello");
    } finally {
      await releaseAll(targets);
      for (const target of targets) target.detach();
    }
  } finally {
    place.remove();
  }
}
