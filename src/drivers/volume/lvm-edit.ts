import { MIB } from "../../base/units.ts";
import { lvmExtents } from "../../formats/storage/lvm-stretches.ts";
import { encodeLvmText, type LvmSection } from "../../formats/storage/lvm-text.ts";
import { changedLvmGroup, type LvmGroupMember, lvmLogicalVolume } from "../../formats/storage/lvm-volume-group.ts";
import type { NodeId, VolumeGroup } from "../../layout/types.ts";
import { lvmGroupOf } from "./lvm-group-of.ts";
import { resizedMetadata } from "./lvm-resize.ts";
import { shapeOf } from "./lvm-shape.ts";

const SECTOR = 512;
/** Where extents begin on a new physical volume, and their size in a new group: LVM's defaults. */
const START = MIB;
const EXTENT = 4 * MIB;

/** A device that becomes a physical volume. */
export interface NewPhysicalVolume {
  readonly on: NodeId;
  readonly uuid: string;
  readonly sizeBytes: number;
}

const extentsOn = (bytes: number, extentBytes: number) => Math.max(0, Math.floor((bytes - START) / extentBytes));

function physicalSection({ uuid, sizeBytes }: NewPhysicalVolume, extentBytes: number): LvmSection {
  return {
    id: uuid,
    status: ["ALLOCATABLE"],
    flags: [],
    dev_size: Math.floor(sizeBytes / SECTOR),
    pe_start: START / SECTOR,
    pe_count: extentsOn(sizeBytes, extentBytes),
  };
}

const memberOf = ({ on, uuid }: NewPhysicalVolume) => ({ on, uuid, metadataAreas: 1 });

/** An empty volume group of these devices; undefined where one is too small for a single extent. */
export function newVolumeGroup(
  { id, name, uuid }: Pick<VolumeGroup, "id" | "name" | "uuid">,
  members: readonly NewPhysicalVolume[],
): VolumeGroup | undefined {
  if (members.some(({ sizeBytes }) => extentsOn(sizeBytes, EXTENT) < 1)) return undefined;
  const physical = members.map((member, at): [string, LvmSection] => [`pv${at}`, physicalSection(member, EXTENT)]);
  const group: LvmSection = {
    id: uuid,
    seqno: 1,
    format: "lvm2",
    status: ["RESIZEABLE", "READ", "WRITE"],
    flags: [],
    extent_size: EXTENT / SECTOR,
    max_lv: 0,
    max_pv: 0,
    metadata_copies: 0,
    physical_volumes: Object.fromEntries(physical),
    logical_volumes: {},
  };
  const metadata = encodeLvmText({ contents: "Text Format Volume Group", version: 1, description: "", [name]: group });
  return { kind: "volume-group", id, name, uuid, members: members.map(memberOf), metadata };
}

/** Bytes of an extent, and those of all volumes that belong to none. */
export function groupRoom(group: VolumeGroup): {
  readonly extentBytes: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
} {
  const { extentBytes, physical, linear } = shapeOf(group);
  const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0);
  const total = sum(physical.map(({ extents }) => extents));
  const pinned = sum(physical.flatMap(({ pinned: taken }) => taken.map(([from, to]) => to - from)));
  const used = sum(linear.map(({ extents }) => extents));
  return {
    extentBytes,
    totalBytes: total * extentBytes,
    freeBytes: Math.max(0, total - pinned - used) * extentBytes,
  };
}

/** Whether a volume is nothing but extents one behind the other, so that it can have another size or place. */
export const isPlainVolume = (group: VolumeGroup, uuid: string): boolean =>
  shapeOf(group).linear.some((volume) => volume.uuid === uuid);

const nextSequence = (group: VolumeGroup) => lvmGroupOf(group).sequence + 1;

/** The volumes laid anew; volumes by UUID with other numbers of extents. There must be room. */
function laidOut(group: VolumeGroup, logical: ReadonlyMap<string, number> = new Map()): VolumeGroup {
  const physical = new Map(shapeOf(group).physical.map(({ uuid, extents }) => [uuid, extents]));
  return { ...group, metadata: resizedMetadata(group, { physical, deviceChanges: new Map(), logical }) };
}

