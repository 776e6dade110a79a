import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { Secret, type Secrets } from "../../src/base/secret.ts";
import { luksSecret } from "../../src/drivers/volume/luks-make.ts";
import { isFree, standingIn } from "../../src/layout/standing.ts";
import { type Layout, nodesOf } from "../../src/layout/types.ts";
import { cutAfter, effectsOf } from "./cut-plan.ts";
import { attachLoop, scratch, sh } from "./loop-disk.ts";
import {
  candidatesOf,
  differencesAfterRestart,
  execute,
  KEY,
  type LoopDisk,
  layoutOf,
  planOnto,
  releaseAll,
} from "./volume-lab.ts";

const MIB = 1 << 20;

/** A machine whose restore is killed. */
export interface KilledMachine {
  readonly name: string;
  /** MiB of each disk. */
  readonly disks: readonly number[];
  readonly make: (disks: readonly string[]) => void;
  /** Device node of each file system by mount point; `DISK` is the first disk's. */
  readonly mounts: readonly (readonly [on: string, path: string])[];
}

const mountsOn = (disks: readonly LoopDisk[], mounts: KilledMachine["mounts"]) =>
  mounts.map(([on, path]): [string, string] => {
    return [on === "DISK" ? `disk:${disks[0]?.path.slice("/dev/".length)}` : on, path];
  });

async function switchOff(targets: readonly LoopDisk[], root: string): Promise<void> {
  sh(["sh", "-c", `! mountpoint -q ${root} || umount -R ${root}`]);
  await releaseAll(targets);
}

/** What the restored root holds. */
function readBack(layout: Layout, targets: readonly LoopDisk[], at: string): string {
  const root = nodesOf(layout, "mount").find((mount) => mount.path === "/");
  const fs = nodesOf(layout, "filesystem").find((node) => node.id === root?.of);
  const volume = nodesOf(layout, "logical-volume").find((node) => node.id === fs?.on);
  sh(["mount", "-o", "ro", volume?.path ?? targets[0]?.path ?? "", at]);
  try {
    return readFileSync(`${at}/etc/hello`, "utf8");
  } finally {
    sh(["umount", at]);
  }
}

/** Broken off at any point, the disks count as the set's, or as blank: nothing else is taken without a person. */
async function requireFree(layout: Layout, targets: readonly LoopDisk[], root: string): Promise<void> {
  const candidates = await candidatesOf(targets, root);
  const standing = standingIn(layout, candidates);
  for (const one of candidates)
    assert.ok(isFree(standing(one)), `${one.disk.path} is ${standing(one)}: ${one.contents}`);
}

/**
 * Restores it with the plan cut off after each `step` effects, running volumes or a switched-off machine in between;
 * then wholly, and looks.
 */
export async function restoreKilled({ disks, make, mounts }: KilledMachine, step: number): Promise<void> {
  const place = scratch();
  const root = `${place.path}/restore`;
  const attach = (what: string) => disks.map((size, at) => attachLoop(place.image(`${what}${at}`, size * MIB)));
  const sources = attach("source");
  const targets: LoopDisk[] = [];
  try {
    make(sources.map(({ path }) => path));
    sh(["sync"]);
    const layout = await layoutOf(sources, mountsOn(sources, mounts));
    assert.equal(nodesOf(layout, "unsupported"), []);
    await releaseAll(sources);
    for (const source of sources) source.detach();
    targets.push(...attach("target"));
    const secrets: Secrets = new Map(nodesOf(layout, "luks").map((luks) => [luksSecret(luks), Secret.ofText(KEY)]));
    const all = effectsOf(await planOnto(layout, targets, root)).length;
    for (let count = 1; count < all; count += step) {
      await execute(cutAfter(await planOnto(layout, targets, root), count), layout, secrets);
      // Every other time the machine was switched off meanwhile: nothing runs any more.
      if (count % 2 === 1) await switchOff(targets, root);
      await requireFree(layout, targets, root);
    }
    assert.equal(await execute(await planOnto(layout, targets, root), layout, secrets), []);
    const give = async () => Secret.ofText(KEY);
    assert.equal(await differencesAfterRestart(layout, targets, mountsOn(targets, mounts), give), []);
    assert.is(readBack(layout, targets, root), "hello");
  } finally {
    await switchOff(targets, root);
    for (const target of targets) target.detach();
    place.remove();
  }
}
