/** Which file systems of a machine can be read from snapshots, by its layout. Pure. */
import { msg } from "../../base/message.ts";
import { hasFeature } from "../../drivers/fs/has-feature.ts";
import { nodesBelow } from "../../layout/graph.ts";
import {
  type Filesystem,
  type Layout,
  type LogicalVolume,
  type Mount,
  nodeById,
  nodesOf,
  type Subvolume,
} from "../../layout/types.ts";
import { type ChosenPaths, isAtOrBelow } from "../choose-paths.ts";
import type { ReadLive } from "./snapshot-wish.ts";

/** A logical volume with a file system that is saved. */
export interface VolumeOrigin {
  readonly group: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly isThin: boolean;
  /** Of the file system. */
  readonly type: string;
  /** What the backup itself will write to it at most. Default: nothing. */
  readonly outputBytes?: number;
  readonly mounts: readonly Mount[];
}

/** A subvolume of btrfs that is saved. */
export interface SubvolumeOrigin {
  /** Inside the file system: `""` is the top level. */
  readonly path: string;
  readonly mounts: readonly Mount[];
  /** Where it is seen without being mounted, inside of another one. */
  readonly nestedAt?: string;
}

/** A mounted btrfs with its subvolumes that are saved. */
export interface BtrfsOrigin {
  readonly fs: Filesystem;
  /** Where it is mounted. */
  readonly path: string;
  readonly subvolumes: readonly SubvolumeOrigin[];
  /** Places whose subvolumes are not saved: in a snapshot they are empty directories of another kind. */
  readonly leftOut: readonly string[];
}

/** What is to be read from snapshots, and what can't be. */
export interface ChosenSnapshots {
  readonly volumes: readonly VolumeOrigin[];
  readonly btrfs: readonly BtrfsOrigin[];
  readonly live: readonly ReadLive[];
}

/** File systems whose copy can be mounted beside them, read-only, by the same kernel. */
const MOUNTED_TWICE = /^(?:ext[234]|xfs)$/;

/** The mount that holds a path. */
function holderOfPath(mounts: readonly Mount[], path: string): Mount | undefined {
  const above = mounts.filter((mount) => isAtOrBelow(path, mount.path));
  return above.reduce<Mount | undefined>(
    (best, one) => (one.path.length >= (best?.path.length ?? 0) ? one : best),
    undefined,
  );
}

/** The mounts in which something lies that is chosen. */
function chosenMounts(layout: Layout, { include, exclude }: Pick<ChosenPaths, "include" | "exclude">): Set<Mount> {
  const mounts = nodesOf(layout, "mount");
  const held = include.map((path) => holderOfPath(mounts, path));
  const isLeftOut = ({ path }: Mount) => exclude.some((one) => isAtOrBelow(path, one));
  const whole = mounts.filter((mount) => !isLeftOut(mount) && include.some((one) => isAtOrBelow(mount.path, one)));
  return new Set([...whole, ...held.flatMap((mount) => mount ?? [])]);
}

const isReadOnly = ({ options }: Mount) => /(?:^|,)ro(?:,|$)/.test(options);

/** "ext4 on a partition": why there is no snapshot. */
function whyNot(layout: Layout, fs: Filesystem): string {
  const on = nodeById(layout, fs.on);
  if (hasFeature(fs, "encrypt"))
    return msg`files that are encrypted (fscrypt) can only be read where they are unlocked`;
  if (on?.kind === "logical-volume") return msg`${fs.type} on LVM is not read from snapshots`;
  const isOnLvm = on !== undefined && nodesBelow(layout, on.id).some(({ kind }) => kind === "logical-volume");
  if (isOnLvm) return msg`${fs.type} lies in something else on a logical volume`;
  return msg`${fs.type} on ${on?.kind === "partition" ? msg`a partition` : msg`a device`}, neither LVM nor btrfs`;
}

/** The subvolume that a directory of the file system lies in. */
function holderOf(all: readonly Subvolume[], root: string): string {
  const above = all.filter(({ path }) => root === `/${path}` || root.startsWith(`/${path}/`));
  return above.reduce((best, { path }) => (path.length > best.length ? path : best), "");
}

function btrfsOrigin(layout: Layout, fs: Filesystem, mounts: readonly Mount[]): BtrfsOrigin {
  const all = nodesOf(layout, "subvolume").filter(({ of }) => of === fs.id);
  const mounted = new Map<string, Mount[]>();
  for (const mount of mounts) {
    const holder = holderOf(all, mount.root);
    mounted.set(holder, [...(mounted.get(holder) ?? []), mount]);
  }
  const seen = mounts.map(({ path }) => path);
  const isSeen = (at: string) => seen.some((path) => isAtOrBelow(at, path));
  const nested = all.flatMap(({ path, at, leftOut }): SubvolumeOrigin[] => {
    if (at === undefined || leftOut === true || !isSeen(at) || mounted.get(path)?.some((one) => one.path === at))
      return [];
    return [{ path, mounts: mounted.get(path) ?? [], nestedAt: at }];
  });
  const known = new Set(nested.map(({ path }) => path));
  const own = [...mounted].flatMap(([path, of]) => (known.has(path) ? [] : [{ path, mounts: of }]));
  const leftOut = all.flatMap(({ at, leftOut: left }) => (left === true && at !== undefined && isSeen(at) ? [at] : []));
  const subvolumes = [...own, ...nested].sort((a, b) => a.path.length - b.path.length);
  return { fs, path: mounts[0]?.path ?? "/", subvolumes, leftOut };
}

function volumeOrigin(layout: Layout, fs: Filesystem, on: LogicalVolume, mounts: readonly Mount[]): VolumeOrigin {
  const group = nodesOf(layout, "volume-group").find(({ id }) => id === on.group);
  return {
    group: group?.name ?? on.path.split("/")[2] ?? "",
    name: on.name,
    sizeBytes: on.sizeBytes,
    isThin: on.segments.includes("thin"),
    type: fs.type,
    mounts,
  };
}

/** Sorts what is mounted and saved by how it can be read. What is mounted read-only does not change. */
export function chooseSnapshots(layout: Layout, chosen: Pick<ChosenPaths, "include" | "exclude">): ChosenSnapshots {
  const wanted = chosenMounts(layout, chosen);
  const volumes: VolumeOrigin[] = [];
  const btrfs: BtrfsOrigin[] = [];
  const live: ReadLive[] = [];
  for (const fs of nodesOf(layout, "filesystem")) {
    const mounts = nodesOf(layout, "mount").filter((mount) => mount.of === fs.id && wanted.has(mount));
    if (mounts.length === 0 || mounts.every(isReadOnly)) continue;
    const on = nodeById(layout, fs.on);
    const isCopied = MOUNTED_TWICE.test(fs.type) && (fs.alsoOn ?? []).length === 0 && !hasFeature(fs, "encrypt");
    if (fs.type === "btrfs") btrfs.push(btrfsOrigin(layout, fs, mounts));
    else if (on?.kind === "logical-volume" && isCopied) volumes.push(volumeOrigin(layout, fs, on, mounts));
    else live.push(...mounts.map(({ path }) => ({ path, why: whyNot(layout, fs), isRemediable: false })));
  }
  return { volumes, btrfs, live };
}
