import { join } from "node:path";
import { bootRescue, bootsAsBefore, emptyDisks, isUntouched, restored } from "../support/rescue.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** Half of the files are back when the power fails; the same disc restores once more, over what is there. */
async function powerCut(machine: string, { lab, directory, say }: ScenarioContext): Promise<void> {
  const backup = await lab.backup(machine);
  const disks = emptyDisks(backup, directory);
  const rescue = (name: string) =>
    bootRescue(backup, { directory: join(directory, name), disks, choose: "nuke", cpus: 2 });
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

export const scenarios: readonly Scenario[] = [
  {
    name: "power-cut",
    says: "a restore that lost its power is done again from the same disc",
    ci: true,
    run: (context) => powerCut("bios-gpt-ext4", context),
  },
  {
    name: "power-cut-md-lvm",
    says: "the same of a machine with LVM on mirrors, whose arrays are there already",
    ci: false,
    run: (context) => powerCut("bios-md-lvm", context),
  },
];
