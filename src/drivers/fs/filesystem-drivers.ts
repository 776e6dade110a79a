import type { FilesystemDriver } from "../contracts.ts";
import { btrfsDriver } from "./btrfs.ts";
import { exfatDriver } from "./exfat.ts";
import { extDriver } from "./ext.ts";
import { f2fsDriver } from "./f2fs.ts";
import { vfatDriver } from "./vfat.ts";
import { xfsDriver } from "./xfs.ts";

/**
 * All file systems that can be rebuilt, in the order in which they are asked. A new one is one file and one line here.
 */
export const filesystemDrivers: readonly FilesystemDriver[] = [
  extDriver,
  xfsDriver,
  btrfsDriver,
  f2fsDriver,
  exfatDriver,
  vfatDriver,
];

/** The driver for a type as in /proc/mounts. */
export function filesystemDriver(type: string): FilesystemDriver | undefined {
  return filesystemDrivers.find((driver) => driver.types.includes(type));
}
