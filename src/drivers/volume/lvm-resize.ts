import { firstSegment } from "../../formats/storage/lvm-stretches.ts";
import type { LvmSection, LvmValue } from "../../formats/storage/lvm-text.ts";
import {
  changedLvmGroup,
  type LvmLogicalVolume,
  type LvmVolumeGroup,
  lvmLogicalVolume,
  resizedLvmMember,
} from "../../formats/storage/lvm-volume-group.ts";
import type { VolumeGroup } from "../../layout/types.ts";
import { cachesIn } from "./lvm-cache.ts";
import { lvmGroupOf } from "./lvm-group-of.ts";
import { type GroupShape, type PhysicalExtents, shapeOf } from "./lvm-shape.ts";

type Area = readonly [key: string, extent: number];
/** Where a volume lies: pieces one behind the other. */
type Pieces = readonly (readonly [Area, number])[];

/** Stretches that are free, by physical volume. */
function freeStretches(physical: readonly PhysicalExtents[]): Map<string, [number, number][]> {
  const all = physical.map(({ key, extents, pinned }): [string, [number, number][]] => {
    const free: [number, number][] = [];
    let at = 0;
    for (const [from, to] of pinned) {
      if (from > at) free.push([at, from]);
      at = Math.max(at, to);
    }
    return [key, at < extents ? [...free, [at, extents]] : free];
  });
  return new Map(all);
}

/** Takes extents from the first free stretches, those of the preferred physical volume before all others. */
function take(free: Map<string, [number, number][]>, preferred: string, extents: number): [Area, number][] {
  const order = [preferred, ...[...free.keys()].filter((key) => key !== preferred)];
  const taken: [Area, number][] = [];
  let left = extents;
  for (const key of order) {
    const stretches = free.get(key) ?? [];
    while (left > 0 && stretches[0]) {
      const [from, to] = stretches[0];
      const count = Math.min(left, to - from);
      taken.push([[key, from], count]);
      left -= count;
      if (from + count === to) stretches.shift();
      else stretches[0] = [from + count, to];
    }
  }
  return taken;
}

function laidOut({ section, name }: LvmLogicalVolume, pieces: Pieces): LvmLogicalVolume {
  const kept = Object.entries(section).filter(([key]) => !/^segment\d+$/.test(key) && key !== "segment_count");
  let start = 0;
  const segments = pieces.map(([area, extents], at): [string, LvmValue] => {
    const segment = { start_extent: start, extent_count: extents, type: "striped", stripe_count: 1, stripes: area };
    start += extents;
    return [`segment${at + 1}`, segment];
  });
  const all = Object.fromEntries([...kept, ["segment_count", pieces.length], ...segments]);
  return lvmLogicalVolume(name, all);
}

/** A cached volume, as long as what is behind its cache. */
function lengthened(volume: LvmLogicalVolume, pieces: Pieces): LvmLogicalVolume {
  const extents = pieces.reduce((sum, [, count]) => sum + count, 0);
  const segment1: LvmSection = { ...firstSegment(volume)?.section, extent_count: extents };
  return lvmLogicalVolume(volume.name, { ...volume.section, segment1 });
}

/** New sizes of a group. */
export interface GroupSizes {
  /** Extents of physical volumes by UUID. */
  readonly physical: ReadonlyMap<string, number>;
  /** Bytes by which their devices changed. */
  readonly deviceChanges: ReadonlyMap<string, number>;
  /** Extents of linear volumes by UUID. */
  readonly logical: ReadonlyMap<string, number>;
}

/** New places of the linear volumes, by name. */
function layOut(group: LvmVolumeGroup, { linear, physical }: GroupShape, sizes: GroupSizes): Map<string, Pieces> {
  const free = freeStretches(physical.map((pv) => ({ ...pv, extents: sizes.physical.get(pv.uuid) ?? pv.extents })));
  return new Map(
    linear.map(({ uuid, name, extents }): [string, Pieces] => {
      const home = firstSegment(group.volumes.get(name))?.areas[0]?.[0] ?? "";
      return [name, take(free, home, sizes.logical.get(uuid) ?? extents)];
    }),
  );
}

/** The group's text with these sizes: linear volumes are laid one behind the other, all others stay where they are. */
export function resizedMetadata(node: VolumeGroup, sizes: GroupSizes): string {
  const group = lvmGroupOf(node);
  const laid = layOut(group, shapeOf(node), sizes);
  const origins = new Map(cachesIn(group.volumes).map(({ volume, origin }) => [volume, origin]));
  const volumes = [...group.volumes].map(([name, volume]): [string, LvmLogicalVolume] => {
    const [own, behind] = [laid.get(name), laid.get(origins.get(name) ?? "")];
    if (own) return [name, laidOut(volume, own)];
    return [name, behind ? lengthened(volume, behind) : volume];
  });
  const physicalVolumes = group.physicalVolumes.map((pv) =>
    resizedLvmMember(pv, sizes.physical.get(pv.uuid) ?? pv.extents, sizes.deviceChanges.get(pv.uuid) ?? 0),
  );
  return changedLvmGroup(group, { volumes: new Map(volumes), physicalVolumes }).text;
}
