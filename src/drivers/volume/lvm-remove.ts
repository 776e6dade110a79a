import { firstSegment, lvmParts } from "../../formats/storage/lvm-stretches.ts";
import type { LvmLogicalVolume } from "../../formats/storage/lvm-volume-group.ts";

/** Logical volumes of a group by name, which may be changed. */
export type ChangingVolumes = Map<string, LvmLogicalVolume>;

/** Whether a volume is the spare for the metadata of pools: room, and nothing in it. */
export const isSpare = (name: string): boolean => /^lvol\d+_pmspare$/.test(name);

/** Takes a volume out, with all that only it is made of. */
export function removeVolume(volumes: ChangingVolumes, name: string): void {
  const volume = volumes.get(name);
  if (!volume) return;
  volumes.delete(name);
  for (const part of volume.segments.flatMap(lvmParts)) removeVolume(volumes, part);
}

/** Takes the spare for the metadata of pools out: LVM makes another when it needs one. */
export function removeSpare(volumes: ChangingVolumes): void {
  for (const name of [...volumes.keys()]) if (isSpare(name)) removeVolume(volumes, name);
}

/** The spare goes with the last pool, as LVM does it. */
export function removeIdleSpare(volumes: ChangingVolumes): void {
  const isPool = (volume: LvmLogicalVolume) => firstSegment(volume)?.type.endsWith("-pool") ?? false;
  if (![...volumes.values()].some(isPool)) removeSpare(volumes);
}
