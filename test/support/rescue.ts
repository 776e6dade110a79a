import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { hotkeyOf } from "../../src/drivers/media/boot-menu.ts";
import type { GuestDisk } from "../vm/guest-machine.ts";
import { architectureOf } from "./base-system.ts";
import { blankDisk } from "./blank-disk.ts";
import { differences, fingerprint } from "./fingerprint.ts";
import { type Backup, bootProgram } from "./lab.ts";
import { type DiskDevice, Machine, type MachineOptions } from "./qemu.ts";
import { unlock } from "./unlock.ts";

const MIB = 1024 * 1024;

/** What a replacement disk has otherwise than the old one. */
export type DiskDifference = Partial<Pick<GuestDisk, "bus" | "serial" | "sizeMiB" | "sectorBytes">>;

function emptyOne(disk: GuestDisk, directory: string, differ: DiskDifference): DiskDevice {
  const { bus, serial, sizeMiB, sectorBytes } = { ...disk, ...differ };
  const file = blankDisk(join(directory, `disk-${serial}.raw`), sizeMiB * MIB);
  return { file, format: "raw", bus, serial, ...(sectorBytes === undefined ? {} : { sectorBytes }) };
}

/** All disks as the machine had them, in its order, empty; `differ` says for each by index what is not as it was. */
export function emptyDisks(
  backup: Backup,
  directory: string,
  differ: readonly DiskDifference[] = [],
): readonly [DiskDevice, ...DiskDevice[]] {
  const [first, ...others] = backup.machine.disks.map((disk, at) => emptyOne(disk, directory, differ[at] ?? {}));
  if (first === undefined) throw new Error(`${backup.machine.name} has no disk`);
  return [first, ...others];
}

/** The same of a machine's only (or first) disk. */
export function emptyDisk(backup: Backup, directory: string, differ: DiskDifference = {}): DiskDevice {
  return emptyDisks(backup, directory, [differ])[0];
}

/** True while nothing was ever written to a raw sparse file. */
export function isUntouched(file: string): boolean {
  return statSync(file).blocks === 0;
}

export interface RescueOptions extends Partial<Omit<MachineOptions, "directory" | "disks">> {
  readonly directory: string;
  readonly disks: readonly DiskDevice[];
  /** The label of the boot menu to choose; absent: no key is touched. */
  readonly choose?: "interactive" | "nuke" | "compare" | "expert" | undefined;
  /** Instead of a CD, a USB stick that the ISO was copied to. */
  readonly stick?: boolean;
}

/** Boots the rescue medium on a machine and chooses an entry of its boot menu over the serial port. */
export async function bootRescue(backup: Backup, options: RescueOptions): Promise<Machine> {
  const { choose, stick, disks, ...rest } = options;
  const firmware = options.firmware ?? backup.machine.firmware;
  const iso = options.cdrom?.file ?? backup.iso;
  const media: Pick<MachineOptions, "disks" | "cdrom"> = stick
    ? { disks: [...disks, await stickOf(iso, options.directory)] }
    : { disks, cdrom: { file: iso, bootIndex: 0, ...options.cdrom } };
  const vm = await Machine.start({ ...rest, ...media, firmware, architecture: architectureOf(backup.machine) });
  try {
    if (choose !== undefined) await chooseEntry(vm, firmware, choose);
    return vm;
  } catch (error) {
    await vm.kill();
    throw error;
  }
}

async function stickOf(iso: string, directory: string): Promise<DiskDevice> {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "stick.raw");
  copyFileSync(iso, file);
  return { file, format: "raw", bus: "usb", serial: "MONDO-STICK", bootIndex: 0 };
}

/** isolinux: the hot key moves the bar, Enter starts. GRUB: the hot key starts. */
export async function chooseEntry(vm: Machine, firmware: "bios" | "uefi", entry: string): Promise<void> {
  await vm.expect(/Expert: a shell/, 120_000);
  await Bun.sleep(500);
  vm.serial.send(firmware === "uefi" ? hotkeyOf(entry) : entry.slice(0, 1));
  if (firmware === "uefi") return;
  await Bun.sleep(700);
  vm.serial.send("\r");
}

/** By BIOS: adds words to the line of an entry, as a person does (Tab opens it), and starts it. */
export async function startWith(vm: Machine, words: string, entry = "interactive"): Promise<void> {
  await vm.expect(/Expert: a shell/, 120_000);
  await Bun.sleep(500);
  vm.serial.send(entry.slice(0, 1));
  await Bun.sleep(700);
  vm.serial.send("\t");
  await Bun.sleep(700);
  for (const letter of ` ${words}`) {
    vm.serial.send(letter);
    await Bun.sleep(30);
  }
  vm.serial.send("\r");
}

