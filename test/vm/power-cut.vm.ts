import { join } from "node:path";
import { bootRescue, bootsAsBefore, emptyDisk, isUntouched, restored } from "../support/rescue.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** Half of the files are back when the power fails; the same disc restores once more. */
async function powerCut({ lab, directory, say }: ScenarioContext): Promise<void> {
  const backup = await lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, directory);
  const first = await bootRescue(backup, { directory: join(directory, "cut"), disks: [disk], choose: "nuke", cpus: 2 });
  try {
    const match = await first.expect(/Restor\w+[^\n]* ([4-7]\d)\s?%/i, 600_000);
    say(`power cut at ${match[1]} %`);
  } finally {
    await first.kill();
  }
  if (isUntouched(disk.file)) throw new Error("the disk was not written to before the cut");
  const second = await bootRescue(backup, {
    directory: join(directory, "again"),
    disks: [disk],
    choose: "nuke",
    cpus: 2,
  });
  try {
    await restored(second);
  } finally {
    await second.kill();
  }
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "power-cut",
    says: "a restore that lost its power is done again from the same disc",
    ci: true,
    run: powerCut,
  },
];
