import { stored } from "../../base/message.ts";
import { lvmStrings } from "../../formats/storage/lvm-segment.ts";
import { firstSegment } from "../../formats/storage/lvm-stretches.ts";
import type { LvmSection } from "../../formats/storage/lvm-text.ts";
import {
  changedLvmGroup,
  type LvmLogicalVolume,
  type LvmVolumeGroup,
  lvmLogicalVolume,
} from "../../formats/storage/lvm-volume-group.ts";
import { isBackupVolume } from "../../layout/own-snapshots.ts";
import { type ChangingVolumes, removeIdleSpare, removeVolume } from "./lvm-remove.ts";

/** What of a group is made again, and what of it is not as it was. */
export interface ReducedGroup {
  /** The group itself, when nothing had to be taken out. */
  readonly group: LvmVolumeGroup;
  /** Sentences about volumes, by name. */
  readonly notes: readonly Note[];
  /** Names of thin volumes that were snapshots. */
  readonly snapshots: ReadonlySet<string>;
}

type Note = readonly [volume: string, sentence: string];

/** What the running system says of a volume. */
export interface VolumeQuestions {
  readonly isActive: (volume: LvmLogicalVolume) => boolean;
  readonly isLeftOut: (volume: LvmLogicalVolume) => boolean;
}

/** Pools that a volume was the last one to use go with it. */
function removeWithPool(volumes: ChangingVolumes, name: string): void {
  const pools = (volumes.get(name)?.segments ?? []).flatMap(({ vdoPool }) => vdoPool ?? []);
  removeVolume(volumes, name);
  for (const pool of pools) {
    const isUsed = [...volumes.values()].some(({ segments }) => segments.some(({ vdoPool }) => vdoPool === pool));
    if (!isUsed) removeVolume(volumes, pool);
  }
}

/** A thin volume goes with its pool. */
function isExcluded(group: LvmVolumeGroup, volume: LvmLogicalVolume, isLeftOut: VolumeQuestions["isLeftOut"]): boolean {
  const pool = group.volumes.get(firstSegment(volume)?.thinPool ?? "");
  return isLeftOut(volume) || (pool !== undefined && isLeftOut(pool));
}

/** Whether a volume is the snapshot of a backup, which was killed or is under way. */
function isOfBackup(volume: LvmLogicalVolume | undefined): boolean {
  return volume !== undefined && isBackupVolume(volume.name, lvmStrings(volume.section.tags));
}

/** A thin volume as one of its own, without the volume that it was a snapshot of. */
function independent({ name, section }: LvmLogicalVolume, segment: LvmSection): LvmLogicalVolume {
  const { origin: _, ...segment1 } = segment;
  return lvmLogicalVolume(name, { ...section, segment1 });
}

/** Takes a volume out, or makes it one of its own; the sentence that says so, none for all that stays. */
function reduceVolume(
  group: LvmVolumeGroup,
  volume: LvmLogicalVolume,
  volumes: ChangingVolumes,
  { isActive, isLeftOut }: VolumeQuestions,
): Note[] {
  const { name } = volume;
  if (isOfBackup(volume)) {
    removeVolume(volumes, name);
    return [];
  }
  const path = `/dev/${group.name}/${name}`;
  if (isExcluded(group, volume, isLeftOut)) {
    removeWithPool(volumes, name);
    return [[name, stored`${path} is excluded: it is not made again`]];
  }
  const { type, section = {}, cowStore = "" } = firstSegment(volume) ?? {};
  if (type === "snapshot") {
    removeVolume(volumes, name);
    removeVolume(volumes, cowStore);
    if (isOfBackup(group.volumes.get(cowStore))) return [];
    return [[cowStore, stored`the snapshot /dev/${group.name}/${cowStore} is not made again`]];
  }
  if (type !== "thin" || section.origin === undefined) return [];
  if (!isActive(volume)) {
    removeVolume(volumes, name);
    return [[name, stored`the snapshot ${path} is not active: it is not made again`]];
  }
  volumes.set(name, independent(volume, section));
  return [
    [name, stored`the snapshot ${path} is made again as a thin volume of its own: it shares nothing with its origin`],
  ];
}

/** What can't be written to can't be filled again. */
function makeWritable(group: LvmVolumeGroup, volumes: ChangingVolumes): Note[] {
  const sealed = [...volumes.values()].filter(({ visible, status }) => visible && !status.includes("WRITE"));
  return sealed.map(({ name, status, section }): Note => {
    const open = status.flatMap((flag) => (flag === "READ" ? ["READ", "WRITE"] : [flag]));
    volumes.set(name, lvmLogicalVolume(name, { ...section, status: open }));
    const how = stored`it comes back writable (lvchange --permission r seals it again)`;
    return [name, stored`/dev/${group.name}/${name} is read-only: ${how}`];
  });
}

/**
 * Takes out of a group what is left out, and what holds no data of its own: snapshots. What is read-only becomes
 * writable.
 */
export function reduceGroup(group: LvmVolumeGroup, questions: VolumeQuestions): ReducedGroup {
  const volumes: ChangingVolumes = new Map(group.volumes);
  const reduced = [...group.volumes.values()].flatMap((volume) => reduceVolume(group, volume, volumes, questions));
  const isFreed = ({ name }: LvmLogicalVolume) => volumes.has(name) && volumes.get(name) !== group.volumes.get(name);
  const snapshots = new Set([...group.volumes.values()].filter(isFreed).map(({ name }) => name));
  const notes = [...reduced, ...makeWritable(group, volumes)];
  if (notes.length === 0 && volumes.size === group.volumes.size) return { group, notes, snapshots };
  removeIdleSpare(volumes);
  return { group: changedLvmGroup(group, { volumes }), notes, snapshots };
}
