import { stored } from "../../base/message.ts";
import { MIB } from "../../base/units.ts";
import type { Effect } from "../../effects/effect.ts";
import { firstSegment } from "../../formats/storage/lvm-stretches.ts";
import {
  changedLvmGroup,
  type LvmLogicalVolume,
  type LvmVolumeGroup,
  lvmLogicalVolume,
} from "../../formats/storage/lvm-volume-group.ts";
import { mappedPath } from "../../layout/mapped-path.ts";

interface ThinPool {
  readonly metadata: string;
  readonly data: string;
  readonly transaction: number;
  readonly chunkSectors: number;
  readonly sectors: number;
  /** Identifiers of its volumes. */
  readonly devices: readonly number[];
}

const SECTOR = 512;
const typeOf = (volume: LvmLogicalVolume) => firstSegment(volume)?.type;
const isThin = (volume: LvmLogicalVolume) => /^thin(-pool)?$/.test(typeOf(volume) ?? "");

/** Numbers of a pool's volumes. */
const devicesIn = ({ volumes }: LvmVolumeGroup, pool: string): number[] =>
  [...volumes.values()].flatMap((volume) => {
    const segment = firstSegment(volume);
    return segment?.thinPool === pool ? [segment.deviceId] : [];
  });

function poolsIn(group: LvmVolumeGroup): ThinPool[] {
  return [...group.volumes.values()].flatMap((volume): ThinPool[] => {
    const segment = firstSegment(volume);
    if (segment?.type !== "thin-pool") return [];
    const { metadata = "", pool: data = "", transaction, chunkSectors } = segment;
    const sectors = (segment.extents * group.extentBytes) / SECTOR;
    return [{ metadata, data, transaction, chunkSectors, sectors, devices: devicesIn(group, volume.name) }];
  });
}

/** Whether a group has thin pools. */
export const hasThinPools = ({ volumes }: LvmVolumeGroup): boolean =>
  [...volumes.values()].some((volume) => typeOf(volume) === "thin-pool");

/** Why a thin volume or pool can't be made again; undefined when it can. */
export function thinObstacle(volume: LvmLogicalVolume): string | undefined {
  const segment = firstSegment(volume);
  if (segment?.externalOrigin !== undefined) return stored`a thin volume with an external origin`;
  if (segment?.merge !== undefined) return stored`a thin snapshot that is being merged`;
  return segment?.hasMessages ? stored`a thin pool with unfinished changes` : undefined;
}

/** Data and metadata of each pool as plain visible volumes, under names that nobody else has. */
function groundText(group: LvmVolumeGroup, pools: readonly ThinPool[]): string {
  const names = new Map(
    pools.flatMap((pool, at): [string, string][] => [
      [pool.metadata, metaName(at)],
      [pool.data, dataName(at)],
    ]),
  );
  const kept = [...group.volumes.values()].filter((volume) => !isThin(volume));
  const volumes = kept.map((volume): [string, LvmLogicalVolume] => {
    const name = names.get(volume.name);
    if (name === undefined) return [volume.name, volume];
    return [name, lvmLogicalVolume(name, { ...volume.section, status: ["READ", "WRITE", "VISIBLE"] })];
  });
  return changedLvmGroup(group, { volumes: new Map(volumes) }).text;
}

const metaName = (at: number) => `mondo_tmeta_${at}`;
const dataName = (at: number) => `mondo_tdata_${at}`;

/** What making thin pools needs of the one who makes the group. */
interface Tools {
  readonly lvm: (command: string, ...words: readonly string[]) => Effect;
  readonly uuid: string;
  /** Where texts are written. */
  readonly file: string;
}

/** The kernel makes the pool's metadata itself out of zeros, with empty volumes of the old numbers. */
function poolEffects(group: string, uuid: string, pool: ThinPool, at: number): Effect[] {
  const name = `mondo-pool-${at}`;
  const writes = [mappedPath(group, metaName(at)), mappedPath(group, dataName(at))];
  const table = `0 ${pool.sectors} thin-pool ${writes.join(" ")} ${pool.chunkSectors} 0`;
  const dmsetup = (...words: readonly string[]): Effect => ({ do: "run", argv: ["dmsetup", ...words], writes });
  const message = (text: string) => dmsetup("message", name, "0", text);
  return [
    { do: "wipe", path: `/dev/${group}/${metaName(at)}`, ranges: [[0, MIB]] },
    // Named as LVM's own, so that what a killed restore leaves is stopped like those.
    dmsetup("create", name, "--uuid", `LVM-mondo-${uuid}-${at}`, "--table", table),
    ...pool.devices.map((device) => message(`create_thin ${device}`)),
    ...(pool.transaction === 0 ? [] : [message(`set_transaction_id 0 ${pool.transaction}`)]),
    dmsetup("remove", "--retry", name),
  ];
}

/**
 * Effects that give the thin pools of a group their metadata, before the group's own text is restored; none without
 * pools.
 */
export function thinEffects(group: LvmVolumeGroup, { lvm, uuid, file }: Tools): Effect[] {
  const pools = poolsIn(group);
  if (pools.length === 0) return [];
  const bases = pools.flatMap((_, at) => [`${group.name}/${metaName(at)}`, `${group.name}/${dataName(at)}`]);
  return [
    { do: "write", path: `${file}.ground`, text: groundText(group, pools), mode: 0o600 },
    lvm("vgcfgrestore", "--file", `${file}.ground`, group.name),
    lvm("lvchange", "--activate", "y", ...bases),
    ...pools.flatMap((pool, at) => poolEffects(group.name, uuid, pool, at)),
    lvm("lvchange", "--activate", "n", ...bases),
  ];
}
