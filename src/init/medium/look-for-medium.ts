import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { describeDevice, listBlockDevices } from "./block-devices.ts";
import { type Medium, unmountMedium } from "./mounted-medium.ts";
import { type MediumWish, type Rejection, tryDevice } from "./try-device.ts";

/** Looks at every device once. Devices that are known not to be it, and can't change by themselves, are skipped. */
export async function lookForMedium(
  host: Host,
  wish: MediumWish,
  known: Map<string, Rejection>,
): Promise<Medium | undefined> {
  unmountMedium(host);
  const devices = listBlockDevices(host);
  for (const name of known.keys()) if (!devices.some((device) => device.name === name)) known.delete(name);
  for (const device of devices) {
    const before = known.get(device.name);
    if (before && !before.mayChange && before.device.sizeBytes === device.sizeBytes) continue;
    const result = await tryDevice(host, device, wish);
    if ("manifest" in result) return result;
    known.set(device.name, result);
  }
  return undefined;
}

/** What was looked at and why each wasn't it, as lines. */
export function explainRejections(known: ReadonlyMap<string, Rejection>): string[] {
  if (known.size === 0) return [msg`  no disk, stick or optical drive was found at all`];
  return [...known.values()].map(({ device, because }) => `  ${describeDevice(device)}: ${because}`);
}
