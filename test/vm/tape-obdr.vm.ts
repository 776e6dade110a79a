import { mkdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { fingerprint } from "../support/fingerprint.ts";
import { typeAt } from "../support/guest-login.ts";
import type { Backup } from "../support/lab.ts";
import { Machine } from "../support/qemu.ts";
import { bootRescue, bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { blankTape, EmulatedDrive } from "../support/tgt.ts";
import { machineNamed } from "./machines.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const MIB = 1 << 20;
const MINUTES_MS = 60_000;
/** Of a tape: the image that boots, and a part of the files. */
const TAPE_MIB = 220;

const PREPARE = `set -eo pipefail
mkdir -p /run/tools
mount -t iso9660 -o ro /dev/disk/by-label/TOOLS /run/tools
modprobe st
echo "/run/tools/mondoarchive -O -t -d /dev/nst0 --obdr --overwrite -p vm -1" > /run/backup`;

/** Zeros, a file mark, then the image that boots, which a drive that plays a CD drive shows. Prints its length. */
const TAKE_IMAGE = `set -eo pipefail
disk=/dev/$(lsblk -dnro NAME,SERIAL | awk '$2 == "SCRATCH" { print $1 }')
dd if=/dev/nst0 of=/dev/null bs=512 status=none
dd if=/dev/nst0 of=$disk bs=2048 2>&1 | awk '/bytes/ { print $1 }'
sync`;

/** Backs the machine up onto two tapes, the first of which boots in drives that play a CD drive. */
async function save(
  { lab, directory, say }: ScenarioContext,
  drive: EmulatedDrive,
  [first, second]: readonly [string, string],
): Promise<Backup> {
  const machine = machineNamed("bios-gpt-ext4");
  const place = join(directory, "source");
  mkdirSync(place);
  const file = blankDisk(join(directory, "boot.iso"), 512 * MIB);
  const vm = await Machine.start({
    ...{ directory: place, firmware: machine.firmware, memoryMiB: 1536, cpus: 2, iscsi: [drive.url] },
    disks: [...(await lab.sourceDisks(machine, place)), { file, format: "raw", bus: "virtio", serial: "SCRATCH" }],
    cdrom: { file: await lab.tools() },
  });
  const failed = /\nmondo(?:archive)?: |command not found|backup ended with [1-9]/;
  try {
    await vm.booted();
    const before = await fingerprint(vm);
    await vm.run(PREPARE, 2 * MINUTES_MS);
    await typeAt(vm, "sh /run/backup; echo backup ended with $?");
    await vm.expect(/Insert tape 2/, 30 * MINUTES_MS, failed);
    say("tape 2 is asked for");
    await drive.insert(second);
    await vm.expect(/backup ended with 0/, 20 * MINUTES_MS, failed);
    await drive.insert(first);
    const { output } = await vm.run(TAKE_IMAGE, 5 * MINUTES_MS);
    say(`the tape boots from ${output.trim()} bytes`);
    await vm.powerOff();
    truncateSync(file, Number(output.trim()));
    return { machine, iso: file, fingerprint: before, variables: undefined };
  } finally {
    await vm.kill();
  }
}

/** The last tape is in the drive when the rescue starts; it asks for the first when its turn comes, and goes back. */
async function twoTapes(context: ScenarioContext): Promise<void> {
  const { directory, say } = context;
  const tapes = [
    await blankTape(directory, "TAPE1", TAPE_MIB),
    await blankTape(directory, "TAPE2", 4 * TAPE_MIB),
  ] as const;
  const drive = await EmulatedDrive.start("tape", tapes[0]);
  try {
    const backup = await save(context, drive, tapes);
    await drive.insert(tapes[1]);
    const disk = emptyDisk(backup, directory);
    const rescue = { directory: join(directory, "rescue"), disks: [disk], choose: "nuke", cpus: 2 } as const;
    const vm = await bootRescue(backup, { ...rescue, iscsi: [drive.url], memoryMiB: 1536 });
    const failed = /\n! The restore: .*\n/;
    try {
      await vm.expect(/Insert tape 1 of the backup of/, 10 * MINUTES_MS, failed);
      await drive.insert(tapes[0]);
      say("tape 1 is in the drive");
      await vm.expect(/Insert tape 2 of the backup of/, 15 * MINUTES_MS, failed);
      await drive.insert(tapes[1]);
      say("tape 2 is in the drive");
      await restored(vm);
    } finally {
      await vm.kill();
    }
    await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
  } finally {
    await drive.stop();
  }
}

export const scenarios: readonly Scenario[] = [
  {
    name: "tape-obdr",
    says: "two tapes, the first of which boots: the rescue asks for each, and the machine is the same",
    ci: false,
    run: twoTapes,
  },
];
