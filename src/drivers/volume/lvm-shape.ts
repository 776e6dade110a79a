import { MIB } from "../../base/units.ts";
import { areaExtents, lvmExtents, lvmStretches } from "../../formats/storage/lvm-stretches.ts";
import type { LvmLogicalVolume, LvmVolumeGroup } from "../../formats/storage/lvm-volume-group.ts";
import type { VolumeGroup } from "../../layout/types.ts";
import { cachesIn, type LvmCache } from "./lvm-cache.ts";
import { lvmGroupOf } from "./lvm-group-of.ts";

/** Room at the end for a second metadata area, and for the alignment before it. */
const SECOND_AREA_BYTES = 2 * MIB;

/** A physical volume with its extents. */
export interface PhysicalExtents {
  readonly key: string;
  readonly uuid: string;
  readonly extents: number;
  /** Extents that hold parts of volumes which can't be laid elsewhere: first and behind the last. */
  readonly pinned: readonly (readonly [from: number, to: number])[];
  /** It holds caches, and no data: room on it is none for volumes to grow into. */
  readonly fast: boolean;
}

/** What of a volume group may change its size or its place. */
export interface GroupShape {
  readonly extentBytes: number;
  readonly physical: readonly PhysicalExtents[];
  /**
   * Volumes whose segments are plain stretches of physical volumes, in the order in which they lie: by the UUID of what
   * is seen of them, and the name of what lies there. Of a cached volume that is the one behind its cache.
   */
  readonly linear: readonly { readonly uuid: string; readonly name: string; readonly extents: number }[];
}

/** What is seen of volumes, by the name of what lies there: themselves, or what is cached. */
function frontsOf({ volumes }: LvmVolumeGroup, caches: readonly LvmCache[]): ReadonlyMap<string, LvmLogicalVolume> {
  const seen = [...volumes.values()].filter((volume) => volume.visible);
  const cached = caches.flatMap(({ volume, origin }): [string, LvmLogicalVolume][] => {
    const front = seen.find(({ name }) => name === volume);
    return front ? [[origin, front]] : [];
  });
  return new Map([...seen.map((volume): [string, LvmLogicalVolume] => [volume.name, volume]), ...cached]);
}

const isPlain = (volume: LvmLogicalVolume, keys: ReadonlySet<string>) =>
  volume.segments.length > 0 &&
  volume.segments.every(
    ({ flaggedType, areas: [area, ...more] }) =>
      flaggedType === "striped" && area && more.length === 0 && keys.has(area[0]),
  );

function pinnedOf(group: LvmVolumeGroup, plain: ReadonlySet<LvmLogicalVolume>, key: string): [number, number][] {
  return [...group.volumes.values()]
    .filter((volume) => !plain.has(volume))
    .flatMap((volume) => volume.segments)
    .flatMap((segment) =>
      segment.areas
        .filter(([name]) => name === key)
        .map(([, from]): [number, number] => [from, from + areaExtents(segment)]),
    )
    .sort((a, b) => a[0] - b[0]);
}

/** Plain volumes in the order in which they lie. */
function plainVolumes(group: LvmVolumeGroup, fronts: ReadonlyMap<string, LvmLogicalVolume>): LvmLogicalVolume[] {
  const order = group.physicalVolumes.map(({ key }) => key);
  const keys = new Set(order);
  const place = ({ segments }: LvmLogicalVolume) => {
    const [key = "", extent = 0] = segments[0]?.areas[0] ?? [];
    return [order.indexOf(key), extent] as const;
  };
  const plain = [...group.volumes.values()].filter((volume) => fronts.has(volume.name) && isPlain(volume, keys));
  return plain.sort((a, b) => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1]);
}

/** Reads out of the group's own text what can be laid elsewhere. Throws `format`. */
export function shapeOf(node: VolumeGroup): GroupShape {
  const group = lvmGroupOf(node);
  const caches = cachesIn(group.volumes);
  const fronts = frontsOf(group, caches);
  const plain = plainVolumes(group, fronts);
  const stores = caches.flatMap(({ store }) => lvmStretches(group.volumes, store)).map(({ physical }) => physical);
  const homes = plain.flatMap(({ segments }) => segments.flatMap(({ areas }) => areas.map(([key]) => key)));
  return {
    extentBytes: group.extentBytes,
    physical: group.physicalVolumes.map(({ key, uuid, extents }) => {
      const pinned = pinnedOf(group, new Set(plain), key);
      return { key, uuid, extents, pinned, fast: stores.includes(key) && !homes.includes(key) };
    }),
    linear: plain.map((volume) => {
      return { uuid: fronts.get(volume.name)?.uuid ?? volume.uuid, name: volume.name, extents: lvmExtents(volume) };
    }),
  };
}

/**
 * Extents that a physical volume of this group has on a device that is `change` bytes larger (or smaller) than its own.
 */
export function extentsAfter(node: VolumeGroup, uuid: string, change: number): number {
  const { extentBytes, physicalVolumes } = lvmGroupOf(node);
  const physical = physicalVolumes.find((pv) => pv.uuid === uuid);
  const member = node.members.find((one) => one.uuid === uuid);
  const extents = physical?.extents ?? 0;
  if (change >= 0 || !physical || !member) return extents + Math.floor(Math.max(0, change) / extentBytes);
  const tail = member.metadataAreas > 1 ? SECOND_AREA_BYTES : 0;
  // Unused bytes behind the last extent go first.
  return Math.min(extents, Math.floor((physical.deviceBytes + change - physical.startBytes - tail) / extentBytes));
}
