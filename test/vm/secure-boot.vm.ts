/** Firmware that starts nothing but what is signed, by Microsoft and by Debian. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { type DiskDevice, Machine } from "../support/qemu.ts";
import { bootRescue } from "../support/rescue.ts";
import { machineNamed } from "./machines.ts";
import { choose, MENU, PROMPT } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const GIB = 2 ** 30;
const MINUTES_MS = 60_000;
/** Has shim and the signed GRUB, as Debian's installer leaves them. */
const SAVED = machineNamed("uefi-gpt-xfs");
/** After four bytes of attributes, one that is 1 where the firmware checks what it starts. */
const VARIABLE = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

/** In a shell of the rescue system: throws where Secure Boot is off, or the kernel does not know of it. */
async function requireSecure(vm: Machine): Promise<void> {
  vm.serial.send(`echo SECURE=$(od -An -tu1 -j4 -N1 ${VARIABLE})\r`);
  const [, value] = await vm.expect(/\nSECURE=(\d*)\n/, MINUTES_MS);
  if (value !== "1") throw await vm.failure(`SecureBoot is ${value}`);
}

/** A stick that `mondo image --usb` makes in the running machine. */
async function rescueStick({ lab, directory }: ScenarioContext): Promise<DiskDevice> {
  const file = blankDisk(join(directory, "stick.raw"), 2 * GIB);
  const stick: DiskDevice = { file, format: "raw", bus: "usb", serial: "STICK1" };
  const place = join(directory, "source");
  mkdirSync(place);
  const vm = await Machine.start({
    ...{ directory: place, firmware: SAVED.firmware, memoryMiB: 1536, cpus: 2 },
    ...{ disks: [...(await lab.sourceDisks(SAVED, place)), stick], cdrom: { file: await lab.tools() } },
  });
  try {
    await vm.booted();
    const script = `set -eo pipefail
mkdir -p /run/tools
mount -t iso9660 -o ro /dev/sr0 /run/tools
/run/tools/mondo image --usb /dev/$(lsblk -dno NAME,TRAN | awk '$2 == "usb" { print $1 }') 2>&1 | tee /dev/ttyS0`;
    const { output } = await vm.run(script, 20 * MINUTES_MS);
    if (/Secure Boot/.test(output)) throw new Error(`it is said not to start with Secure Boot:\n${output}`);
    await vm.powerOff();
    return stick;
  } finally {
    await vm.kill();
  }
}

/** The disc of a backup, and a stick without any, come up in a machine with Secure Boot. */
async function startsSecurely(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const secure = { secureBoot: true, memoryMiB: 1280, cpus: 2 } as const;
  const backup = await lab.backup(SAVED.name);
  const disc = { directory: join(directory, "disc"), disks: [], choose: "expert" } as const;
  const first = await bootRescue(backup, { ...secure, ...disc });
  try {
    await first.expect(PROMPT, 5 * MINUTES_MS);
    await requireSecure(first);
  } finally {
    await first.kill();
  }
  say("the disc starts");
  const stick = await rescueStick(context);
  const second = await Machine.start({
    ...{ ...secure, directory: join(directory, "stick"), firmware: "uefi" },
    disks: [{ ...stick, bootIndex: 0 }],
  });
  try {
    await second.expect(new RegExp(`Rescue system of ${SAVED.name}`), 3 * MINUTES_MS);
    await second.expect(MENU, 8 * MINUTES_MS);
    await choose(second, "shell", PROMPT);
    await requireSecure(second);
  } finally {
    await second.kill();
  }
}

export const scenarios: readonly Scenario[] = [
  {
    name: "secure-boot",
    says: "with Secure Boot a disc starts its rescue system, and so does a stick of mondo image --usb",
    ci: false,
    unproven: "a disc was started so by hand",
    run: startsSecurely,
  },
];
