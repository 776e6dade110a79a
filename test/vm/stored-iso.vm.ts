import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyManifest } from "../support/empty-manifest.ts";
import { type Backup, makeTargetDisk } from "../support/lab.ts";
import type { DiskDevice } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { run } from "../support/shell.ts";
import { inRescue, MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** Where its file system begins. */
const OFFSET = 1024 * 1024;
const MINUTES_MS = 60_000;

const digestOf = async (file: string) => (await run(["sha256sum", file])).split(" ")[0];

/** A disk with one ext4 partition, in which the machine's second disk would have had its backups. */
async function dataDisk(backup: Backup, directory: string): Promise<DiskDevice> {
  const file = join(directory, "data.raw");
  await makeTargetDisk(file);
  const input = `mkdir backups\nmkdir backups/nightly\ncd backups/nightly\nwrite ${backup.iso} m1-1.iso\n`;
  await run(["debugfs", "-w", "-f", "-", `${file}?offset=${OFFSET}`], { input });
  return { file, format: "raw", bus: "virtio", serial: "MONDO-DATA-2" };
}

/** The directory of another machine's backup beside it, which a person has to tell from it. */
async function addOther({ directory }: ScenarioContext, disk: DiskDevice): Promise<void> {
  const manifest = join(directory, "alpha.json");
  writeFileSync(manifest, emptyManifest("alpha"));
  const input = `cd backups\nmkdir alpha\ncd alpha\nmkdir mondo\ncd mondo\nwrite ${manifest} manifest.json\n`;
  await run(["debugfs", "-w", "-f", "-", `${disk.file}?offset=${OFFSET}`], { input });
}

/**
 * A rescue that belongs to no set, with no disc or stick: the only image in a file system of the machine restores it
 * without a question, and its disk stays as it was. Of two backups a person chooses; nobody else may.
 */
async function storedIso(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const blank = emptyDisk(backup, directory);
  const data = await dataDisk(backup, directory);
  const before = await digestOf(data.file);
  await inRescue(context, { disks: [blank, data], words: "nuke" }, async (vm) => {
    await vm.expect(/Backup of bios-gpt-ext4 [^\n]*vdb1:\/backups\/nightly\/m1-1\.iso/, 3 * MINUTES_MS, MENU);
    await restored(vm);
  });
  if ((await digestOf(data.file)) !== before) throw new Error("the disk with the image has changed");
  say("restored from vdb1, which is the same to its last sector");
  await addOther(context, data);
  await inRescue(context, { disks: [data], words: "interactive" }, async (vm) => {
    const asked = /Which backup\?[\s\S]*alpha, [^\n]*vda1:\/backups\/alpha\)[\s\S]*bios-gpt-ext4, [\s\S]*None of them/;
    await vm.expect(asked, 3 * MINUTES_MS, MENU);
    await Bun.sleep(1000);
    vm.serial.send("2\r");
    await vm.expect(/Backup of bios-gpt-ext4 [^\n]*vda1:\/backups\/nightly\/m1-1\.iso/, MINUTES_MS);
    await vm.expect(MENU, MINUTES_MS);
  });
  await inRescue(context, { disks: [data], words: "nuke" }, async (vm) => {
    await vm.expect(/several backups were found[\s\S]*vda1:\/backups\/alpha\): mondo\.set=7f1b6f0e/, 3 * MINUTES_MS);
    await vm.expect(MENU, MINUTES_MS);
  });
  say("of two a person chooses");
  await bootsAsBefore(backup, [blank], { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "stored-iso",
    says: "an image in a file system of a data disk is found without a medium, restored from without a question, and the machine is the same",
    ci: false,
    run: storedIso,
  },
];
