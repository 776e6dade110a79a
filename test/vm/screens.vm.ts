import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import type { Backup } from "../support/lab.ts";
import { Machine } from "../support/qemu.ts";
import { bootRescue, emptyDisk } from "../support/rescue.ts";
import { plainText } from "../support/serial.ts";
import { bash } from "../support/shell.ts";
import { machineNamed } from "./machines.ts";
import { answer } from "./modes.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const MACHINE = "bios-gpt-ext4";
const COMMAND = "mondoarchive -O -i -d /srv/backup -p web1";
/** The same on a terminal. */
const ON_TERMINAL = `script -qec 'stty columns 100; exec ${COMMAND}' /dev/null`;

/** What a terminal shows in the end: lines that were not written over, and the last one of each progress. */
function settled(text: string): string {
  const lines = text.split("\n").map((line) => plainText(line.replace(/\r$/, "").split("\r").at(-1) ?? ""));
  const progress = (line: string | undefined) => /^ {2}(.*?) +\d+ % /.exec(line ?? "")?.[1];
  return lines
    .filter((line, at) => progress(line) === undefined || progress(line) !== progress(lines[at + 1]))
    .map((line) => line.trimEnd())
    .join("\n");
}

/** The part of a serial console that the rescue wrote, from its first line to its last. */
export function rescueSession(log: string): string {
  const [session = ""] = /^Mondo Rescue [\s\S]*^Done\.\r?$/m.exec(log) ?? [];
  return `${settled(session)}\n`;
}

/** Backs the machine up onto a second disk, as its administrator would; the ISO and what the terminal showed. */
async function recordBackup({
  lab,
  directory,
}: ScenarioContext): Promise<{ readonly iso: string; readonly text: string }> {
  const machine = machineNamed(MACHINE);
  const target = blankDisk(join(directory, "target.raw"), 2 * 1024 ** 3);
  const vm = await Machine.start({
    directory: join(directory, "source"),
    firmware: machine.firmware,
    memoryMiB: 1536,
    cpus: 2,
    disks: [
      ...(await lab.sourceDisks(machine, directory)),
      { file: target, format: "raw", bus: "virtio", serial: "BACKUP" },
    ],
    cdrom: { file: await lab.tools() },
  });
  try {
    await vm.booted();
    await vm.run(`set -e
hostname web1; echo web1 > /etc/hostname
mkdir -p /run/tools /srv/backup
mount -t iso9660 -o ro /dev/sr0 /run/tools
mkfs.ext4 -q /dev/vdb; mount /dev/vdb /srv/backup`);
    const { output } = await vm.run(`PATH=/run/tools:$PATH; ${ON_TERMINAL}`, 1_200_000);
    await vm.run("umount /srv/backup");
    await vm.powerOff();
    const iso = join(directory, "web1-1.iso");
    await bash(`mount -o loop,ro ${target} /mnt; trap 'umount /mnt' EXIT; cp --sparse=always /mnt/web1-1.iso ${iso}`);
    return { iso, text: `# ${COMMAND}\n${settled(output).trimEnd()}\n` };
  } finally {
    await vm.kill();
  }
}

/** Restores onto a blank disk, with questions; what the serial console got from the boot menu to the end. */
async function recordRestore({ directory }: ScenarioContext, iso: string): Promise<string> {
  const backup: Backup = { machine: machineNamed(MACHINE), iso, fingerprint: [], variables: undefined };
  const disk = emptyDisk(backup, directory, { serial: "NEW-DISK" });
  const vm = await bootRescue(backup, {
    directory: join(directory, "rescue"),
    disks: [disk],
    choose: "interactive",
    cpus: 2,
  });
  try {
    await answer(vm, /What shall be done\?[\s\S]*Number[^\n]*: /, "interactive");
    await answer(vm, /Restore like this\?[\s\S]*Number[^\n]*: /, "go");
    await answer(vm, /Erase the disks named above now\?[^\n]*: ?/, "yes");
    await answer(vm, /The machine is restored\.[\s\S]*Number[^\n]*: /, "reboot");
    await vm.ended(120_000);
    return readFileSync(join(directory, "rescue/serial.log"), "utf8");
  } finally {
    await vm.kill();
  }
}

/** Records the sessions that the documentation shows, as `make screens` copies them. */
async function screens(context: ScenarioContext): Promise<void> {
  const home = join(context.lab.options.repository, "out/screens");
  mkdirSync(home, { recursive: true });
  const { iso, text } = await recordBackup(context);
  writeFileSync(join(home, "backup.txt"), text);
  context.say("the backup is recorded");
  const log = await recordRestore(context, iso);
  writeFileSync(join(home, "restore.log"), log);
  writeFileSync(join(home, "restore.txt"), rescueSession(log));
}

export const scenarios: readonly Scenario[] = [
  { name: "screens", says: "a backup and a restore are recorded for the documentation", ci: false, run: screens },
];
