/** The machine as it was at one moment, for as long as its files are read. */

import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import type { Layout } from "../../layout/types.ts";
import { betweenHooks, type HookWarnings } from "../../run/run-hooks.ts";
import type { ChosenPaths } from "../choose-paths.ts";
import type { BackupRequest } from "../request.ts";
import { dropSubvolumes, type OpenedBtrfs } from "./btrfs-snapshots.ts";
import { buildTree, mountVolumes, shownPlaces } from "./build-tree.ts";
import { type ChosenSnapshots, chooseSnapshots, type VolumeOrigin } from "./choose-snapshots.ts";
import { liveWords, madePaths, madeWords } from "./describe-view.ts";
import { mapperStatus } from "./lvm-commands.ts";
import { makeSnapshots } from "./moment.ts";
import { lostSnapshot, type Watched } from "./snapshot-use.ts";
import { type ReadLive, refuseLive } from "./snapshot-wish.ts";
import { openTop, openViewMounts, type ViewMounts } from "./view-mounts.ts";
import { dropVolumes, type PlannedVolume, planVolumes } from "./volume-snapshots.ts";

/** Where the files of a machine are read. */
export interface View {
  readonly root: string;
  /** Where a file system is seen without what is mounted on it, by its mount point; absent: it is looked for. */
  readonly bares?: ReadonlyMap<string, string>;
  /** The number (`8:1`) that a device has here. */
  readonly deviceOf: (live: string) => string;
  /** Aborts when a snapshot is lost. */
  readonly signal: AbortSignal;
  readonly warnings: HookWarnings;
  /** What must not get full meanwhile. */
  readonly watched: readonly Watched[];
  /** Mount points that are read from snapshots. */
  readonly shown: readonly string[];
}

/** What is to be seen. */
export interface ViewWish {
  readonly request: BackupRequest;
  readonly layout: Layout;
  readonly chosen: Pick<ChosenPaths, "include" | "exclude">;
  /** See `runIdOf()`. */
  readonly run: string;
  /** What the backup itself writes at most, by the directories that it writes to. */
  readonly outputs?: readonly { readonly path: string; readonly bytes: number }[];
}

interface Context {
  readonly host: Host;
  readonly wish: ViewWish;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

const WATCH_MS = 3000;
/** How often the last look is tried. */
const LAST_LOOKS = 4;

const liveView = ({ request }: ViewWish, signal: AbortSignal): View => ({
  root: request.root,
  deviceOf: (device) => device,
  signal,
  warnings: [],
  watched: [],
  shown: [],
});

/** What exists of a view, in the order in which it was made. */
class Parts {
  readonly #host: Host;
  readonly #run: string;
  readonly #reporter: Reporter;
  mounts: ViewMounts | undefined;
  opened: OpenedBtrfs[] = [];
  volumes: readonly PlannedVolume[] = [];

  constructor({ host, wish: { run }, reporter }: Context) {
    this.#host = host;
    this.#run = run;
    this.#reporter = reporter;
  }

