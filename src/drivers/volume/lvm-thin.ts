import { MIB } from "../../base/units.ts";
import type { Effect } from "../../effects/effect.ts";
import type { LvmSection } from "../../formats/storage/lvm-text.ts";
import {
  type LvmTree,
  lvmSegments,
  lvmSegmentType,
  readLvmTree,
  writeLvmTree,
} from "../../formats/storage/lvm-tree.ts";
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

const first = (volume: LvmSection | undefined): LvmSection => (volume ? (lvmSegments(volume)[0] ?? {}) : {});
const isThin = (volume: LvmSection) => /^thin(-pool)?$/.test(lvmSegmentType(first(volume)));

function poolsIn({ volumes, group, whole }: LvmTree): ThinPool[] {
  const extentSectors = Number((whole[group] as LvmSection).extent_size);
  return Object.entries(volumes)
    .filter(([, volume]) => lvmSegmentType(first(volume)) === "thin-pool")
    .map(([name, volume]) => {
      const segment = first(volume);
      const own = Object.values(volumes).filter((one) => first(one).thin_pool === name);
      return {
        metadata: String(segment.metadata),
        data: String(segment.pool),
        transaction: Number(segment.transaction_id),
        chunkSectors: Number(segment.chunk_size),
        sectors: Number(segment.extent_count) * extentSectors,
        devices: own.map((one) => Number(first(one).device_id)),
      };
    });
}

/** Whether a group's text has thin pools. */
export const hasThinPools = (text: string): boolean => poolsIn(readLvmTree(text)).length > 0;

/** Why a thin volume or pool can't be made again; undefined when it can. */
export function thinObstacle(volume: LvmSection): string | undefined {
  const segment = first(volume);
  if (segment.external_origin !== undefined) return "a thin volume with an external origin";
  if (segment.merge !== undefined) return "a thin snapshot that is being merged";
  return Object.keys(segment).some((key) => /^message\d+$/.test(key))
    ? "a thin pool with unfinished changes"
    : undefined;
}

/** Data and metadata of each pool as plain visible volumes, under names that nobody else has. */
function groundText(tree: LvmTree, pools: readonly ThinPool[]): string {
  const names = new Map(
    pools.flatMap(
      (pool, at) =>
        [
          [pool.metadata, metaName(at)],
          [pool.data, dataName(at)],
        ] as const,
    ),
  );
  const kept = Object.entries(tree.volumes).filter(([, volume]) => !isThin(volume));
  const shown = (volume: LvmSection) => ({ ...volume, status: ["READ", "WRITE", "VISIBLE"] });
  const volumes = kept.map(([name, volume]) => {
    const other = names.get(name);
    return other === undefined ? [name, volume] : [other, shown(volume)];
  });
  return writeLvmTree(tree, Object.fromEntries(volumes));
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

/** Effects that give the thin pools of a group their metadata, before the group's own text is restored; none without pools. */
export function thinEffects(text: string, { lvm, uuid, file }: Tools): Effect[] {
  const tree = readLvmTree(text);
  const pools = poolsIn(tree);
  if (pools.length === 0) return [];
  const bases = pools.flatMap((_, at) => [`${tree.group}/${metaName(at)}`, `${tree.group}/${dataName(at)}`]);
  return [
    { do: "write", path: `${file}.ground`, text: groundText(tree, pools), mode: 0o600 },
    lvm("vgcfgrestore", "--file", `${file}.ground`, tree.group),
    lvm("lvchange", "--activate", "y", ...bases),
    ...pools.flatMap((pool, at) => poolEffects(tree.group, uuid, pool, at)),
    lvm("lvchange", "--activate", "n", ...bases),
  ];
}
