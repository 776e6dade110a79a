import { volumeIdOf } from "../../archive/set/iso-medium.ts";
import type { Host } from "../../host/host.ts";
import { driveState } from "../../host/optical.ts";
import { isOpticalDrive, listBlockDevices } from "./block-devices.ts";
import { volumeIdOn } from "./volume-id.ts";

/**
 * Devices that hold media of these sets, and their disks: found by their labels alone, nothing is mounted. Drives with
 * an open tray are left alone.
 */
export async function carriersOfSets(host: Host, sets: readonly string[]): Promise<string[]> {
  const beginnings = sets.map((set) => volumeIdOf(set, 0).slice(0, -1));
  const found = new Set<string>();
  for (const device of listBlockDevices(host)) {
    if (isOpticalDrive(device) && driveState(device.path) === "tray-open") continue;
    const id = await volumeIdOn(device.path);
    const isOurs = id !== undefined && beginnings.some((beginning) => id.startsWith(beginning));
    if (isOurs) found.add(device.path).add(`/dev/${device.disk}`);
  }
  return [...found];
}
