import { join } from "node:path";
import {
  bootRescue,
  bootsAsBefore,
  type DiskDifference,
  emptyDisks,
  isUntouched,
  type RescueOptions,
  restored,
} from "../support/rescue.ts";
import { inRescue, MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

interface PowerCut {
  readonly machine: string;
  /** What the new disks have otherwise, by index. */
  readonly disks?: readonly DiskDifference[];
  /** What differs from the usual rescue. */
  readonly rescue?: Partial<RescueOptions>;
}

/** Half of the files are back when the power fails; the same disc restores once more, over what is there. */
async function powerCut({ lab, directory, say }: ScenarioContext, cut: PowerCut): Promise<void> {
  const backup = await lab.backup(cut.machine);
  const disks = emptyDisks(backup, directory, cut.disks);
  const rescue = (name: string) =>
    bootRescue(backup, { directory: join(directory, name), disks, choose: "nuke", cpus: 2, ...cut.rescue });
  const first = await rescue("cut");
  try {
    const match = await first.expect(/Restor\w+[^\n]* ([4-7]\d)\s?%/i, 900_000);
    say(`power cut at ${match[1]} %`);
  } finally {
    await first.kill();
  }
  if (isUntouched(disks[0].file)) throw new Error("the disk was not written to before the cut");
  const second = await rescue("again");
  await restored(second).finally(() => second.kill());
  await bootsAsBefore(backup, disks, { directory: join(directory, "result") });
}

/**
 * Half of the files are back when the power fails. The next start offers to go on, and the one after that does, by a
 * boot word: it makes what is missing, and the machine boots.
 */
async function goesOn(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const disks = emptyDisks(backup, directory);
  const cdrom = { file: backup.iso };
  await inRescue(context, { cdrom, disks, words: "nuke" }, async (vm) => {
    const match = await vm.expect(/Restor\w+[^\n]* ([4-7]\d)\s?%/i, 900_000);
    say(`power cut at ${match[1]} %`);
  });
  await inRescue(context, { cdrom, disks, words: "interactive" }, async (vm) => {
    await vm.expect(MENU, 300_000);
    vm.serial.send("interactive\r");
    await vm.expect(/Go on with the restore of [-\d]+ [:\d]+ UTC, which was cut off/, 300_000);
  });
  await inRescue(context, { cdrom, disks, words: "nuke mondo.resume=auto" }, async (vm) => {
    await vm.expect(/Going on with the restore of [-\d]+ [:\d]+ UTC, which was cut off/, 300_000);
    await vm.expect(/that was cut off goes on, in/, 300_000);
    const [text] = await vm.expect(/[\d.]+ [KMG]iB of the files' content were in place already/, 900_000);
    say(text);
    await restored(vm);
  });
  await bootsAsBefore(backup, disks, { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "power-cut",
    says: "MBR with logical partitions, 512 MiB of RAM: a restore onto another disk that lost its power is done again",
    ci: false,
    run: (context) =>
      powerCut(context, {
        machine: "bios-mbr-logical",
        disks: [{ serial: "REPLACEMENT-9" }],
        rescue: { memoryMiB: 512, cpus: 1 },
      }),
  },
  {
    name: "power-cut-resume",
    says: "a restore that lost its power goes on where it was (mondo.resume=auto), and the machine boots",
    ci: false,
    run: goesOn,
  },
  {
    name: "power-cut-md-lvm",
    says: "the same of a machine with LVM on mirrors, whose arrays are there already",
    ci: false,
    run: (context) => powerCut(context, { machine: "bios-md-lvm" }),
  },
];
