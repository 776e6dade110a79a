/** A rescue system without a medium: in the boot menu of the machine itself, and by kexec. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type DiskDevice, Machine } from "../support/qemu.ts";
import { machineNamed } from "./machines.ts";
import { FRENCH_MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const MINUTES_MS = 60_000;
/** Its /boot has room for a rescue system. */
const HOME = machineNamed("bios-by-id");

/** The machine with its own disk, and a disc with our program. */
async function startMachine({ lab, directory }: ScenarioContext, disks: readonly DiskDevice[], name: string) {
  const options = { directory: join(directory, name), firmware: HOME.firmware, memoryMiB: 1536, cpus: 2, disks };
  return await Machine.start({ ...options, cdrom: { file: await lab.tools() } });
}

/** Our program in the running machine, by words. */
const image = (words: string) => `set -eo pipefail
mkdir -p /run/tools
mountpoint -q /run/tools || mount -t iso9660 -o ro /dev/sr0 /run/tools
/run/tools/mondo image ${words} 2>&1 | tee /dev/ttyS0`;

/** The entry below the machine's own two. */
async function chooseRescue(vm: Machine): Promise<void> {
  await vm.expect(/Mondo rescue system/, 3 * MINUTES_MS);
  for (const key of ["\x1b[B", "\x1b[B", "\r"]) {
    await Bun.sleep(500);
    vm.serial.send(key);
  }
}

/**
 * `mondo image --install` adds an entry to GRUB's menu, whose default stays; the entry, and kexec, start the rescue
 * system with the words that each was given: a language, for this test to see.
 */
async function withoutMedium(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  mkdirSync(join(directory, "disks"));
  const disks = await lab.sourceDisks(HOME, join(directory, "disks"));
  const first = await startMachine(context, disks, "first");
  try {
    await first.booted();
    // So that there is time to choose.
    await first.run("sed -i 's/^GRUB_TIMEOUT=.*/GRUB_TIMEOUT=20/' /etc/default/grub");
    await first.run(image("--install --words lang=fr"), 20 * MINUTES_MS);
    await first.powerOff();
  } finally {
    await first.kill();
  }
  say("the entry is made");
  const second = await startMachine(context, disks, "second");
  try {
    await second.booted();
    say("nobody touched a key: the machine has started as ever");
    await second.run(image("--kexec --words lang=fr.ASCII"), 20 * MINUTES_MS);
    second.agent.ask("systemctl kexec");
    await second.expect(/Systeme de secours/, 5 * MINUTES_MS);
    await second.expect(/Que faire.\?[\s\S]*Numero.*: /, 5 * MINUTES_MS);
  } finally {
    await second.kill();
  }
  say("kexec starts it");
  const third = await startMachine(context, disks, "third");
  try {
    await chooseRescue(third);
    await third.expect(/Système de secours/, 5 * MINUTES_MS);
    await third.expect(FRENCH_MENU, 5 * MINUTES_MS);
  } finally {
    await third.kill();
  }
}

export const scenarios: readonly Scenario[] = [
  {
    name: "rescue-entry",
    says: "without a medium: the rescue system starts from the machine's own GRUB menu, whose default stays, and by kexec",
    ci: false,
    unproven: "unit tests show the lines that are added to the menu",
    run: withoutMedium,
  },
];
