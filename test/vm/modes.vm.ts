import { join } from "node:path";
import type { Machine } from "../support/qemu.ts";
import { bootRescue, bootsAsBefore, emptyDisk, isUntouched, restored } from "../support/rescue.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** Waits for a question and answers it with one line. */
export async function answer(vm: Machine, question: RegExp, line: string): Promise<void> {
  await vm.expect(question, 300_000);
  await Bun.sleep(500);
  vm.serial.send(`${line}\r`);
}

/** Two equal disks: nuke would refuse, a person names one; the other one is never written to. */
async function interactive({ lab, directory, say }: ScenarioContext): Promise<void> {
  const backup = await lab.backup("bios-gpt-ext4");
  const [spare, chosen] = ["TWIN-A", "TWIN-B"].map((serial) => emptyDisk(backup, directory, { serial }));
  if (spare === undefined || chosen === undefined) throw new Error("two disks were not made");
  const vm = await bootRescue(backup, {
    directory: join(directory, "rescue"),
    disks: [spare, chosen],
    choose: "interactive",
    cpus: 2,
  });
  try {
    await answer(vm, /What shall be done\?[\s\S]*Number[^\n]*: /, "interactive");
    await answer(vm, /Which disk shall become[\s\S]*Number[^\n]*: /, "2");
    await answer(vm, /Restore like this\?[\s\S]*Number[^\n]*: /, "plan");
    await answer(vm, /Restore like this\?[\s\S]*Number[^\n]*: /, "go");
    await answer(vm, /Erase the disks named above now\?[^\n]*: ?/, "yes");
    say("agreed");
    await vm.expect(/is restored in [^\n]*checked/, 900_000, /\n! The restore: .*\n|, except for \d+ problem/);
    await answer(vm, /The machine is restored\.[\s\S]*Number[^\n]*: /, "reboot");
    if ((await vm.ended(120_000)) !== "reboot") throw new Error("the rescue switched the machine off");
  } finally {
    await vm.kill();
  }
  if (!isUntouched(spare.file)) throw new Error("the disk that was not chosen was written to");
  await bootsAsBefore(backup, [chosen], { directory: join(directory, "result") });
}

/** What grub-install writes anew, and the log of the restore with its directory. */
const leftByRestore = "/boot/grub|/var/log(:|/mondo-restore)";

/** Right after a restore, compare finds nothing but what the restore itself leaves. */
async function compare({ lab, directory, say }: ScenarioContext): Promise<void> {
  const backup = await lab.backup("bios-mbr-logical");
  const disk = emptyDisk(backup, directory);
  const first = await bootRescue(backup, { directory: join(directory, "restore"), disks: [disk], choose: "nuke" });
  await restored(first).finally(() => first.kill());
  const second = await bootRescue(backup, { directory: join(directory, "compare"), disks: [disk], choose: "compare" });
  try {
    const match = await second.expect(
      /No differences|\n.*\b\d+ differences?:[^\n]*/,
      300_000,
      /\n! The comparison: .*\n/,
    );
    say(match[0].trim());
    await answer(second, /What shall be done\?[\s\S]*Number[^\n]*: /, "shell");
    await second.expect(/rescue:[^\n]*# /, 60_000);
    second.serial.send(`touch /tmp/changed.txt; grep -vcE '${leftByRestore}' /tmp/changed.txt | sed 's/^/OTHERS=/'\r`);
    const others = await second.expect(/\nOTHERS=(\d+)/, 60_000);
    if (others[1] !== "0") throw await second.failure(`compare finds ${others[1]} differences right after a restore`);
  } finally {
    await second.kill();
  }
}

export const scenarios: readonly Scenario[] = [
  {
    name: "interactive",
    says: "a person chooses one of two equal disks; the other stays as it is",
    ci: false,
    run: interactive,
  },
  { name: "compare", says: "compare mode finds a restored machine equal", ci: false, run: compare },
];
