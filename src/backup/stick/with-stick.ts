/** Backups onto a stick: table and file systems are made once, sets are added, loaders and menu follow each time. */

import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { formatBytes } from "../../base/units.ts";
import { STICK_PARTS, stickFilesystemOf, stickTable } from "../../drivers/media/stick.ts";
import { type StickFilesystem, stickFilesystems } from "../../drivers/media/stick-filesystems.ts";
import { stickConfig } from "../../drivers/media/stick-menu.ts";
import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import { decodeGpt } from "../../formats/storage/gpt.ts";
import type { Host } from "../../host/host.ts";
import { processId } from "../../host/self.ts";
import { writeStickBoot } from "../../image/stick-boot.ts";
import { partitionPath } from "../../layout/graph.ts";
import { readDevices } from "../../probe/read-devices.ts";
import { awaitDevice, rereadTable } from "../../run/kernel-table.ts";
import { CACHE } from "../leftovers.ts";
import { type RunLock, takeLock } from "../run-lock.ts";
import { type ChosenStick, chooseStick } from "./choose-stick.ts";
import { machinesOn, rescuesOn } from "./stick-contents.ts";
import { requireKernelFor, requireTools } from "./stick-needs.ts";

/** Where its file system with the sets is mounted meanwhile. */
export const STICK_PLACE = "/run/mondo-stick";
const MINUTES_MS = 60_000;
/** One run at a time has a stick there: another would take it for a leftover, and the set would land in memory. */
const STICK_LOCK: RunLock = {
  path: "/run/mondo-stick.lock",
  holder: msg`another backup to a stick`,
  otherwise: msg`or end it`,
};

/** What a person named as stick. */
export interface StickWish {
  /** `/dev/sdb`, `serial:XYZ`, or an image file. */
  readonly name: string;
  /** How much of it is used (`-s`), and how large an image file becomes; default: all. */
  readonly sizeBytes: number | undefined;
  /** `--usb-fs`: what a new stick keeps the sets in; default: ext4, or what it has. */
  readonly filesystem?: StickFilesystem["type"] | undefined;
}

/** A stick that is ready for sets. */
interface Stick {
  readonly disk: string;
  readonly sectorBytes: number;
  readonly sizeBytes: number;
  readonly data: string;
  readonly esp: string;
  readonly filesystem: StickFilesystem;
}

/** An image file as a disk for as long as `work` takes; anything else as it is. */
async function withDisk<T>(
  host: Host,
  wish: StickWish,
  work: (name: string, isFile: boolean) => Promise<T>,
): Promise<T> {
  const { name, sizeBytes } = wish;
  const stat = host.stat(name);
  if (!name.startsWith("/") || name.startsWith("/dev/") || stat?.kind === "block") return work(name, false);
  if (stat && stat.kind !== "file") {
    throw new MondoError("usage", msg`--usb ${name} is neither a disk nor an image file`, {
      hint: msg`Name one of them.`,
    });
  }
  if (!stat) {
    if (sizeBytes === undefined) {
      throw new MondoError("not-found", msg`--usb ${name} does not exist`, {
        hint: msg`To make an image file, say how large with -s (8g).`,
      });
    }
    await host.run({ argv: ["truncate", "-s", String(sizeBytes), name] });
  }
  // The device that it has already, if another namespace keeps one: two on one file would ruin the file system.
  const attach = ["losetup", "--nooverlap", "--find", "--show", "--partscan", name];
  const { stdout } = await host.run({ argv: attach });
  const loop = stdout.trim();
  try {
    return await work(loop, true);
  } catch (error) {
    if (!stat) host.remove(name);
    throw error;
  } finally {
    await host.run({ argv: ["losetup", "--detach", loop], accept: "any" });
  }
}

const tableOf = (host: Host, { disk, sectorBytes, sizeBytes }: Stick) =>
  decodeGpt((offset, length) => host.readAt(disk, offset, length), sectorBytes, sizeBytes);

