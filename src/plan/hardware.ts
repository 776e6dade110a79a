import type { Hardware } from "../layout/types.ts";

/** Drivers that the target's disks need and the source's didn't: an initramfs made only for the source may lack them. */
export function newStorageDrivers(source: Hardware | undefined, target: readonly string[]): string[] {
  if (!source || source.storageDrivers.length === 0) return [];
  return [...new Set(target)].filter((driver) => !source.storageDrivers.includes(driver)).sort();
}
