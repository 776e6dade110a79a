import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import { SMALLEST_STICK, STICK_PARTS, stickFilesystemOf, wasStick } from "../../drivers/media/stick.ts";
import type { StickFilesystem } from "../../drivers/media/stick-filesystems.ts";
import { decodeGpt } from "../../formats/storage/gpt.ts";
import type { Host } from "../../host/host.ts";
import { diskContent } from "../../probe/disk-content.ts";
import type { DeviceFacts, StorageFacts } from "../../probe/facts.ts";
import { type Use, usesOf } from "../../probe/uses.ts";

/** A disk that becomes a stick, or is one. */
export interface ChosenStick {
  readonly disk: DeviceFacts;
  /** It has our partitions, with this for the sets: further ones are added. Undefined: it becomes a stick first. */
  readonly filesystem: StickFilesystem | undefined;
}

/** A stick of ours. */
export type OwnStick = ChosenStick & { readonly filesystem: StickFilesystem };

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
    throw refuse(msg`${name} are several disks: ${found.map((one) => one.path).join(", ")}`, msg`Connect one of them.`);
  if (disk) return disk;
  throw new MondoError("not-found", msg`there is no disk ${name}`, {
    hint: msg`Name a whole disk (/dev/sdb), or its serial number: ${serials(facts) || msg`no disk here has one`}.`,
  });
}

/**
 * Where the running system uses a disk: mount points, swap, what is made of it. `isAllowed`: uses that don't matter.
 */
function usedAt(facts: StorageFacts, disk: DeviceFacts, isAllowed: (use: Use) => boolean): string | undefined {
  const parts = facts.devices.filter((device) => device === disk || device.parent === disk.name);
  const holder = parts.flatMap(({ path, holders }) => holders.map((name) => msg`${name} is made of ${path}`))[0];
  if (holder !== undefined) return holder;
  const use = usesOf(facts, "/", "all").find((one) => parts.includes(one.device) && !isAllowed(one));
  if (!use) return undefined;
  return use.mount ? msg`${use.device.path} is mounted on ${use.mount.path}` : msg`${use.device.path} is swapped to`;
}

/** What the sets are kept in, if it is a stick of ours. What can't be read is an error, not a disk without a table. */
function filesystemOn(
  host: Pick<Host, "readAt">,
  { path, logicalSectorBytes, sizeBytes }: DeviceFacts,
): StickFilesystem | undefined {
  const read = (offset: number, length: number) => host.readAt(path, offset, length);
  try {
    return stickFilesystemOf(decodeGpt(read, logicalSectorBytes, sizeBytes));
  } catch (error) {
    if (error instanceof MondoError && error.code === "format") return undefined;
    throw error;
  }
}

/** The disk of that name, if it is a stick of ours; undefined: it is something else. Throws `not-found`. */
export function ownStick(
  host: Pick<Host, "realPath" | "readAt">,
  facts: StorageFacts,
  name: string,
): OwnStick | undefined {
  const disk = diskNamed(host, facts, name);
  const filesystem = disk.parent === undefined ? filesystemOn(host, disk) : undefined;
  return filesystem && { disk, filesystem };
}

/** How to make a disk one that nothing is known on: wipefs alone leaves most of a table. */
const emptying = (path: string) => `wipefs -a ${path}; dd if=/dev/zero of=${path} bs=1M count=67`;

/** Refuses a disk whose table was lost, but which has the backups still: a standing `--usb serial:` names it, too. */
function requireNoStick(host: Pick<Host, "readAt">, { path }: DeviceFacts, isFile: boolean): void {
  if (!wasStick((offset, length) => host.readAt(path, offset, length))) return;
  const erase = isFile ? msg`remove the file` : emptying(path);
  throw refuse(
    msg`${path} was a stick of mondo, and its table is damaged or changed: backups may be on it`,
    msg`Repair the table (gdisk, testdisk). To begin anew without these backups: ${erase}`,
  );
}

/** Refuses a disk that the system uses, or that can't be written to; `isAllowed`: uses that don't matter. */
function requireUnused(facts: StorageFacts, disk: DeviceFacts, isAllowed: (use: Use) => boolean): void {
  const used = usedAt(facts, disk, isAllowed);
  if (used !== undefined) throw refuse(msg`${disk.path} is in use: ${used}`, msg`Name another disk, or end that.`);
  if (disk.readOnly) throw refuse(msg`${disk.path} is write-protected`, msg`Look for a switch on it.`);
}

/** Who or what a disk was named by. */
type Naming = "path" | "serial" | "file";

/** Refuses to make a stick of a disk that somebody may want to keep. By its serial number a person says: this one. */
function requireFree(facts: StorageFacts, disk: DeviceFacts, naming: Naming): void {
  const { path, sizeBytes } = disk;
  if (sizeBytes < SMALLEST_STICK) {
    throw refuse(msg`${path} has ${formatBytes(sizeBytes)}, too little for a backup`, msg`Take a larger stick.`);
  }
  if (naming === "serial") return;
  const byNumber = disk.serial === undefined ? undefined : msg`name it --usb serial:${disk.serial}`;
  if (naming === "path" && !disk.removable && disk.transport !== "usb") {
    const hint = byNumber ? msg`If it shall be erased all the same, ${byNumber}.` : msg`Name a USB stick.`;
    throw refuse(msg`${path} is no stick: it can't be removed`, hint);
  }
  const { words, identities, unidentified, table } = diskContent(facts, disk);
  if (identities.length > 0 || unidentified || table.length > 0) {
    if (naming === "file")
      throw refuse(msg`the image file holds ${words}`, msg`Name another file, or remove this one first.`);
    throw refuse(
      msg`${path} holds ${words}`,
      msg`If that shall be erased, ${byNumber ?? msg`empty it: ${emptying(path)}`}`,
    );
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
    throw new MondoError("usage", msg`${disk.path} is a partition`, {
      hint: msg`Name the whole disk: /dev/${disk.parent}.`,
    });
  }
  const filesystem = filesystemOn(host, disk);
  const isOurs = filesystem !== undefined;
  // Desktops mount what is plugged in; loaders are written past file systems, so only that of the sets may be. One
  // without modes of its own would stay open to whomever the desktop has mounted it for.
  const isAllowed = ({ device, mount }: Use) =>
    mount !== undefined &&
    (mount.path === ownPlace || (filesystem?.hasModes === true && device.partition === STICK_PARTS.data));
  requireUnused(facts, disk, isAllowed);
  if (!isOurs) {
    requireNoStick(host, disk, isFile);
    requireFree(facts, disk, isFile ? "file" : SERIAL.test(name) ? "serial" : "path");
  }
  return { disk, filesystem };
}
