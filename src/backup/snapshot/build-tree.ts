/** The tree of a machine, with snapshots in place of what is mounted. */
import { messageOf } from "../../base/errors.ts";
import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import type { Host } from "../../host/host.ts";
import { hiddenPlaces } from "../../layout/hidden-places.ts";
import { type Layout, nodesOf } from "../../layout/types.ts";
import type { ChosenSnapshots } from "./choose-snapshots.ts";
import type { MadeSnapshots } from "./moment.ts";
import type { ReadLive } from "./snapshot-wish.ts";
import type { ViewMounts } from "./view-mounts.ts";
import { barePlace, copyOptions, type Shown, treeSteps, VIEW_ROOT, volumePlace } from "./view-plan.ts";
import { deviceOfVolume, type PlannedVolume } from "./volume-snapshots.ts";

/** Mounts the snapshots of volumes; those that can't be are read live. */
export async function mountVolumes(
  volumes: readonly PlannedVolume[],
  mounts: ViewMounts,
): Promise<{ readonly places: ReadonlyMap<PlannedVolume, string>; readonly live: readonly ReadLive[] }> {
  const places = new Map<PlannedVolume, string>();
  const live: ReadLive[] = [];
  for (const [number, one] of volumes.entries()) {
    const target = volumePlace(number);
    const { type, mounts: at } = one.origin;
    try {
      const [source, data] = [deviceOfVolume(one), copyOptions(type)];
      await mounts.mount([{ do: "mount", source, target, type, data }]);
      places.set(one, target);
    } catch (error) {
      live.push(...at.map(({ path }) => ({ path, why: messageOf(error), isRemediable: true })));
    }
  }
  return { places, live };
}

const inside = (root: string) => (root === "/" ? "" : root);

/** Each place of the tree that is not simply what is mounted there. */
export function shownPlaces(
  made: MadeSnapshots,
  places: ReadonlyMap<PlannedVolume, string>,
  { btrfs }: ChosenSnapshots,
): Shown[] {
  const ofVolumes = [...places].flatMap(([{ origin }, place]) =>
    origin.mounts.map(({ path, root }) => ({ path, source: `${place}${inside(root)}` })),
  );
  const ofSubvolumes = made.subvolumes.flatMap(({ origin, source }): Shown[] => [
    ...origin.mounts.map(({ path, root }) => {
      const rest = origin.path === "" ? inside(root) : root.slice(origin.path.length + 1);
      return { path, source: `${source}${rest}` };
    }),
    ...(origin.nestedAt === undefined ? [] : [{ path: origin.nestedAt, source }]),
  ]);
  // In a snapshot the subvolumes inside are empty directories: those that are none of it are shown as they are.
  const inner = btrfs.flatMap(({ subvolumes, leftOut }) => [
    ...subvolumes.flatMap(({ nestedAt }) => nestedAt ?? []),
    ...leftOut,
  ]);
  const done = new Set([...ofVolumes, ...ofSubvolumes].map(({ path }) => path));
  const rest = inner.flatMap((path) => (done.has(path) ? [] : [{ path, source: path }]));
  return [...ofVolumes, ...ofSubvolumes, ...rest];
}

/** The machine's tree in mounts of our own. */
export interface BuiltTree {
  /** By which this process reaches its root. */
  readonly root: string;
  /** Where a file system is seen without what is mounted on it, by its mount point. */
  readonly bares: ReadonlyMap<string, string>;
  /** The number (`8:1`) that a device has in it. */
  readonly deviceOf: (live: string) => string;
}

/** Mounts the tree, and what mounts of the set hide. Throws `system`. */
export async function buildTree(
  host: Host,
  layout: Layout,
  shown: readonly Shown[],
  mounts: ViewMounts,
): Promise<BuiltTree> {
  const lines = parseMountinfo(host.tryReadText("/proc/self/mountinfo") ?? "");
  const own = new Set(nodesOf(layout, "mount").map(({ path }) => path));
  await mounts.mount(treeSteps(lines, shown, own));
  const sources = new Map(shown.map(({ path, source }) => [path, source]));
  const bares = new Map<string, string>();
  const unders = new Set(hiddenPlaces(layout).map(({ under }) => under));
  for (const [number, under] of [...unders].entries()) {
    const source = sources.get(under);
    const place = source ?? barePlace(number);
    if (source === undefined) await mounts.mount([{ do: "bind", source: under, target: place, isNeeded: true }]);
    bares.set(under, mounts.open(place));
  }
  const root = mounts.open(VIEW_ROOT);
  const below = (path: string) => `${root}${path === "/" ? "/." : path}`;
  const devices = new Map(
    shown.flatMap(({ path }) => {
      const [live, here] = [host.stat(path)?.dev, host.stat(below(path))?.dev];
      return live === undefined || here === undefined ? [] : [[live, here] as const];
    }),
  );
  return { root, bares, deviceOf: (device) => devices.get(device) ?? device };
}
