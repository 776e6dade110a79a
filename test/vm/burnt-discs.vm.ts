import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { changeDisc } from "../support/change-disc.ts";
import { fingerprint } from "../support/fingerprint.ts";
import { typeAt } from "../support/guest-login.ts";
import type { Backup } from "../support/lab.ts";
import { Machine } from "../support/qemu.ts";
import { bootRescue, bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { blankDisc, EmulatedDrive } from "../support/tgt.ts";
import { machineNamed } from "./machines.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const GIB = 2 ** 30;
const MINUTES_MS = 60_000;
/** So that there are four. */
const SIZES = "-s 160m,25m,25m,2000m";

/** Images are made on a disk that is left out. */
const PREPARE = `set -eo pipefail
mkdir -p /run/tools /target
mount -t iso9660 -o ro /dev/disk/by-label/TOOLS /run/tools
disk=/dev/$(lsblk -dnro NAME,SERIAL | awk '$2 == "SCRATCH" { print $1 }')
mkfs.ext4 -q -F $disk
mount $disk /target
mkdir /target/images
modprobe sg
burner=$(grep -l IET /sys/class/block/sr*/device/vendor | cut -d/ -f5)
echo "/run/tools/mondoarchive -O -r -d /dev/$burner -p vm -1 -S /target/images ${SIZES} -E '/target $disk'" > /run/backup
cat /run/backup`;

/** Backs the machine up onto four discs, as a person at its console does. */
async function burn(context: ScenarioContext, discs: readonly string[]): Promise<Backup> {
  const { lab, directory, say } = context;
  const machine = machineNamed("bios-gpt-ext4");
  const place = join(directory, "source");
  mkdirSync(place);
  const file = blankDisk(join(directory, "scratch.raw"), 2 * GIB);
  const [first = "", ...further] = discs;
  const drive = await EmulatedDrive.start("cd", first);
  const vm = await Machine.start({
    ...{ directory: place, firmware: machine.firmware, memoryMiB: 1536, cpus: 2, iscsi: [drive.url] },
    disks: [...(await lab.sourceDisks(machine, place)), { file, format: "raw", bus: "virtio", serial: "SCRATCH" }],
    cdrom: { file: await lab.tools() },
  });
  const failed = /\nmondo(?:archive)?: |command not found|\nbackup ended/;
  try {
    await vm.booted();
    const before = await fingerprint(vm);
    say((await vm.run(PREPARE, 2 * MINUTES_MS)).output.trim());
    await typeAt(vm, "sh /run/backup; echo backup ended with $?");
    await vm.expect(/Writing medium 1 of 4 [^\n]* to \/dev\/sr/, 25 * MINUTES_MS, failed);
    for (const [index, disc] of further.entries()) {
      await vm.expect(
        new RegExp(`Put a blank disc into .* for medium ${index + 2} of 4.*Is it in`),
        10 * MINUTES_MS,
        failed,
      );
      say(`disc ${index + 2} is asked for`);
      await drive.insert(disc);
      vm.serial.send("\r");
    }
    await vm.expect(/medium 4 of 4 [^\n]*without a difference/, 10 * MINUTES_MS, failed);
    await vm.expect(/backup ended with 0/, MINUTES_MS);
    await vm.powerOff();
    return { machine, iso: first, fingerprint: before, variables: undefined, further };
  } finally {
    await vm.kill();
    await drive.stop();
  }
}

/** What was burnt, in a drive that only reads: the rescue starts from the first disc and asks for the others. */
async function fourDiscs(context: ScenarioContext): Promise<void> {
  const { directory, say } = context;
  const discs = await Promise.all([1, 2, 3, 4].map((number) => blankDisc(directory, `disc${number}.iso`)));
  const backup = await burn(context, discs);
  const disk = emptyDisk(backup, directory);
  const rescue = { directory: join(directory, "rescue"), disks: [disk], choose: "nuke", cpus: 2 } as const;
  const vm = await bootRescue(backup, rescue);
  const failed = /\n! The restore: .*\n/;
  try {
    for (const [index, disc] of discs.slice(1).entries()) {
      await vm.expect(new RegExp(`Needed: medium ${index + 2} of 4 of the backup of`), 10 * MINUTES_MS, failed);
      await changeDisc(vm, disc);
      say(`disc ${index + 2} is in the drive`);
    }
    await restored(vm);
  } finally {
    await vm.kill();
  }
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "burnt-discs",
    says: "four DVDs written in an emulated drive, which the rescue asks for one by one, and the machine is the same",
    ci: false,
    run: fourDiscs,
  },
];