  /** Removes everything. What can't be is told: the next run tries again. */
  async close(): Promise<void> {
    const attempt = async (work: () => unknown) => {
      try {
        await work();
      } catch (error) {
        this.#reporter.warn(msg`a snapshot can't be removed, the next backup tries again: ${messageOf(error)}`);
      }
    };
    const { opened, mounts, volumes } = this;
    [this.opened, this.mounts, this.volumes] = [[], undefined, []];
    for (const { top } of opened) await attempt(() => dropSubvolumes(this.#host, top, this.#run));
    await attempt(() => mounts?.close());
    await attempt(() => dropVolumes(this.#host, volumes, this.#run));
  }
}

/** Opens the top levels of what is btrfs; those that can't be are read live. */
async function openAll(
  { host }: Context,
  { btrfs }: ChosenSnapshots,
  { opened }: Parts,
  mounts: ViewMounts,
): Promise<ReadLive[]> {
  const live: ReadLive[] = [];
  for (const [number, origin] of btrfs.entries()) {
    try {
      opened.push({ origin, ...(await openTop(host, mounts, origin, number)) });
    } catch (error) {
      live.push({ path: origin.path, why: messageOf(error), isRemediable: true });
    }
  }
  return live;
}

/** What the backup writes to a volume is written beside its snapshot, too. */
function withOutputs({ host, wish: { outputs = [] } }: Context, volumes: readonly VolumeOrigin[]): VolumeOrigin[] {
  const deviceAt = (path = "") => host.stat(path)?.dev ?? "";
  return volumes.map((volume) => {
    const own = outputs.filter(({ path }) => deviceAt(path) === deviceAt(volume.mounts[0]?.path));
    return { ...volume, outputBytes: own.reduce((sum, { bytes }) => sum + bytes, 0) };
  });
}

/** Everything, because of one thing. */
function allLive({ volumes, btrfs, live }: ChosenSnapshots, why: string): ReadLive[] {
  const mounts = [
    ...volumes.flatMap((one) => one.mounts),
    ...btrfs.flatMap(({ subvolumes }) => subvolumes).flatMap((one) => one.mounts),
  ];
  return [...live, ...mounts.map(({ path }) => ({ path, why, isRemediable: true }))];
}

/** Makes snapshots and the tree of them; undefined: there is none, everything is read live. */
async function open(context: Context, chosen: ChosenSnapshots, parts: Parts): Promise<[View | undefined, ReadLive[]]> {
  const { host, wish, reporter, signal } = context;
  const { request, run } = wish;
  const mounts = await openViewMounts().catch((error: unknown) => messageOf(error));
  if (typeof mounts === "string") return [undefined, allLive(chosen, mounts)];
  parts.mounts = mounts;
  const { planned, live } = await planVolumes(host, withOutputs(context, chosen.volumes), run, request.snapshot?.size);
  const unopened = await openAll(context, chosen, parts, mounts);
  const known = [...chosen.live, ...live, ...unopened];
  if (request.snapshot?.mode === "require") refuseLive(known);
  if (planned.length + parts.opened.length === 0) return [undefined, known];
  const brackets = { before: "before-snapshot", after: "after-snapshot" } as const;
  // Whatever happens meanwhile: what may exist is to be removed.
  parts.volumes = planned;
  const { result: made, warnings } = await betweenHooks(
    host,
    request.hooks ?? { found: [], facts: {} },
    brackets,
    reporter,
    signal,
    () => makeSnapshots(host, planned, parts.opened, { run, reporter, signal }),
  );
  const { places, live: unmounted } = await mountVolumes(made.volumes, mounts);
  const all = [...known, ...made.live, ...unmounted];
  if (request.snapshot?.mode === "require") refuseLive(all);
  const shown = shownPlaces(made, places, chosen);
  if (made.volumes.length + made.subvolumes.length === 0) return [undefined, all];
  const built = await buildTree(host, wish.layout, shown, mounts).catch((error: unknown) => messageOf(error));
  if (typeof built === "string") return [undefined, allLive(chosen, built)];
  reporter.info(msg`Snapshots: ${madeWords(made)}`);
  const watched = made.volumes.map((one) => one.watched);
  return [{ ...built, signal, warnings, watched, shown: madePaths(made) }, all];
}

function tellLive(live: readonly ReadLive[], reporter: Reporter): void {
  const [fixed, usual] = [live.filter((one) => one.isRemediable), live.filter((one) => !one.isRemediable)];
  if (fixed.length > 0) reporter.warn(msg`Read live, without a snapshot: ${liveWords(fixed)}`);
  if (usual.length > 0) reporter.info(msg`Read live, without a snapshot: ${liveWords(usual)}`);
}

/** The last look decides, and what keeps it from being taken for a moment must not cost a whole backup. */
async function insist(host: Host, look: () => Promise<void>): Promise<void> {
  for (let tries = LAST_LOOKS; ; tries--) {
    try {
      return await look();
    } catch (error) {
      if (tries <= 1) throw error;
      await host.sleep(WATCH_MS);
    }
  }
}

/** Looks at the snapshots from time to time: one that is full holds nothing any more. */
async function watched<T>({ host, signal }: Context, view: View, work: (view: View) => Promise<T>): Promise<T> {
  if (view.watched.length === 0) return work(view);
  const lost = new AbortController();
  const look = async () => {
    const flaw = lostSnapshot(await mapperStatus(host), view.watched);
    if (flaw !== undefined && !lost.signal.aborted) lost.abort(lostError(flaw, view));
  };
  let looking: Promise<void> | undefined;
  const stop = host.every(WATCH_MS, () => {
    looking ??= look()
      .catch(() => {})
      .finally(() => {
        looking = undefined;
      });
  });
  try {
    const result = await work({ ...view, signal: AbortSignal.any([signal, lost.signal]) });
    await looking;
    await insist(host, look);
    lost.signal.throwIfAborted();
    return result;
  } catch (error) {
    throw lost.signal.aborted && !signal.aborted ? lost.signal.reason : error;
  } finally {
    stop();
  }
}

function lostError(flaw: string, { shown }: View): MondoError {
  const hint = msg`Nothing was replaced. Give it more room (--snapshot-size), or back up when less is written.`;
  const data = { lost: "snapshot", shown };
  return new MondoError("no-space", msg`${flaw}: more was written meanwhile than it has room for`, { hint, data });
}

/** Without a snapshot anywhere; refused where each place must have one. */
function readLive({ wish, reporter, signal }: Context, live: readonly ReadLive[]): View {
  if (wish.request.snapshot?.mode === "require") refuseLive(live);
  tellLive(live, reporter);
  return liveView(wish, signal);
}

/**
 * Lets `work` read the machine from snapshots, as far as it has such file systems, and names what it reads live. They
 * are removed when it has ended, however it ends. One that is lost meanwhile ends it: `no-space`.
 */
export async function withView<T>(
  host: Host,
  wish: ViewWish,
  reporter: Reporter,
  signal: AbortSignal,
  work: (view: View) => Promise<T>,
): Promise<T> {
  const context = { host, wish, reporter, signal };
  const { request, layout } = wish;
  if (request.snapshot === undefined || request.snapshot.mode === "no" || request.root !== "/") {
    return work(liveView(wish, signal));
  }
  const chosen = chooseSnapshots(layout, wish.chosen);
  if (chosen.volumes.length + chosen.btrfs.length === 0) return work(readLive(context, chosen.live));
  reporter.step(msg`Making snapshots`);
  const parts = new Parts(context);
  try {
    const [view, live] = await open(context, chosen, parts);
    if (!view) {
      await parts.close();
      return await work(readLive(context, live));
    }
    tellLive(live, reporter);
    return await watched(context, view, work);
  } finally {
    await parts.close();
  }
}
