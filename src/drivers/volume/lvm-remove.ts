import type { LvmSection } from "../../formats/storage/lvm-text.ts";
import { lvmParts, lvmSegments, lvmSegmentType } from "../../formats/storage/lvm-tree.ts";

/** Logical volumes of a group's text by name, which may be changed. */
export type LvmVolumes = Record<string, LvmSection>;

/** The first segment of a volume, which is the only one unless it lies on physical volumes itself. */
export const firstSegment = (volume: LvmSection | undefined): LvmSection => (volume && lvmSegments(volume)[0]) ?? {};

/** Whether a volume is the spare for the metadata of pools: room, and nothing in it. */
export const isSpare = (name: string): boolean => /^lvol\d+_pmspare$/.test(name);

/** Takes a volume out, with all that only it is made of. */
export function removeVolume(volumes: LvmVolumes, name: string): void {
  const volume = volumes[name];
  if (!volume) return;
  delete volumes[name];
  for (const part of lvmSegments(volume).flatMap(lvmParts)) removeVolume(volumes, part);
}

/** Takes the spare for the metadata of pools out, which LVM makes anew when it needs one. */
export function removeSpare(volumes: LvmVolumes): void {
  for (const name of Object.keys(volumes)) if (isSpare(name)) removeVolume(volumes, name);
}

/** The spare goes with the last pool, as LVM does it. */
export function removeIdleSpare(volumes: LvmVolumes): void {
  const isPool = (volume: LvmSection) => /-pool$/.test(lvmSegmentType(firstSegment(volume)));
  if (!Object.values(volumes).some(isPool)) removeSpare(volumes);
}
