/** A machine that lost a file and its boot loader is repaired in the rescue, and nothing else of it is touched. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { guestDiskFile } from "../support/guest-disk.ts";
import type { Backup } from "../support/lab.ts";
import { type DiskDevice, Machine } from "../support/qemu.ts";
import { bootRescue, startWith } from "../support/rescue.ts";
import { bash, run } from "../support/shell.ts";
import { answer } from "./modes.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const MIB = 1024 * 1024;
const SECTOR = 512;
/** Where its root begins: see machines.ts. */
const ROOT_OFFSET = 268_288 * SECTOR;
/** The end of a question with a default: under load the emulated serial line doubles a letter now and then. */
const MENU = /What shall be done\?[\s\S]*\]: /;
const FILES = /Files \(\? for help\): /;
const PROMPT = /rescue:[^\n]*# /;
const TROUBLE = /\n! The restore: .*\n/;

/** The machine's own disk, without its fstab and without anything that starts it. */
async function damagedDisk({ lab, directory }: ScenarioContext, backup: Backup): Promise<DiskDevice> {
  const file = join(directory, "damaged.raw");
  copyFileSync(join(await lab.source(backup.machine), guestDiskFile(0)), file);
  await run(["debugfs", "-w", "-R", "rm /etc/fstab", `${file}?offset=${ROOT_OFFSET}`]);
  // Boot code, and the BIOS boot partition.
  await bash(`dd if=/dev/zero of=${file} bs=440 count=1 conv=notrunc status=none
dd if=/dev/zero of=${file} bs=${SECTOR} seek=2048 count=2048 conv=notrunc status=none`);
  return { file, format: "raw", bus: "virtio", serial: "MONDO-GPT-1" };
}

/** Runs a line in the menu's shell, from the menu to the menu. */
async function inShell(vm: Machine, line: string, says: RegExp): Promise<void> {
  await answer(vm, MENU, "shell");
  await vm.expect(PROMPT, 60_000);
  vm.serial.send(`${line}\r`);
  await vm.expect(says, 60_000);
  await vm.expect(PROMPT, 60_000);
  vm.serial.send("exit\r");
}

/** What makes of the answers that the rescue has noted some for nobody, on a stick. */
const NOTE = [
  "mkdir -p /tmp/keys; mount /dev/disk/by-label/KEYS /tmp/keys",
  `sed '1s/{/{ "unattended": true, "end": "poweroff",/' /run/mondo/answers.json > /tmp/keys/files.json`,
  "umount /tmp/keys && echo D''ONE",
].join("; ");

/** The file is looked for in the tree and goes back to its place; what was answered is noted for the next time. */
async function restoreFile(vm: Machine): Promise<void> {
  await answer(vm, MENU, "files");
  // A part of a name finds more than is meant; the path is marked then.
  await answer(vm, FILES, "/fstab");
  await answer(vm, /\n *\/etc\/fstab [\s\S]*\n\*fstab\*:[\s\S]*\]: /, "back");
  await answer(vm, FILES, "//etc/fstab");
  await answer(vm, /\n\/etc\/fstab:[\s\S]*Mark all of these \(1 entry, [\s\S]*\]: /, "mark");
  await answer(vm, FILES, "go");
  await answer(vm, /Where shall they go\?[\s\S]*\]: /, "disks");
  await answer(vm, /files that exist already\?[\s\S]*\]: /, "never");
  await answer(vm, /Restore these files now\?[\s\S]*Back to the tree\r?\n[^\n]*: /, "go");
  await vm.expect(/1 entries, [^\n]* are restored\r?\n/, 180_000, TROUBLE);
  await inShell(vm, NOTE, /\nDONE/);
}

/** The system is mounted for a shell, where somebody makes one mistake more. */
async function mountAndBreak(vm: Machine): Promise<void> {
  await answer(vm, MENU, "part");
  await answer(vm, /Which part\?[\s\S]*\]: /, "mount");
  await vm.expect(/The system is mounted below \/mnt\/restore, writable/, 120_000, TROUBLE);
  const line =
    "chroot /mnt/restore sh -c 'findmnt -rno TARGET /boot; grep -c /boot /etc/fstab; rm /etc/fstab'; umount -R /mnt/restore && echo D''ONE";
  await inShell(vm, line, /\n\/boot\r?\n[1-9]\d*\r?\nDONE/);
}

async function installLoader(vm: Machine): Promise<void> {
  await answer(vm, MENU, "part");
  await answer(vm, /Which part\?[\s\S]*\]: /, "loader");
  await answer(vm, /Do this now\? Nothing else is written\.[^\n]*: ?/, "yes");
  await vm.expect(/The boot loader is installed and was checked/, 300_000, TROUBLE);
}

/** A stick that answers are noted on. */
async function emptyStick(directory: string): Promise<DiskDevice> {
  const file = blankDisk(join(directory, "keys.raw"), 16 * MIB);
  await run(["mke2fs", "-q", "-t", "ext4", "-L", "KEYS", file]);
  return { file, format: "raw", bus: "usb", serial: "KEYS" };
}

/** Starts the machine from its own disk, and looks whether it mounts what the file says. */
async function startsAsItWas(disk: DiskDevice, directory: string): Promise<void> {
  const vm = await Machine.start({ directory, firmware: "bios", cpus: 2, disks: [{ ...disk, bootIndex: 0 }] });
  try {
    await vm.booted();
    const { output } = await vm.run("findmnt -rno TARGET,FSTYPE /boot; swapon --show=TYPE --noheadings");
    if (!/^\/boot ext[24]$/m.test(output) || !/^partition$/m.test(output)) throw new Error(`it mounts\n${output}`);
    const failed = (await vm.run("systemctl --failed --plain --no-legend")).output.trim();
    if (failed !== "") throw new Error(`units failed:\n${failed}`);
    await vm.powerOff();
  } finally {
    await vm.kill();
  }
}

async function rescueModes(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const disk = await damagedDisk(context, backup);
  const place = (name: string) => join(directory, name);
  const disks = [disk, await emptyStick(directory)];
  const first = await bootRescue(backup, { directory: place("first"), disks, choose: "interactive", cpus: 2 });
  try {
    await restoreFile(first);
    say("the lost file is back");
    await mountAndBreak(first);
    say("the system was mounted, and the file is lost again");
    await installLoader(first);
    say("the boot loader is installed");
    await answer(first, MENU, "reboot");
    await first.ended(120_000);
  } finally {
    await first.kill();
  }
  // What a person answered once is done by nobody now.
  const second = await bootRescue(backup, { directory: place("second"), disks, cpus: 2 });
  try {
    await startWith(second, "files mondo.answers=LABEL=KEYS:/files.json");
    await second.expect(/1 entries, [^\n]* are restored\r?\n/, 300_000, /\n! The restore: .*\n|What shall be done\?/);
    if ((await second.ended(120_000)) !== "off") throw new Error("the rescue restarted the machine");
  } finally {
    await second.kill();
  }
  say("answers on a stick have brought it back");
  await startsAsItWas(disk, place("result"));
}

export const scenarios: readonly Scenario[] = [
  {
    name: "rescue-modes",
    says: "a lost file, by the tree and by answers, the mounted system, and the boot loader alone: nothing else changes",
    ci: false,
    run: rescueModes,
  },
];
