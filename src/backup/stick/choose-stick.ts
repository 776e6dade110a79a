import { MondoError } from "../../base/errors.ts";
import { formatBytes } from "../../base/units.ts";
import { isStickTable, SMALLEST_STICK } from "../../drivers/media/stick.ts";
import { decodeGpt } from "../../formats/storage/gpt.ts";
import type { Host } from "../../host/host.ts";
import { diskContent } from "../../probe/disk-content.ts";
import type { DeviceFacts, StorageFacts } from "../../probe/facts.ts";
import { usesOf } from "../../probe/uses.ts";

/** A disk that becomes a stick, or is one. */
export interface ChosenStick {
  readonly disk: DeviceFacts;
  /** It has our partitions: sets are added. */
  readonly isOurs: boolean;
}

const SERIAL = /^serial:(.+)$/;

const refuse = (message: string, hint: string) => new MondoError("refused", message, { hint });

function serials(facts: StorageFacts): string {
  const disks = facts.devices.filter(({ parent, serial, slaves }) => !parent && serial && slaves.length === 0);
  return disks.map(({ path, serial, sizeBytes }) => `${serial} (${path}, ${formatBytes(sizeBytes)})`).join(", ");
}

/** The device by its path, through links, or by its serial number. Throws `not-found`. */
export function diskNamed(host: Pick<Host, "realPath">, facts: StorageFacts, name: string): DeviceFacts {
  const serial = SERIAL.exec(name)?.[1];
  const path = host.realPath(name) ?? name;
  const found = facts.devices.filter((device) =>
    serial === undefined
      ? device.path === path || `/dev/${device.name}` === path
      : device.serial === serial && !device.parent,
  );
  const [disk, second] = found;
  if (second)
    throw refuse(`${name} are several disks: ${found.map((one) => one.path).join(", ")}`, "Connect one of them.");
  if (disk) return disk;
  throw new MondoError("not-found", `there is no disk ${name}`, {
    hint: `Name a whole disk (/dev/sdb), or its serial number: ${serials(facts) || "no disk here has one"}.`,
  });
}

/** Where the running system uses a disk: mount points, swap, what is made of it. */
function usedAt(facts: StorageFacts, disk: DeviceFacts, ownPlace: string): string | undefined {
  const parts = facts.devices.filter((device) => device === disk || device.parent === disk.name);
  const holder = parts.flatMap(({ path, holders }) => holders.map((name) => `${name} is made of ${path}`))[0];
  if (holder !== undefined) return holder;
  const use = usesOf(facts, "/", "all").find(({ device, mount }) => parts.includes(device) && mount?.path !== ownPlace);
  if (!use) return undefined;
  return use.mount ? `${use.device.path} is mounted on ${use.mount.path}` : `${use.device.path} is swapped to`;
}

function hasOurTable(host: Pick<Host, "readAt">, { path, logicalSectorBytes, sizeBytes }: DeviceFacts): boolean {
  try {
    const read = (offset: number, length: number) => host.readAt(path, offset, length);
    return isStickTable(decodeGpt(read, logicalSectorBytes, sizeBytes));
  } catch {
    return false;
  }
}

/** Refuses to make a stick of a disk that somebody may want to keep. By its serial number a person says: this one. */
function requireFree(facts: StorageFacts, disk: DeviceFacts, isMeant: boolean, ownPlace: string): void {
  const { path, sizeBytes } = disk;
  const used = usedAt(facts, disk, ownPlace);
  if (used !== undefined) throw refuse(`${path} is in use: ${used}`, "Name another disk.");
  if (disk.readOnly) throw refuse(`${path} is write-protected`, "Look for a switch on it.");
  if (sizeBytes < SMALLEST_STICK) {
    throw refuse(`${path} has ${formatBytes(sizeBytes)}, too little for a backup`, "Take a larger stick.");
  }
  if (isMeant) return;
  const confirm =
    disk.serial === undefined
      ? "it has no serial number to confirm it with; empty it with wipefs -a"
      : `name it --usb serial:${disk.serial}`;
  if (!disk.removable && disk.transport !== "usb") {
    throw refuse(`${path} is no stick: it can't be removed`, `If it shall be erased all the same, ${confirm}.`);
  }
  const { words, identities, unidentified, table } = diskContent(facts, disk);
  if (identities.length > 0 || unidentified || table.length > 0) {
    throw refuse(`${path} holds ${words}`, `If that shall be erased, ${confirm}.`);
  }
}

/**
 * Looks whether a disk may be used. `isFile`: it stands for an image file, which nobody else uses. Throws `not-found`,
 * `usage` or `refused` before anything is written.
 */
export function chooseStick(
  host: Pick<Host, "realPath" | "readAt">,
  facts: StorageFacts,
  { name, isFile, ownPlace }: { readonly name: string; readonly isFile: boolean; readonly ownPlace: string },
): ChosenStick {
  const disk = diskNamed(host, facts, name);
  if (disk.parent !== undefined) {
    throw new MondoError("usage", `${disk.path} is a partition`, { hint: `Name the whole disk: /dev/${disk.parent}.` });
  }
  const isOurs = hasOurTable(host, disk);
  if (!isOurs) requireFree(facts, disk, isFile || SERIAL.test(name), ownPlace);
  else if (disk.readOnly) throw refuse(`${disk.path} is write-protected`, "Look for a switch on it.");
  return { disk, isOurs };
}
