/** Snapshots of logical volumes. */

import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import { mappedPath } from "../../layout/mapped-path.ts";
import { isOwnVolume, machineTag, SNAPSHOT_TAG, volumeName } from "../../layout/own-snapshots.ts";
import type { VolumeOrigin } from "./choose-snapshots.ts";
import { cowSizes } from "./cow-sizes.ts";
import {
  changeVolumes,
  mapperStatus,
  type ReportedVolume,
  removeSnapshotVolume,
  reportVolumes,
} from "./lvm-commands.ts";
import type { Watched } from "./snapshot-use.ts";
import type { ReadLive, SnapshotSize } from "./snapshot-wish.ts";

/** A snapshot that can be made: `cowBytes` is its room, undefined for a thin one. */
export interface PlannedVolume {
  readonly origin: VolumeOrigin;
  readonly name: string;
  readonly cowBytes: number | undefined;
  readonly watched: Watched;
}

/** What can be made, and what can't. */
export interface PlannedVolumes {
  readonly planned: readonly PlannedVolume[];
  readonly live: readonly ReadLive[];
}

/** A pool this full gets no snapshot: what is written meanwhile takes room twice. */
const MOST_POOL_PERCENT = 85;
const nameOf = (path: string) => path.slice("/dev/mapper/".length);
const deviceName = (group: string, name: string) => nameOf(mappedPath(group, name));

const readLive = ({ mounts }: VolumeOrigin, why: string): ReadLive[] =>
  mounts.map(({ path }) => ({ path, why, isRemediable: true }));

/** Why a pool has no room for a snapshot. */
function poolFlaw(pool: ReportedVolume | undefined): string | undefined {
  if (!pool) return msg`LVM does not tell of its thin pool`;
  const full = Math.max(pool.dataPercent ?? 0, pool.metadataPercent ?? 0);
  return full > MOST_POOL_PERCENT
    ? msg`its thin pool ${pool.group}/${pool.name} is ${Math.floor(full)} % full`
    : undefined;
}

interface Sized {
  readonly origin: VolumeOrigin;
  readonly why?: string;
  readonly cowBytes?: number;
  readonly pool?: ReportedVolume;
}

/** What each volume gets, group by group. */
function sized(
  origins: readonly VolumeOrigin[],
  all: readonly ReportedVolume[],
  size: SnapshotSize | undefined,
): Sized[] {
  const groups = new Map(
    all.map((one) => [one.group, { freeBytes: one.groupFreeBytes, extentBytes: one.extentBytes }]),
  );
  const thick = [...groups].flatMap(([group, room]) => {
    const own = origins.filter((origin) => origin.group === group && !origin.isThin);
    const sizes = cowSizes(own, room, size);
    return own.map((origin, at): Sized => {
      const cowBytes = sizes[at];
      if (cowBytes !== undefined) return { origin, cowBytes };
      return {
        origin,
        why: msg`the volume group ${group} has ${formatBytes(room.freeBytes)} free, too little for a snapshot${origin.outputBytes ? msg` of what the backup itself is written to` : ""}`,
      };
    });
  });
  const known = (origin: VolumeOrigin) => all.find(({ group, name }) => group === origin.group && name === origin.name);
  const thin = origins
    .filter(({ isThin }) => isThin)
    .map((origin): Sized => {
      const poolName = known(origin)?.pool;
      const pool = all.find(({ group, name }) => group === origin.group && name === poolName);
      const why = poolFlaw(pool);
      return { origin, ...(why === undefined ? {} : { why }), ...(pool ? { pool } : {}) };
    });
  const done = [...thick, ...thin];
  return origins.map(
    (origin) => done.find((one) => one.origin === origin) ?? { origin, why: msg`LVM does not know it` },
  );
}

/** Looks what room there is. Changes nothing. */
export async function planVolumes(
  host: Host,
  origins: readonly VolumeOrigin[],
  run: string,
  size: SnapshotSize | undefined,
): Promise<PlannedVolumes> {
  if (origins.length === 0) return { planned: [], live: [] };
  let all: readonly ReportedVolume[];
  try {
    all = await reportVolumes(host);
    // Without it nobody could tell in the end whether a snapshot has got full.
    await mapperStatus(host);
  } catch (error) {
    return { planned: [], live: origins.flatMap((origin) => readLive(origin, messageOf(error))) };
  }
  const done = sized(origins, all, size);
  return {
    planned: done.flatMap(({ origin, why, cowBytes, pool }, number): PlannedVolume[] => {
      if (why !== undefined) return [];
      const name = volumeName(run, number);
      const watched = pool
        ? {
            device: `${deviceName(origin.group, pool.name)}-tpool`,
            what: msg`the thin pool ${origin.group}/${pool.name}`,
          }
        : {
            device: deviceName(origin.group, name),
            what: msg`the snapshot of ${origin.mounts[0]?.path ?? origin.name}`,
          };
      return [{ origin, name, cowBytes, watched }];
    }),
    live: done.flatMap(({ origin, why }) => (why === undefined ? [] : readLive(origin, why))),
  };
}

/** Makes one. The kernel holds those who write to the volume meanwhile, so it is a file system as after a power cut. */
export async function makeVolume(host: Host, { origin, name, cowBytes }: PlannedVolume, run: string): Promise<void> {
  const room = cowBytes === undefined ? ["--setactivationskip", "n"] : ["--size", `${cowBytes}b`];
  const tags = [SNAPSHOT_TAG, machineTag(run)].flatMap((tag) => ["--addtag", tag]);
  const words = ["--quiet", "--yes", "--snapshot", "--name", name, ...tags, ...room, `${origin.group}/${origin.name}`];
  await changeVolumes(host, origin.group, "lvcreate", words);
}

/** Where a snapshot's device is. */
export const deviceOfVolume = ({ origin, name }: PlannedVolume): string => mappedPath(origin.group, name);

/** Removes those that are there, if only half made. */
export async function dropVolumes(host: Host, planned: readonly PlannedVolume[], run: string): Promise<void> {
  if (planned.length === 0) return;
  const there = await reportVolumes(host, ["--select", `tags=${SNAPSHOT_TAG}`]);
  const ours = there.filter(
    (one) => isOwnVolume(one.name, one.tags, run) && planned.some(({ name }) => name === one.name),
  );
  for (const { group, name } of ours) await removeSnapshotVolume(host, group, name);
}
