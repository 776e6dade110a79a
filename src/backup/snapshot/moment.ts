/** All snapshots of a backup, at one moment where the kernel lets us. */

import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { thawNow } from "../../host/freeze.ts";
import type { Host } from "../../host/host.ts";
import { type LineChild, startLineChild } from "../../host/line-child.ts";
import { type MadeSubvolume, makeSubvolumes, type OpenedBtrfs } from "./btrfs-snapshots.ts";
import { FREEZE_TASK, type FreezeQuestion, type Thawed } from "./freeze-task.ts";
import type { ReadLive } from "./snapshot-wish.ts";
import { makeVolume, type PlannedVolume } from "./volume-snapshots.ts";

/** What was made. */
export interface MadeSnapshots {
  readonly volumes: readonly PlannedVolume[];
  readonly subvolumes: readonly MadeSubvolume[];
  readonly live: readonly ReadLive[];
  /** Between the first and the last of them; 0: all show the same moment. */
  readonly spreadMs: number;
}

/** Writers wait so long at most. */
const MOST_HELD_MS = 8000;
const FREEZE_MS = 15_000;
/** It thaws when it ends, so it is never killed: one that waits for a slow disk goes on without us. */
const END_MS = 120_000;
const FLUSH_MS = 600_000;

/** Since Linux 6.8 device mapper may hold a file system that is held already (fs/super.c, FREEZE_MAY_NEST). */
function canHoldTwice(host: Host): boolean {
  const [major = 0, minor = 0] = (host.tryReadText("/proc/sys/kernel/osrelease") ?? "").split(".").map(Number);
  return major > 6 || (major === 6 && minor >= 8);
}

/** The deepest first: the root, on which most depends, for the shortest time. */
function placesToHold(volumes: readonly PlannedVolume[]): string[] {
  const paths = volumes.flatMap(({ origin }) => origin.mounts[0]?.path ?? []);
  return paths.sort((a, b) => b.split("/").length - a.split("/").length || (a < b ? 1 : -1));
}

/** Thaws what a child of ours has left frozen that is gone: nobody else would. */
function thawAll(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      thawNow(path);
    } catch {
      // It is no longer there.
    }
  }
}

/** Does work while all who write to these places are held; tells whether they were until its end. */
async function held<T>(paths: readonly string[], reporter: Reporter, work: () => Promise<T>): Promise<[T, boolean]> {
  let child: LineChild | undefined;
  let isFrozen = false;
  try {
    child = startLineChild([FREEZE_TASK], { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" });
    await child.ask<object>(
      { do: "freeze", paths: [...paths], mostMs: MOST_HELD_MS } satisfies FreezeQuestion,
      FREEZE_MS,
    );
    isFrozen = true;
  } catch (error) {
    reporter.log(`Without holding who writes: ${messageOf(error)}`);
  }
  try {
    const result = await work();
    if (!isFrozen || !child) return [result, false];
    const { wasHeld } = await child
      .ask<Thawed>({ do: "thaw" } satisfies FreezeQuestion, FREEZE_MS)
      .catch((): Thawed => ({ wasHeld: false }));
    return [result, wasHeld];
  } finally {
    const isGone = child?.isAlive() === false;
    if ((await child?.release(END_MS)) === false) {
      reporter.warn(msg`those who write to ${paths.join(", ")} are still held: it thaws as soon as the disk lets it`);
    }
    if (isGone) thawAll(paths);
  }
}

/** What is dirty goes to the disk while all may still write: nobody is to be held for as long as that takes. */
async function flush(host: Host, paths: readonly string[], reporter: Reporter, signal: AbortSignal): Promise<void> {
  if (paths.length === 0) return;
  try {
    await host.run({ argv: ["sync", "-f", ...paths], accept: "any", timeoutMs: FLUSH_MS, signal });
  } catch (error) {
    signal.throwIfAborted();
    reporter.log(messageOf(error));
  }
}

/** Nothing may be written to a file meanwhile, not even to our log: it may lie on what is held. */
async function makeAll(
  host: Host,
  planned: readonly PlannedVolume[],
  btrfs: readonly OpenedBtrfs[],
  run: string,
  signal: AbortSignal,
): Promise<MadeSnapshots> {
  const times: number[] = [];
  const volumes: PlannedVolume[] = [];
  const live: ReadLive[] = [];
  for (const one of planned) {
    signal.throwIfAborted();
    try {
      await makeVolume(host, one, run);
      volumes.push(one);
      times.push(host.nowMs());
    } catch (error) {
      live.push(...one.origin.mounts.map(({ path }) => ({ path, why: messageOf(error), isRemediable: true })));
    }
  }
  const subvolumes: MadeSubvolume[] = [];
  for (const one of btrfs) {
    const done = makeSubvolumes(host, one, run);
    subvolumes.push(...done.made);
    live.push(...done.live);
    times.push(...done.made.map(() => host.nowMs()));
  }
  const spreadMs = times.length > 1 ? Math.max(1, (times.at(-1) ?? 0) - (times[0] ?? 0)) : 0;
  return { volumes, subvolumes, live, spreadMs };
}

/**
 * Makes all snapshots. Those of several volumes show one moment where the kernel can hold who writes meanwhile; btrfs
 * can't be held, so of several subvolumes one comes after the other.
 */
export async function makeSnapshots(
  host: Host,
  planned: readonly PlannedVolume[],
  btrfs: readonly OpenedBtrfs[],
  { run, reporter, signal }: { readonly run: string; readonly reporter: Reporter; readonly signal: AbortSignal },
): Promise<MadeSnapshots> {
  const work = () => makeAll(host, planned, btrfs, run, signal);
  await flush(host, placesToHold(planned), reporter, signal);
  const many = planned.length + btrfs.length > 1 && planned.length > 0;
  if (!many || !canHoldTwice(host)) return work();
  const [made, wasHeld] = await held(placesToHold(planned), reporter, work);
  // One subvolume beside volumes that were held shows what they show, and nothing later.
  return wasHeld && made.subvolumes.length <= 1 ? { ...made, spreadMs: 0 } : made;
}