/** What ends a wait for a restore early: the rescue explains a failure, asks a question, or gives up. */
const trouble =
  /\n! The restore: .*\n|What shall be done\?|, except for \d+ problems? listed above|Kernel panic - not syncing/;

/** Waits through countdown and restore until the rescue restarts the machine. */
export async function restored(vm: Machine, timeoutMs = 900_000): Promise<void> {
  await vm.expect(/is restored in [^\n]*checked/, timeoutMs, trouble);
  const end = await vm.ended(120_000);
  if (end !== "reboot") throw await vm.failure("the rescue switched the machine off instead of restarting it");
}

/** Waits for the rescue's explanation of why it does not restore, and returns it. */
export async function refused(vm: Machine, timeoutMs = 300_000): Promise<string> {
  const match = await vm.expect(/\n! The restore: ((?:.+\n)+)\n/, timeoutMs);
  return match[1] ?? "";
}

/**
 * Boots the restored machine after the death of a disk, up to its login; throws when no array says that it lacks a
 * member.
 */
export async function bootsWithout(
  backup: Backup,
  disks: readonly DiskDevice[],
  dead: number,
  options: { directory: string; variables?: string | undefined },
): Promise<void> {
  const { firmware } = backup.machine;
  const architecture = architectureOf(backup.machine);
  const left = disks.filter((_, index) => index !== dead);
  const byEntry = options.variables !== undefined;
  const vm = await Machine.start({
    directory: options.directory,
    firmware,
    architecture,
    cpus: 2,
    disks: left.map((disk, index) => (index === 0 && !byEntry ? { ...disk, bootIndex: 0 } : disk)),
    ...(options.variables === undefined ? {} : { variables: options.variables }),
  });
  try {
    await vm.expect(/login:/, 600_000);
    await vm.booted();
    // Debian starts an incomplete array by itself when the root lies on it, of others only those that its initramfs has
    // not begun with.
    const started = "for array in /dev/md[0-9]*; do mdadm --run $array >/dev/null 2>&1 || true; done; mount -a";
    const { output } = await vm.run(`${started} && cat /proc/mdstat; findmnt -no SOURCE,FSTYPE,OPTIONS /`);
    if (!/\[[U_]*_[U_]*\]/.test(output)) throw new Error(`no array is degraded:\n${output}`);
    await vm.powerOff();
  } finally {
    await vm.kill();
  }
}

/**
 * Waits for the agent of a restored machine; throws when it differs from its source, but for lines that `differs`
 * names.
 */
export async function isAsBefore(vm: Machine, backup: Backup, differs?: RegExp): Promise<void> {
  await vm.booted();
  const all = differences(backup.fingerprint, await fingerprint(vm));
  const found = all.filter((line) => !differs?.test(line));
  const failed = (await vm.run("systemctl --failed --plain --no-legend")).output.trim();
  if (failed !== "") throw new Error(`units failed in the restored machine:\n${failed}`);
  if (found.length === 0) return;
  throw new Error(
    `the restored machine differs from its source in ${found.length} lines:\n${found.slice(0, 60).join("\n")}`,
  );
}

/**
 * Boots the restored machine without any medium, up to its agent and login, and throws when it differs from its source.
 */
export async function bootsAsBefore(
  backup: Backup,
  disks: readonly DiskDevice[],
  options: {
    directory: string;
    variables?: string | undefined;
    differs?: RegExp | undefined;
    /** What is typed when the initramfs asks; as before when absent. */
    passPhrase?: string | undefined;
    /** Looks further before the machine is switched off. */
    also?: (vm: Machine) => Promise<void>;
  },
): Promise<void> {
  const { firmware } = backup.machine;
  const architecture = architectureOf(backup.machine);
  // With a boot index QEMU would put its own order before that of the NVRAM.
  const byEntry = options.variables !== undefined;
  const vm = await Machine.start({
    directory: options.directory,
    firmware,
    architecture,
    cpus: 2,
    disks: disks.map((disk, index) => (index === 0 && !byEntry ? { ...disk, bootIndex: 0 } : disk)),
    ...(options.variables === undefined ? {} : { variables: options.variables }),
  });
  try {
    await unlock(vm, options.passPhrase ?? backup.machine.passPhrase);
    await vm.expect(/login:/, 600_000);
    await vm.booted();
    if (byEntry) {
      const { output } = await vm.run("efibootmgr");
      const current = /^BootCurrent: (\w+)$/m.exec(output)?.[1];
      const { label } = bootProgram(backup.machine);
      if (!new RegExp(`^Boot${current}\\* ${label}\\b`, "m").test(output)) {
        throw new Error(`the restored machine did not start by its NVRAM entry:\n${output}`);
      }
    }
    await isAsBefore(vm, backup, options.differs);
    await options.also?.(vm);
    await vm.powerOff();
  } finally {
    await vm.kill();
  }
}
