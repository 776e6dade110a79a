/** Snapshots of subvolumes, in a directory of the top level that is removed again. */

import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { dropSubvolume, isSealedSubvolume, snapSubvolume } from "../../host/btrfs-subvolumes.ts";
import type { Host } from "../../host/host.ts";
import { isOwnRun, SNAPSHOT_HOME } from "../../layout/own-snapshots.ts";
import type { BtrfsOrigin, SubvolumeOrigin } from "./choose-snapshots.ts";
import type { ReadLive } from "./snapshot-wish.ts";

/** A btrfs whose top level can be reached. */
export interface OpenedBtrfs {
  readonly origin: BtrfsOrigin;
  /** By which this process reaches its top level. */
  readonly top: string;
  /** Where its top level is in the view's mounts. */
  readonly place: string;
}

/** A snapshot that was made. */
export interface MadeSubvolume {
  readonly origin: SubvolumeOrigin;
  /** Its directory in the view's mounts. */
  readonly source: string;
}

const ETXTBSY = 26;

/** Why the kernel makes none, as a phrase. Source: btrfs(5), SWAPFILE SUPPORT. */
function reasonOf(error: unknown): string {
  const isBusy = error instanceof MondoError && error.data.errno === ETXTBSY;
  return isBusy ? msg`a swap file that is in use lies in its subvolume` : messageOf(error);
}

const placesOf = ({ mounts, nestedAt }: SubvolumeOrigin): string[] => {
  const paths = mounts.map(({ path }) => path);
  return nestedAt === undefined || paths.includes(nestedAt) ? paths : [...paths, nestedAt];
};

/** Makes the directory for the snapshots of a run; only root may look into it. */
function makeHome(host: Host, top: string, run: string): string {
  const home = `${top}/${SNAPSHOT_HOME}`;
  host.makeDirectory(home, 0o700);
  const stat = host.lstat(home);
  if (stat?.kind !== "directory" || stat.uid !== 0) {
    throw new MondoError("refused", msg`${SNAPSHOT_HOME} in its top level is not a directory of root`);
  }
  host.makeDirectory(`${home}/${run}`, 0o700);
  return `${home}/${run}`;
}

/** Makes the snapshots of one file system, one right after the other, the outer ones first. */
export function makeSubvolumes(
  host: Host,
  { origin, top, place }: OpenedBtrfs,
  run: string,
): { readonly made: MadeSubvolume[]; readonly live: ReadLive[] } {
  const made: MadeSubvolume[] = [];
  const live: ReadLive[] = [];
  let home: string | undefined;
  for (const [number, one] of origin.subvolumes.entries()) {
    try {
      home ??= makeHome(host, top, run);
      snapSubvolume(`${top}/${one.path || "."}`, home, String(number));
      made.push({ origin: one, source: `${place}/${SNAPSHOT_HOME}/${run}/${number}` });
    } catch (error) {
      live.push(...placesOf(one).map((path) => ({ path, why: reasonOf(error), isRemediable: true })));
    }
  }
  return { made, live };
}

/** Removes the snapshots of a run, and the directories that are empty then. */
function dropRun(host: Host, home: string, run: string): void {
  const directory = `${home}/${run}`;
  for (const name of host.list(directory)) {
    if (/^\d+$/.test(name) && isSealedSubvolume(`${directory}/${name}`)) dropSubvolume(directory, name);
  }
  host.removeEmpty(directory);
}

/** Removes the snapshots that runs of this machine have left below a top level; returns how many runs there were. */
export function dropSubvolumes(host: Host, top: string, run: string): number {
  const home = `${top}/${SNAPSHOT_HOME}`;
  if (host.lstat(home)?.kind !== "directory") return 0;
  const runs = host.list(home).filter((name) => isOwnRun(name, run));
  for (const one of runs) dropRun(host, home, one);
  host.removeEmpty(home);
  return runs.length;
}
