import { MIB } from "../../base/units.ts";
import {
  decodeLvmVolumeGroup,
  type LvmLogicalVolume,
  type LvmVolumeGroup,
} from "../../formats/storage/lvm-metadata.ts";
import { encodeLvmText, type LvmSection, type LvmValue, parseLvmText } from "../../formats/storage/lvm-text.ts";
import { lvmStretches, readLvmTree } from "../../formats/storage/lvm-tree.ts";
import type { VolumeGroup } from "../../layout/types.ts";
import { cachesIn, type LvmCache } from "./lvm-cache.ts";

const SECTOR = 512;
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
   * Volumes whose segments are plain stretches of physical volumes, in the order in which they lie: by the UUID of what is seen of them, and
   * the name of what lies there. Of a cached volume that is the one behind its cache.
   */
  readonly linear: readonly { readonly uuid: string; readonly name: string; readonly extents: number }[];
}

type Area = readonly [key: string, extent: number];

const isSection = (value: LvmValue | undefined): value is LvmSection =>
  typeof value === "object" && !Array.isArray(value);

function sections(section: LvmSection, name: string): [string, LvmSection][] {
  const within = section[name];
  return isSection(within) ? Object.entries(within).filter((e): e is [string, LvmSection] => isSection(e[1])) : [];
}

/** What is seen of volumes, by the name of what lies there: themselves, or what is cached. */
function frontsOf(group: LvmVolumeGroup, caches: readonly LvmCache[]): ReadonlyMap<string, LvmLogicalVolume> {
  const seen = group.logicalVolumes.filter((volume) => volume.visible);
  const cached = caches.flatMap(({ volume, origin }): [string, LvmLogicalVolume][] => {
    const front = seen.find(({ name }) => name === volume);
    return front ? [[origin, front]] : [];
  });
  return new Map([...seen.map((volume): [string, LvmLogicalVolume] => [volume.name, volume]), ...cached]);
}

const isPlain = (volume: LvmLogicalVolume, keys: ReadonlySet<string>) =>
  volume.segments.length > 0 &&
  volume.segments.every(
    ({ type, areas: [area, ...more] }) => type === "striped" && area && more.length === 0 && keys.has(area[0]),
  );

/** Extents that an area of a segment covers: of a striped one its share, else all. */
const areaLength = (segment: LvmLogicalVolume["segments"][number]) =>
  segment.type === "striped" ? Math.ceil(segment.extents / Math.max(1, segment.areas.length)) : segment.extents;

function pinnedOf(group: LvmVolumeGroup, linear: ReadonlySet<LvmLogicalVolume>, key: string): [number, number][] {
  return group.logicalVolumes
    .filter((volume) => !linear.has(volume))
    .flatMap((volume) => volume.segments)
    .flatMap((segment) =>
      segment.areas
        .filter(([name]) => name === key)
        .map(([, from]): [number, number] => [from, from + areaLength(segment)]),
    )
    .sort((a, b) => a[0] - b[0]);
}

function extentCounts(metadata: string): Map<string, number> {
  const top = Object.values(parseLvmText(metadata)).find(isSection) ?? {};
  return new Map(sections(top, "physical_volumes").map(([key, pv]) => [key, Number(pv.pe_count)]));
}

/** Reads out of the group's own text what can be laid anew. Throws `format`. */
export function shapeOf(node: VolumeGroup): GroupShape {
  const group = decodeLvmVolumeGroup(node.metadata);
  const counts = extentCounts(node.metadata);
  const keys = new Set(counts.keys());
  const order = [...keys];
  const place = (volume: LvmLogicalVolume) => {
    const [key = "", extent = 0] = volume.segments[0]?.areas[0] ?? [];
    return [order.indexOf(key), extent] as const;
  };
  const { volumes } = readLvmTree(node.metadata);
  const caches = cachesIn(volumes);
  const fronts = frontsOf(group, caches);
  const plain = group.logicalVolumes.filter((volume) => fronts.has(volume.name) && isPlain(volume, keys));
  const movable = new Set(plain);
  const linear = [...plain]
    .sort((a, b) => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1])
    .map(({ uuid, name, segments }) => {
      const extents = segments.reduce((sum, segment) => sum + segment.extents, 0);
      return { uuid: fronts.get(name)?.uuid ?? uuid, name, extents };
    });
  const stores = new Set(caches.flatMap(({ store }) => lvmStretches(volumes, store)).map(({ physical }) => physical));
  const homes = new Set(plain.flatMap(({ segments }) => segments.flatMap(({ areas }) => areas.map(([key]) => key))));
  return {
    extentBytes: group.extentBytes,
    physical: group.physicalVolumes.map(({ key, uuid }) => {
      const pinned = pinnedOf(group, movable, key);
      return { key, uuid, extents: counts.get(key) ?? 0, pinned, fast: stores.has(key) && !homes.has(key) };
    }),
    linear,
  };
}

