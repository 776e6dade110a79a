import { stored } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { type Content, decodeContent } from "./decode-device.ts";
import { type DeviceFacts, isHeldByArray, recording } from "./facts.ts";
import { readBootCode } from "./read-boot-code.ts";
import { storedErrnoOf } from "./stored-errno-of.ts";

const BLOCK = "/sys/class/block";
/**
 * Devices that are never part of a machine's storage: RAM, loops, network blocks, floppies, optical drives, memory
 * swap.
 */
const IGNORED = /^(loop|ram|zram|nbd|fd|sr|scd|mtdblock|pmem\d+s$)\d*/;
/** How much must be empty for a device to count as empty: LVM clears this much of a new volume. */
const START_BYTES = 4096;
const SECTOR = 512; // sysfs counts in these whatever the disk's sectors are

/** A path to a namespace that the NVMe driver itself joins with others (nvme0c0n1): it has no device file. */
const isHidden = (host: Host, name: string) => host.tryReadText(`${BLOCK}/${name}/hidden`)?.trim() === "1";

/** Names of the block devices that may hold a system. */
export function blockDeviceNames(host: Host, includeLoops = false): string[] {
  return host
    .list(BLOCK)
    .filter((name) => !IGNORED.test(name) || (includeLoops && name.startsWith("loop")))
    .filter((name) => !isHidden(host, name));
}

function attribute(host: Host, name: string, file: string): string | undefined {
  const text = host.tryReadText(`${BLOCK}/${name}/${file}`)?.replace(/\0/g, "").trim();
  return text === undefined || text === "" ? undefined : text;
}

function numberOf(host: Host, name: string, file: string, fallback = 0): number {
  const value = Number(attribute(host, name, file));
  return Number.isFinite(value) ? value : fallback;
}

/** SCSI vital product data page 0x80: 4 bytes of head, then the serial number. */
function scsiSerial(host: Host, name: string): string | undefined {
  const path = `${BLOCK}/${name}/device/vpd_pg80`;
  if (!host.exists(path)) return undefined;
  try {
    const text = String.fromCharCode(...host.read(path).subarray(4))
      .replace(/\0/g, "")
      .trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}

/** An identifier that says who the disk is: not one that the kernel made up from vendor, model and an empty serial. */
function wwnOf(host: Host, name: string): string | undefined {
  const text = attribute(host, name, "wwid") ?? attribute(host, name, "device/wwid");
  return text !== undefined && /^(naa|eui|uuid|nvme)\./.test(text) && !/^eui\.0+$/.test(text) ? text : undefined;
}

/**
 * Places of a device in the tree of devices: a joined NVMe namespace is below its controllers, which only links tell.
 */
function placesOf(host: Host, name: string): string[] {
  const place = host.realPath(`${BLOCK}/${name}`);
  const subsystem = /^\/sys\/devices\/virtual\/nvme-subsystem\/[^/]+/.exec(place ?? "")?.[0];
  if (place === undefined || subsystem === undefined) return place === undefined ? [] : [place];
  const controllers = host.list(subsystem).filter((entry) => /^nvme\d+$/.test(entry));
  return controllers.flatMap((entry) => host.realPath(`${subsystem}/${entry}`) ?? []);
}

/** Kernel modules that drive the device and every bridge above it, up to the root of the device tree. */
function driversOf(host: Host, name: string): string[] {
  const found = new Set<string>();
  for (const place of placesOf(host, name)) {
    for (let at = place; at.startsWith("/sys/devices/"); at = at.slice(0, at.lastIndexOf("/"))) {
      const driver = host.realPath(`${at}/driver/module`) ?? host.realPath(`${at}/driver`);
      if (driver) found.add((driver.split("/").pop() ?? "").replaceAll("-", "_"));
    }
  }
  return [...found].sort();
}

function transportOf(devicePath: string): string | undefined {
  if (/\/usb\d/.test(devicePath)) return "usb";
  if (/\/nvme(-subsystem)?\//.test(devicePath)) return "nvme";
  if (/\/virtio\d/.test(devicePath)) return "virtio";
  if (/\/ata\d/.test(devicePath)) return "ata";
  if (/\/mmc_host\//.test(devicePath)) return "mmc";
  return /\/host\d+\//.test(devicePath) ? "scsi" : undefined;
}

function present<T extends Record<string, unknown>>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** Of a partition sysfs keeps most attributes with its disk. */
function parentName(host: Host, name: string): string | undefined {
  if (!host.exists(`${BLOCK}/${name}/partition`)) return undefined;
  return host.realPath(`${BLOCK}/${name}`)?.split("/").at(-2);
}

function identity(host: Host, name: string) {
  return present({
    model: attribute(host, name, "device/model"),
    serial: attribute(host, name, "serial") ?? attribute(host, name, "device/serial") ?? scsiSerial(host, name),
    wwn: wwnOf(host, name),
    transport: transportOf(host.realPath(`${BLOCK}/${name}`) ?? ""),
  });
}

/** One block device: what sysfs says of it, and every piece that the decoders want to see of its content. */
export function readDevice(host: Host, name: string, links?: readonly string[]): DeviceFacts {
  const parent = parentName(host, name);
  const disk = parent ?? name;
  const path = `/dev/${name.replaceAll("!", "/")}`;
  const sizeBytes = numberOf(host, name, "size") * SECTOR;
  const sectorBytes = numberOf(host, disk, "queue/logical_block_size", SECTOR);
  const partitioned = host.list(`${BLOCK}/${name}`).some((entry) => host.exists(`${BLOCK}/${name}/${entry}/partition`));
  const holders = host.list(`${BLOCK}/${name}/holders`);
  const shape = { sizeBytes, sectorBytes, whole: parent === undefined, partitioned, held: isHeldByArray(holders) };
  const [read, saved] = recording((offset, length) => host.readAt(path, offset, length));
  let unreadable: string | undefined;
  let filled = false;
  try {
    const content: Content = sizeBytes > 0 ? decodeContent(read, shape) : { kind: "damaged", what: stored`no medium` };
    filled = content.kind === "nothing" && host.readAt(path, 0, START_BYTES).some((byte) => byte !== 0);
    if (sizeBytes > 0) readBootCode(read, content, sectorBytes);
  } catch (error) {
    unreadable = storedErrnoOf(error) ?? stored`what is on it is damaged`;
  }
  return {
    name,
    path,
    devno: attribute(host, name, "dev") ?? "",
    sizeBytes,
    readOnly: numberOf(host, name, "ro") !== 0,
    removable: numberOf(host, disk, "removable") !== 0,
    rotational: numberOf(host, disk, "queue/rotational") !== 0,
    logicalSectorBytes: sectorBytes,
    physicalSectorBytes: numberOf(host, disk, "queue/physical_block_size", SECTOR),
    ...(parent === undefined ? identity(host, name) : {}),
    ...(parent === undefined
      ? {}
      : { parent, partition: numberOf(host, name, "partition"), startBytes: numberOf(host, name, "start") * SECTOR }),
    holders,
    slaves: host.list(`${BLOCK}/${name}/slaves`),
    ...present({ dmUuid: attribute(host, name, "dm/uuid"), dmName: attribute(host, name, "dm/name") }),
    ...(links === undefined ? {} : { links }),
    drivers: parent === undefined ? driversOf(host, name) : [],
    reads: saved(),
    ...(filled ? { filled } : {}),
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}
