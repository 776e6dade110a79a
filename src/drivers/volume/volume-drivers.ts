import type { LayoutNode } from "../../layout/types.ts";
import type { VolumeDriver } from "../volume-contract.ts";
import { luksDriver } from "./luks.ts";
import { lvmDriver } from "./lvm.ts";
import { lvmSpareDriver } from "./lvm-spare.ts";
import { mdDriver } from "./md.ts";

/**
 * All kinds of volumes that can be rebuilt, in the order in which they are asked: a member of an array with its
 * superblock at the end looks like what the array holds. A new one is one file and one line here.
 */
export const volumeDrivers: readonly VolumeDriver[] = [mdDriver, luksDriver, lvmDriver, lvmSpareDriver];

/** The driver that makes a node; undefined for all that is no volume, and for what is made with its volume. */
export function volumeDriverOf({ kind }: LayoutNode): VolumeDriver | undefined {
  return volumeDrivers.find((driver) => driver.kind === kind);
}

/** The driver of that name. */
export function volumeDriver(type: string): VolumeDriver | undefined {
  return volumeDrivers.find((driver) => driver.type === type);
}