/** The group with one more volume, for which there must be room. */
export function withVolume(group: VolumeGroup, name: string, uuid: string, extents: number): VolumeGroup {
  const known = lvmGroupOf(group);
  const last = known.physicalVolumes.at(-1)?.key ?? "pv0";
  // Where it lies is decided below, behind all others.
  const segment1 = {
    start_extent: 0,
    extent_count: extents,
    type: "striped",
    stripe_count: 1,
    stripes: [last, 2 ** 31],
  };
  const section = { id: uuid, status: ["READ", "WRITE", "VISIBLE"], flags: [], segment_count: 1, segment1 };
  const volumes = new Map([...known.volumes, [name, lvmLogicalVolume(name, section)]]);
  const { text } = changedLvmGroup(known, { volumes, sequence: nextSequence(group) });
  return laidOut({ ...group, metadata: text });
}

/** The group without a plain volume. */
export function withoutVolume(group: VolumeGroup, uuid: string): VolumeGroup {
  const known = lvmGroupOf(group);
  const volumes = new Map([...known.volumes].filter(([, volume]) => volume.uuid !== uuid));
  const { text } = changedLvmGroup(known, { volumes, sequence: nextSequence(group) });
  return { ...group, metadata: text };
}

/** The group with a plain volume of so many extents, for which there must be room. */
export const withVolumeSize = (group: VolumeGroup, uuid: string, extents: number): VolumeGroup =>
  laidOut(group, new Map([[uuid, extents]]));

/**
 * The group on these devices: those that it has stay, others come and go; plain volumes are laid anew. Undefined where
 * they don't fit, or something else lies on a device that goes.
 */
export function withMembers(group: VolumeGroup, wanted: readonly NewPhysicalVolume[]): VolumeGroup | undefined {
  const known = lvmGroupOf(group);
  const { physical, extentBytes } = shapeOf(group);
  const stays = (uuid: string) => wanted.some((one) => one.uuid === uuid);
  if (physical.some(({ uuid, pinned }) => !stays(uuid) && pinned.length > 0)) return undefined;
  const kept = known.physicalVolumes.filter(({ uuid }) => stays(uuid));
  const keys = new Set(known.physicalVolumes.map(({ key }) => key));
  const fresh = wanted.filter(({ uuid }) => !known.physicalVolumes.some((one) => one.uuid === uuid));
  if (fresh.some(({ sizeBytes }) => extentsOn(sizeBytes, extentBytes) < 1)) return undefined;
  const numbers = Array.from({ length: keys.size + fresh.length }, (_, at) => `pv${at}`).filter(
    (key) => !keys.has(key),
  );
  const added = fresh.map((one, at): LvmGroupMember => {
    const section = physicalSection(one, extentBytes);
    const own = { startBytes: START, extents: extentsOn(one.sizeBytes, extentBytes), deviceBytes: one.sizeBytes };
    return { key: numbers[at] ?? `pv${keys.size + at}`, uuid: one.uuid, ...own, section };
  });
  const physicalVolumes = [...kept, ...added];
  const home = physicalVolumes[0]?.key;
  if (home === undefined) return undefined;
  const plain = new Set(shapeOf(group).linear.map(({ name }) => name));
  const volumes = new Map(
    [...known.volumes].map(([name, volume]) => {
      if (!plain.has(name)) return [name, volume] as const;
      const segment1 = {
        ...{ start_extent: 0, extent_count: lvmExtents(volume), type: "striped", stripe_count: 1 },
        stripes: [home, 0],
      };
      const rest = Object.entries(volume.section).filter(([key]) => !/^segment\d+$/.test(key));
      return [name, lvmLogicalVolume(name, { ...Object.fromEntries(rest), segment_count: 1, segment1 })] as const;
    }),
  );
  const { text } = changedLvmGroup(known, { physicalVolumes, volumes, sequence: nextSequence(group) });
  const members = wanted.map((one) => group.members.find(({ uuid }) => uuid === one.uuid) ?? memberOf(one));
  const changed: VolumeGroup = { ...group, members, metadata: text };
  const shape = shapeOf(changed);
  const total = shape.physical.reduce((sum, { extents }) => sum + extents, 0);
  const used = shape.linear.reduce((sum, { extents }) => sum + extents, 0);
  const pinned = shape.physical.flatMap((one) => one.pinned).reduce((sum, [from, to]) => sum + to - from, 0);
  return used + pinned > total ? undefined : laidOut(changed);
}
