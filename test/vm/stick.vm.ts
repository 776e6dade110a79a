import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { fingerprint } from "../support/fingerprint.ts";
import type { Backup } from "../support/lab.ts";
import { type DiskDevice, Machine } from "../support/qemu.ts";
import { bootsAsBefore, chooseEntry, emptyDisk, restored } from "../support/rescue.ts";
import { run } from "../support/shell.ts";
import { machineNamed } from "./machines.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const GIB = 2 ** 30;
const MINUTES_MS = 60_000;
const SAVED = machineNamed("bios-gpt-ext4");

/** A rescue system alone, a set of another machine, then those of this one; its own disk is refused as a stick. */
const backups = (options: string, own: number) => `set -eo pipefail
mkdir -p /run/tools /run/other/etc
mount -t iso9660 -o ro /dev/sr0 /run/tools
echo other > /run/other/etc/hostname
stick=/dev/$(lsblk -dno NAME,TRAN | awk '$2 == "usb" { print $1 }')
cd /
export PATH=$PATH:/run/tools
/run/tools/mondo image --usb $stick ${options} 2>&1 | tee /dev/ttyS0
/run/tools/mondo archive --usb $stick --root /run/other -1 2>&1 | tee /dev/ttyS0
for n in $(seq ${own}); do /run/tools/mondoarchive -OU -d $stick -p vm -1 --keep 2 2>&1 | tee /dev/ttyS0; done
mount -o ro \${stick}3 /mnt
find /mnt -maxdepth 3 -mindepth 3 | sort
umount /mnt
if /run/tools/mondoarchive -OU -d /dev/vda -p vm; then exit 9; fi
sync`;

/** The disc with our program, and the tool that makes exFAT, which guests lack. */
async function discWithExfat({ lab, directory }: ScenarioContext): Promise<string> {
  const disc = join(directory, "tools.iso");
  const map = ["-map", "/usr/sbin/mkfs.exfat", "/mkfs.exfat"];
  await run(["xorriso", "-indev", await lab.tools(), "-outdev", disc, ...map, "-commit"]);
  return disc;
}

/** What a stick is to have. */
interface Wanted {
  readonly filesystem: "ext4" | "exfat";
  /** Backups of the machine, beside one of another. */
  readonly own: number;
}

/** Backs up the machine, and another one, onto one blank stick; `look` sees it before. */
async function makeStick<T>(
  context: ScenarioContext,
  stick: DiskDevice,
  { filesystem, own }: Wanted,
  look: (vm: Machine) => Promise<T>,
): Promise<T> {
  const { lab, directory, say } = context;
  const place = join(directory, "source");
  mkdirSync(place);
  const isExfat = filesystem === "exfat";
  const disc = isExfat ? await discWithExfat(context) : await lab.tools();
  const vm = await Machine.start({
    ...{ directory: place, firmware: SAVED.firmware, memoryMiB: 1536, cpus: 2 },
    ...{ disks: [...(await lab.sourceDisks(SAVED, place)), stick], cdrom: { file: disc } },
  });
  try {
    await vm.booted();
    const seen = await look(vm);
    const { output } = await vm.run(backups(isExfat ? "--usb-fs exfat" : "", own), 25 * MINUTES_MS);
    say("the stick has its sets");
    const sets = output.split("\n").filter((line) => /^\/mnt\/.*\/\d{4}-/.test(line));
    const names = sets.map((path) => path.split("/").slice(2, 4).join("/"));
    const wanted = [...Array.from({ length: own }, () => "bios-gpt-ext4/vm"), "other/mondorescue"];
    if (names.join() !== wanted.join()) throw new Error(`it has ${sets}`);
    await vm.powerOff();
    return seen;
  } finally {
    await vm.kill();
  }
}

/** The menu has a line for each machine; Enter opens that of the newest set. */
async function openMachine(vm: Machine): Promise<void> {
  await vm.expect(/other, 20/, 3 * MINUTES_MS);
  await Bun.sleep(500);
  vm.serial.send("\r");
}

/** The entry below those of the machines. */
async function openRescue(vm: Machine): Promise<void> {
  await vm.expect(/Rescue system of bios-gpt-ext4/, 3 * MINUTES_MS);
  await Bun.sleep(500);
  for (const key of ["\x1b[B", "\x1b[B", "\r"]) vm.serial.send(key);
}

/** By UEFI: a person who has come to the rescue system chooses the other machine's set, the last of so many. */
async function chooses(
  context: ScenarioContext,
  disks: readonly DiskDevice[],
  number: number,
  open: (vm: Machine) => Promise<void>,
): Promise<void> {
  const vm = await Machine.start({
    ...{ directory: join(context.directory, "uefi"), firmware: "uefi", cpus: 2 },
    disks: disks.map((disk, at) => (at === 0 ? { ...disk, bootIndex: 0 } : disk)),
  });
  try {
    await open(vm);
    const own = "bios-gpt-ext4, [\\s\\S]*".repeat(number - 1);
    await vm.expect(new RegExp(`Which backup\\?[\\s\\S]*${own}other, `), 5 * MINUTES_MS);
    await Bun.sleep(1000);
    vm.serial.send(`${number}\r`);
    await vm.expect(/Backup of other /, MINUTES_MS);
  } finally {
    await vm.kill();
  }
}

function blankStick(directory: string): DiskDevice {
  const file = blankDisk(join(directory, "stick.raw"), 4 * GIB);
  return { file, format: "raw", bus: "usb", serial: "STICK1" };
}

/**
 * A stick that `-U` made keeps two dated sets of a machine and one of another, starts by BIOS and by UEFI, lets a
 * person choose a set, and restores the newest; the disk of the running system is refused as a stick.
 */
async function stickOfTwo(context: ScenarioContext): Promise<void> {
  const { directory, say } = context;
  const stick = blankStick(directory);
  const before = await makeStick(context, stick, { filesystem: "ext4", own: 2 }, fingerprint);
  const backup: Backup = { machine: SAVED, iso: "", fingerprint: before, variables: undefined, further: [] };
  const disk = emptyDisk(backup, directory);
  await chooses(context, [stick, disk], 3, async (vm) => {
    await openMachine(vm);
    await chooseEntry(vm, "uefi", "interactive");
  });
  say("by UEFI a set was chosen");
  const sum = await run(["sha256sum", stick.file]);
  const vm = await Machine.start({
    ...{ directory: join(directory, "rescue"), firmware: "bios", cpus: 2 },
    disks: [{ ...stick, bootIndex: 0 }, disk],
  });
  try {
    await openMachine(vm);
    await chooseEntry(vm, "uefi", "nuke");
    await restored(vm);
  } finally {
    await vm.kill();
  }
  if ((await run(["sha256sum", stick.file])) !== sum) throw new Error("the restore has written to the stick");
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

/** A stick with exFAT keeps sets of two machines; by UEFI its rescue system, which belongs to none, finds them. */
async function stickWithExfat(context: ScenarioContext): Promise<void> {
  const stick = blankStick(context.directory);
  await makeStick(context, stick, { filesystem: "exfat", own: 1 }, async () => {});
  await chooses(context, [stick], 2, openRescue);
}

export const scenarios: readonly Scenario[] = [
  {
    name: "stick",
    says: "a stick with sets of two machines starts by BIOS and UEFI, lets a person choose, and restores",
    ci: false,
    run: stickOfTwo,
  },
  {
    name: "stick-exfat",
    says: "a stick with exFAT keeps sets of two machines, and by UEFI its rescue system finds them",
    ci: false,
    unproven: "where the kernel knows exFAT, contract/stick makes and reads backups in it",
    run: stickWithExfat,
  },
];
