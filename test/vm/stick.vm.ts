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

/** A set of another machine, then two of this one; its own disk is refused as a stick. */
const BACKUPS = `set -eo pipefail
mkdir -p /run/tools /run/other/etc
mount -t iso9660 -o ro /dev/sr0 /run/tools
echo other > /run/other/etc/hostname
stick=/dev/$(lsblk -dno NAME,TRAN | awk '$2 == "usb" { print $1 }')
cd /
/run/tools/mondo archive --usb $stick --root /run/other -1 2>&1 | tee /dev/ttyS0
for n in 1 2; do /run/tools/mondoarchive -OU -d $stick -p vm -1 --keep 2 2>&1 | tee /dev/ttyS0; done
mount -o ro \${stick}3 /mnt
find /mnt -maxdepth 3 -mindepth 3 | sort
umount /mnt
if /run/tools/mondoarchive -OU -d /dev/vda -p vm; then exit 9; fi
sync`;

/** Backs up the machine three times onto one blank stick. */
async function makeStick(context: ScenarioContext, stick: DiskDevice): Promise<Backup> {
  const { lab, directory, say } = context;
  const machine = machineNamed("bios-gpt-ext4");
  const place = join(directory, "source");
  mkdirSync(place);
  const vm = await Machine.start({
    ...{ directory: place, firmware: machine.firmware, memoryMiB: 1536, cpus: 2 },
    ...{ disks: [...(await lab.sourceDisks(machine, place)), stick], cdrom: { file: await lab.tools() } },
  });
  try {
    await vm.booted();
    const before = await fingerprint(vm);
    const { output } = await vm.run(BACKUPS, 25 * MINUTES_MS);
    say("the stick has its sets");
    const sets = output.split("\n").filter((line) => /^\/mnt\/.*\/\d{4}-/.test(line));
    const names = sets.map((path) => path.split("/").slice(2, 4).join("/"));
    if (names.join() !== "bios-gpt-ext4/vm,bios-gpt-ext4/vm,other/mondorescue") throw new Error(`it has ${sets}`);
    await vm.powerOff();
    return { machine, iso: "", fingerprint: before, variables: undefined, further: [] };
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

/** By UEFI: a person chooses among the sets of all machines. */
async function chooses(context: ScenarioContext, stick: DiskDevice, disk: DiskDevice): Promise<void> {
  const vm = await Machine.start({
    ...{ directory: join(context.directory, "uefi"), firmware: "uefi", cpus: 2 },
    disks: [{ ...stick, bootIndex: 0 }, disk],
  });
  try {
    await openMachine(vm);
    await chooseEntry(vm, "uefi", "interactive");
    await vm.expect(/Which backup\?[\s\S]*bios-gpt-ext4, [\s\S]*bios-gpt-ext4, [\s\S]*other, /, 5 * MINUTES_MS);
    await Bun.sleep(1000);
    vm.serial.send("3\r");
    await vm.expect(/Backup of other /, MINUTES_MS);
  } finally {
    await vm.kill();
  }
}

/**
 * A stick that `-U` made keeps two dated sets of a machine and one of another, starts by BIOS and by UEFI, lets a
 * person choose a set, and restores the newest; the disk of the running system is refused as a stick.
 */
async function stickOfTwo(context: ScenarioContext): Promise<void> {
  const { directory, say } = context;
  const file = blankDisk(join(directory, "stick.raw"), 4 * GIB);
  const stick: DiskDevice = { file, format: "raw", bus: "usb", serial: "STICK1" };
  const backup = await makeStick(context, stick);
  const disk = emptyDisk(backup, directory);
  await chooses(context, stick, disk);
  say("by UEFI a set was chosen");
  const before = await run(["sha256sum", file]);
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
  if ((await run(["sha256sum", file])) !== before) throw new Error("the restore has written to the stick");
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "stick",
    says: "a stick with sets of two machines starts by BIOS and UEFI, lets a person choose, and restores",
    ci: false,
    run: stickOfTwo,
  },
];
