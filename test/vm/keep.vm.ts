import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guestDiskFile } from "../support/guest-disk.ts";
import { type DiskDevice, Machine } from "../support/qemu.ts";
import { bootRescue, emptyDisk } from "../support/rescue.ts";
import { run } from "../support/shell.ts";
import { answer } from "./modes.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const MIB = 1024 * 1024;
/** Where its second partition begins: see machines/data-disk.ts. */
const HOME_OFFSET = 401 * MIB;

const digestOf = async (file: string) => (await run(["sha256sum", file])).split(" ")[0];

/** The data disk as it was before the backup, and a file on it that no backup has. */
async function survivor(context: ScenarioContext, source: string): Promise<DiskDevice> {
  const file = join(context.directory, "survivor.raw");
  copyFileSync(join(source, guestDiskFile(1)), file);
  const note = join(context.directory, "note");
  writeFileSync(note, "written after the backup\n");
  await run(["debugfs", "-w", "-R", `write ${note} later`, `${file}?offset=${HOME_OFFSET}`]);
  return { file, format: "raw", bus: "virtio", serial: "MONDO-DATA-1" };
}

/** What a person sees and types: what survived is kept without being asked for. */
async function restoreBeside(vm: Machine, say: (text: string) => void): Promise<void> {
  await answer(vm, /What shall be done\?[\s\S]*Number[^\n]*: /, "interactive");
  const kept = await vm.expect(/KEPT: +\/dev\/vdb[^\n]*/, 300_000, /\n! The restore: .*\n/);
  say(kept[0]);
  await answer(vm, /Restore like this\?[\s\S]*Number[^\n]*: /, "go");
  await answer(vm, /Erase the disks named above now\?[^\n]*: ?/, "yes");
  const left = await vm.expect(/Kept as it is: [^\n]*/, 900_000, /\n! The restore: .*\n/);
  say(left[0]);
  await vm.expect(/is restored in [^\n]*checked/, 900_000, /\n! The restore: .*\n|, except for \d+ problem/);
  await answer(vm, /The machine is restored\.[\s\S]*Number[^\n]*: /, "reboot");
  if ((await vm.ended(120_000)) !== "reboot") throw new Error("the rescue switched the machine off");
}

/** Starts the restored machine; throws unless its data are where they were, and as they were left. */
async function startsWithData(disks: readonly DiskDevice[], directory: string): Promise<void> {
  const vm = await Machine.start({
    directory,
    firmware: "bios",
    cpus: 2,
    disks: disks.map((disk, index) => (index === 0 ? { ...disk, bootIndex: 0 } : disk)),
  });
  try {
    await vm.booted();
    const { output } = await vm.run(
      "findmnt -rno TARGET,SOURCE /srv/data; findmnt -rno TARGET,SOURCE /home; cat /home/later; swapon --show=NAME --noheadings; ls -A /srv/data/odd | wc -l; systemctl --failed --plain --no-legend",
    );
    const wanted = [/^\/srv\/data \/dev\/mapper\/depot-data$/m, /^\/home \/dev\/vdb2$/m, /^written after the backup$/m];
    const lacking = [...wanted, /^\/dev\/vdb3$/m, /^[1-9]\d*$/m].filter((pattern) => !pattern.test(output));
    if (lacking.length > 0 || /\.service|\.mount/.test(output))
      throw new Error(`the restored machine shows\n${output}`);
    await vm.powerOff();
  } finally {
    await vm.kill();
  }
}

async function keepsData(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("data-disk");
  const data = await survivor(context, await lab.source(backup.machine));
  const blank = emptyDisk(backup, directory, { serial: "NEW-SYSTEM" });
  const before = await digestOf(data.file);
  const rescue = join(directory, "rescue");
  const vm = await bootRescue(backup, { directory: rescue, disks: [blank, data], choose: "interactive", cpus: 2 });
  await restoreBeside(vm, say).finally(() => vm.kill());
  if ((await digestOf(data.file)) !== before) throw new Error("the disk that was to be kept has changed");
  say("the kept disk is the same to its last sector");
  await startsWithData([blank, data], join(directory, "result"));
}

export const scenarios: readonly Scenario[] = [
  {
    name: "keep-data",
    says: "the system comes back on a new disk; the data disk is not written to, and mounted as it was",
    ci: false,
    run: keepsData,
  },
];
