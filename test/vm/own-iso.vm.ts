import { cpSync, mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { call, executable } from "../support/mondo.ts";
import { Machine } from "../support/qemu.ts";
import { chooseEntry, refused } from "../support/rescue.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** What `make iso ROOT=dir` writes: an ISO of this very machine's tools with a tree of files on it. */
function makeIso(directory: string): string {
  const tree = join(directory, "tree");
  mkdirSync(tree);
  cpSync("/usr/share/common-licenses", join(tree, "licenses"), { recursive: true });
  const { status, out, err } = call([executable, "archive", "--dir", directory, "--root", tree]);
  if (status !== 0) throw new Error(`mondo archive ended with ${status}:\n${out}\n${err}`);
  return join(directory, "mondorescue-1.iso");
}

/** The disc boots, its set is found, and a restore of files without disks is refused with a way on. */
async function bootsHere(iso: string, firmware: "bios" | "uefi", { directory }: ScenarioContext): Promise<void> {
  const vm = await Machine.start({
    directory: join(directory, firmware),
    firmware,
    disks: [],
    cdrom: { file: iso, bootIndex: 0 },
    cpus: 2,
  });
  try {
    const title = new RegExp(`${hostname()}, full, 20\\d\\d-`);
    await vm.expect(title, 120_000);
    await chooseEntry(vm, firmware, "nuke");
    const why = await refused(vm);
    if (!why.includes("holds only files")) throw new Error(`the rescue says: ${why}`);
  } finally {
    await vm.kill();
  }
}

async function ownIso(context: ScenarioContext): Promise<void> {
  const iso = makeIso(context.directory);
  for (const firmware of ["bios", "uefi"] as const) {
    await bootsHere(iso, firmware, context);
    context.say(`booted by ${firmware.toUpperCase()}`);
  }
}

export const scenarios: readonly Scenario[] = [
  { name: "own-iso", says: "the ISO that make iso writes here boots by BIOS and by UEFI", ci: true, run: ownIso },
];