/** Partitions as the kernel shall know them, also one that can't read such a table. */
async function awaitParts(host: Host, stick: Stick): Promise<void> {
  const { disk, data, esp, sectorBytes } = stick;
  const { entries } = tableOf(host, stick);
  const parts = entries.map(({ number, firstSector, lastSector }) => ({
    ...{ number, path: partitionPath(disk, number), startBytes: firstSector * sectorBytes },
    sizeBytes: (lastSector - firstSector + 1) * sectorBytes,
  }));
  if (parts.some(({ path }) => !host.exists(`/sys/class/block/${path.slice("/dev/".length)}`))) {
    await rereadTable(host, disk, parts);
  }
  for (const path of [esp, data]) await awaitDevice(host, path, undefined, MINUTES_MS / 4);
}

/** Makes table and file systems. All that was on the disk is gone. */
async function format(host: Host, stick: Stick, sizeBytes: number, reporter: Reporter): Promise<void> {
  const { disk, data, filesystem } = stick;
  reporter.step(msg`Making a boot stick of ${disk} (${formatBytes(sizeBytes)})`);
  const wipe = ["--wipe", "always", "--wipe-partitions", "always"];
  const input = stickTable(sizeBytes, filesystem);
  await host.run({ argv: ["sfdisk", "--quiet", ...wipe, disk], input, timeoutMs: MINUTES_MS });
  await awaitParts(host, stick);
  await host.run({ argv: [filesystem.tool, ...filesystem.make, data], timeoutMs: 10 * MINUTES_MS });
}

function unmountData(host: Host): void {
  const isMounted = (host.tryReadText("/proc/self/mountinfo") ?? "").includes(` ${STICK_PLACE} `);
  if (isMounted) host.unmount(STICK_PLACE);
}

/** Mounts it so that nothing on it leads out of it: other people have had it in their hands. */
function mountData(host: Host, { data: source, filesystem }: Stick): void {
  host.makeDirectory(STICK_PLACE, 0o700);
  const flags = ["noSuid", "noDev", "noExec", "noSymFollow"] as const;
  host.mount({ source, target: STICK_PLACE, type: filesystem.type, flags, data: filesystem.toWrite });
}

/**
 * Throws `refused` unless the stick is still what its paths lead to, and is mounted: hours have passed, and loaders are
 * written past the file system. Returns where GRUB's core goes.
 */
function requireSame(host: Host, stick: Stick): number {
  const mounted = parseMountinfo(host.tryReadText("/proc/self/mountinfo") ?? "").filter(
    ({ path }) => path === STICK_PLACE,
  );
  const table = tableOf(host, stick);
  const [bios] = table.entries;
  if (mounted.at(-1)?.devno === host.stat(stick.data)?.rdev && stickFilesystemOf(table) === stick.filesystem && bios) {
    return bios.firstSector * stick.sectorBytes;
  }
  throw new MondoError("refused", msg`${stick.disk} is no longer the stick that the backup went to`, {
    hint: msg`Nothing was written to it now. Leave the stick in until the end, and start the backup again.`,
  });
}

async function uuidOf(host: Host, device: string): Promise<string> {
  const { stdout } = await host.run({ argv: ["blkid", "-p", "-s", "UUID", "-o", "value", device] });
  const uuid = stdout.trim();
  // That of exFAT has eight digits.
  if (/^([0-9a-f-]{36}|[0-9a-f]{4}-[0-9a-f]{4})$/i.test(uuid)) return uuid;
  throw new MondoError("damaged", msg`${device} has no file system of a stick`, {
    hint: msg`Empty the stick with wipefs -a.`,
  });
}