/** Extents that a physical volume of this group has on a device that is `change` bytes larger (or smaller) than its own. */
export function extentsAfter(node: VolumeGroup, uuid: string, change: number): number {
  const { extentBytes, physicalVolumes } = decodeLvmVolumeGroup(node.metadata);
  const physical = physicalVolumes.find((pv) => pv.uuid === uuid);
  const extents = extentCounts(node.metadata).get(physical?.key ?? "") ?? 0;
  const member = node.members.find((one) => one.uuid === uuid);
  if (change >= 0 || !physical || !member) return extents + Math.floor(Math.max(0, change) / extentBytes);
  const device = deviceBytes(node.metadata, physical.key);
  const tail = member.metadataAreas > 1 ? SECOND_AREA_BYTES : 0;
  // Unused bytes behind the last extent go first.
  return Math.min(extents, Math.floor((device + change - physical.startBytes - tail) / extentBytes));
}

function deviceBytes(metadata: string, key: string): number {
  const top = Object.values(parseLvmText(metadata)).find(isSection) ?? {};
  return Number(sections(top, "physical_volumes").find(([name]) => name === key)?.[1].dev_size ?? 0) * SECTOR;
}

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

function volumeSection(section: LvmSection, pieces: readonly (readonly [Area, number])[]): LvmSection {
  const kept = Object.entries(section).filter(([name]) => !/^segment\d+$/.test(name) && name !== "segment_count");
  let start = 0;
  const segments = pieces.map(([area, extents], at): [string, LvmValue] => {
    const segment = { start_extent: start, extent_count: extents, type: "striped", stripe_count: 1, stripes: area };
    start += extents;
    return [`segment${at + 1}`, segment];
  });
  return Object.fromEntries([...kept, ["segment_count", pieces.length], ...segments]);
}

/** A cached volume, as long as what is behind its cache. */
function lengthened(section: LvmSection, pieces: readonly (readonly [Area, number])[]): LvmSection {
  const extents = pieces.reduce((sum, [, count]) => sum + count, 0);
  return { ...section, segment1: { ...(section.segment1 as LvmSection), extent_count: extents } };
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

/** The group's text with these sizes: linear volumes are laid anew one behind the other, all others stay where they are. */
export function resizedMetadata(node: VolumeGroup, sizes: GroupSizes): string {
  const shape = shapeOf(node);
  const group = decodeLvmVolumeGroup(node.metadata);
  const physical = shape.physical.map((pv) => ({ ...pv, extents: sizes.physical.get(pv.uuid) ?? pv.extents }));
  const free = freeStretches(physical);
  const laid = new Map<string, [Area, number][]>();
  for (const { uuid, name, extents } of shape.linear) {
    const home = group.logicalVolumes.find((volume) => volume.name === name)?.segments[0]?.areas[0]?.[0] ?? "";
    laid.set(name, take(free, home, sizes.logical.get(uuid) ?? extents));
  }
  const { whole, volumes } = readLvmTree(node.metadata);
  const origins = new Map(cachesIn(volumes).map(({ volume, origin }) => [volume, origin]));
  const entries = Object.entries(whole).map(([name, top]): [string, LvmValue] => {
    if (!isSection(top)) return [name, top];
    const physicalVolumes = sections(top, "physical_volumes").map(([key, pv]): [string, LvmValue] => {
      const found = physical.find((one) => one.key === key);
      const change = (sizes.deviceChanges.get(found?.uuid ?? "") ?? 0) / SECTOR;
      return [key, { ...pv, dev_size: Number(pv.dev_size) + change, pe_count: found?.extents ?? Number(pv.pe_count) }];
    });
    const logicalVolumes = sections(top, "logical_volumes").map(([key, lv]): [string, LvmValue] => {
      const pieces = laid.get(key) ?? laid.get(origins.get(key) ?? "");
      if (!pieces) return [key, lv];
      return [key, laid.has(key) ? volumeSection(lv, pieces) : lengthened(lv, pieces)];
    });
    const parts = {
      physical_volumes: Object.fromEntries(physicalVolumes),
      ...(logicalVolumes.length > 0 ? { logical_volumes: Object.fromEntries(logicalVolumes) } : {}),
    };
    return [name, { ...top, ...parts }];
  });
  return encodeLvmText(Object.fromEntries(entries));
}
