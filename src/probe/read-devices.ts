import type { MountedFacts } from "../drivers/contracts.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { parseMountinfo } from "../formats/fs/mount-tables.ts";
import type { Host } from "../host/host.ts";
import type { StorageFacts } from "./facts.ts";
import { blockDeviceNames, readDevice } from "./read-device.ts";
import { readDeviceLinks } from "./read-device-links.ts";

/** Each file system once, wherever and however often it is mounted. */
async function readMounted(host: Host, mountinfo: string): Promise<MountedFacts[]> {
  const found = new Map<string, MountedFacts>();
  const seen = new Set<string>();
  for (const { type, source, path, devno, options, root } of parseMountinfo(mountinfo)) {
    const driver = filesystemDriver(type);
    if (!driver?.readMounted || seen.has(devno)) continue;
    const facts = await driver.readMounted(host, { source, path, options, root });
    if (!facts) continue;
    seen.add(devno);
    found.set(facts.uuid, facts);
  }
  return [...found.values()];
}

/**
 * Reads every block device and what is mounted or swapped to: all that matching, guarding and describing disks takes.
 * `loops`: loop devices, too (tests). Changes nothing.
 */
export async function readDevices(host: Host, { loops = false } = {}): Promise<StorageFacts> {
  const mountinfo = host.tryReadText("/proc/self/mountinfo") ?? "";
  const links = readDeviceLinks(host);
  const mounted = await readMounted(host, mountinfo);
  return {
    devices: blockDeviceNames(host, loops).map((name) => readDevice(host, name, links.get(name))),
    mountinfo,
    swaps: host.tryReadText("/proc/swaps") ?? "",
    ...(mounted.length === 0 ? {} : { mounted }),
  };
}