/** Loaders, and the menu of what is on the stick now. */
async function makeBootable(host: Host, stick: Stick, reporter: Reporter): Promise<void> {
  const { disk, sectorBytes, data, esp, filesystem } = stick;
  const coreAt = requireSame(host, stick);
  const uuid = await uuidOf(host, data);
  const scratch = `${CACHE}/stick`;
  host.remove(scratch);
  host.makeDirectory(scratch, 0o700);
  try {
    await writeStickBoot(host, { disk, coreAt, sectorBytes, esp, uuid, scratch, filesystem }, reporter);
  } finally {
    host.remove(scratch);
  }
  const machines = machinesOn(host, STICK_PLACE);
  host.makeDirectory(`${STICK_PLACE}/boot/grub`, 0o755);
  host.write(`${STICK_PLACE}/boot/grub/grub.cfg`, stickConfig(machines, uuid, rescuesOn(host, STICK_PLACE)), 0o644);
  const isAlone = machines.length <= 1;
  if (!isAlone && machines.some(({ restoreByDefault }) => restoreByDefault)) {
    reporter.warn(msg`The stick has backups of several machines: its menu waits for a choice, -H or not.`);
  }
  host.sync();
}

/** Does the work, and makes the stick bootable: with what was there before when the work fails. */
async function worked<T>(host: Host, stick: Stick, reporter: Reporter, work: (directory: string) => Promise<T>) {
  let result: T;
  try {
    result = await work(STICK_PLACE);
  } catch (error) {
    await makeBootable(host, stick, reporter).catch((other: unknown) => {
      reporter.warn(msg`The boot menu of ${stick.disk} was not renewed: ${messageOf(other)}`);
    });
    throw error;
  }
  await makeBootable(host, stick, reporter);
  return result;
}

/** What keeps the sets: as the stick has it, or as it is wished for. Throws before anything is written. */
async function filesystemFor(
  host: Host,
  { disk, filesystem: found }: ChosenStick,
  { filesystem: wished }: StickWish,
): Promise<StickFilesystem> {
  const filesystem = found ?? stickFilesystems.find(({ type }) => type === wished) ?? stickFilesystems[0];
  if (found && wished !== undefined && found.type !== wished) {
    throw new MondoError("refused", msg`${disk.path} is a stick with ${found.type} already, not ${wished}`, {
      hint: msg`Leave --usb-fs out: the backup is added to those on it.`,
    });
  }
  if (!found) requireTools(host, filesystem);
  await requireKernelFor(host, filesystem);
  return filesystem;
}

/** As `withStick`, while no other run has one. */
function withFreeStick<T>(
  host: Host,
  wish: StickWish,
  reporter: Reporter,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  return withDisk(host, wish, async (name, isFile) => {
    const facts = await readDevices(host, { loops: true });
    const chosen = chooseStick(host, facts, { name, isFile, ownPlace: STICK_PLACE });
    const { disk } = chosen;
    const filesystem = await filesystemFor(host, chosen, wish);
    const part = (number: number) => partitionPath(disk.path, number);
    const stick: Stick = {
      ...{ disk: disk.path, sectorBytes: disk.logicalSectorBytes, sizeBytes: disk.sizeBytes },
      ...{ data: part(STICK_PARTS.data), esp: part(STICK_PARTS.esp), filesystem },
    };
    if (chosen.filesystem) await awaitParts(host, stick);
    else await format(host, stick, Math.min(disk.sizeBytes, wish.sizeBytes ?? disk.sizeBytes), reporter);
    mountData(host, stick);
    try {
      return await worked(host, stick, reporter, work);
    } finally {
      unmountData(host);
    }
  });
}

/**
 * Lets `work` write sets into a directory, the file system of a stick; then the stick boots whatever is on it. A disk
 * that is none of ours becomes one first. Throws `refused` for a disk that is in use, holds something, or can't be
 * removed, unless it was named by its serial number.
 */
export async function withStick<T>(
  host: Host,
  wish: StickWish,
  reporter: Reporter,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const unlock = takeLock(host, STICK_LOCK, processId(), reporter);
  try {
    // What a run that was killed left mounted.
    unmountData(host);
    return await withFreeStick(host, wish, reporter, work);
  } finally {
    unlock();
  }
}
