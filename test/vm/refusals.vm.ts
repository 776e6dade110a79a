import { closeSync, copyFileSync, openSync, readSync, statSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Backup } from "../support/lab.ts";
import type { DiskDevice } from "../support/qemu.ts";
import { bootRescue, emptyDisk, isUntouched, refused } from "../support/rescue.ts";
import { run } from "../support/shell.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** Boots nuke on `disks` and returns why the rescue refused; throws when a disk was written to. */
async function refusal(
  backup: Backup,
  { directory, say }: ScenarioContext,
  disks: readonly DiskDevice[],
  iso = backup.iso,
): Promise<string> {
  const vm = await bootRescue(backup, {
    directory,
    disks,
    choose: "nuke",
    cdrom: { file: iso, bootIndex: 0 },
    cpus: 2,
  });
  try {
    const why = await refused(vm);
    say(why.replaceAll("\n", " "));
    for (const { file, serial } of disks) {
      if (!isUntouched(file))
        throw await vm.failure(`the disk ${serial} was written to although the restore was refused`);
    }
    return why;
  } finally {
    await vm.kill();
  }
}

function mustSay(why: string, ...patterns: readonly RegExp[]): void {
  for (const pattern of patterns)
    if (!pattern.test(why)) throw new Error(`the refusal does not say ${pattern}: ${why}`);
}

async function truncated(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const iso = join(context.directory, "cut.iso");
  copyFileSync(backup.iso, iso);
  truncateSync(iso, Math.floor((statSync(iso).size * 0.8) / 2048) * 2048);
  const why = await refusal(backup, context, [emptyDisk(backup, context.directory)], iso);
  mustSay(why, /volume|\.tar|truncated|shorter|damaged|read/i);
}

/** One byte in the middle of the archive is another: only a checksum can tell. */
function flipped(backup: Backup, directory: string): string {
  const iso = join(directory, "flipped.iso");
  copyFileSync(backup.iso, iso);
  const file = openSync(iso, "r+");
  const position = Math.floor(statSync(iso).size * 0.7);
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, position);
  writeSync(file, Buffer.from([(byte[0] ?? 0) ^ 0x10]), 0, 1, position);
  closeSync(file);
  return iso;
}

/** The disk holds something in its midst, though nothing that has a name: damage must show while it is there. */
async function damaged(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, context.directory);
  await run(["dd", `of=${disk.file}`, "if=/dev/urandom", "bs=1M", "seek=1000", "count=300", "conv=notrunc"]);
  const before = await digestOf(disk.file);
  const cdrom = { file: flipped(backup, context.directory), bootIndex: 0 };
  const vm = await bootRescue(backup, { directory: context.directory, disks: [disk], choose: "nuke", cdrom, cpus: 2 });
  try {
    const why = await refused(vm);
    context.say(why.replaceAll("\n", " "));
    mustSay(why, /volume-\d+|catalog/, /checksum|SHA-256|damaged/i);
  } finally {
    await vm.kill();
  }
  if ((await digestOf(disk.file)) !== before)
    throw new Error("the disk was written to although the restore was refused");
}

/** On a blank disk the backup is read once: the rest is restored, and what is lost is told in the end. */
async function damagedOntoBlank(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const { directory, say } = context;
  const cdrom = { file: flipped(backup, directory), bootIndex: 0 };
  const disks = [emptyDisk(backup, directory)];
  const vm = await bootRescue(backup, { directory, disks, choose: "nuke", cdrom, cpus: 2 });
  try {
    await vm.expect(/which holds nothing, in\s+\d+ s/, 420_000);
    const cause = /the backup is damaged: \d+ files? could not be restored, the first of them \/[^\n]*/;
    say((await vm.expect(cause, 600_000))[0] ?? "");
    await vm.expect(/is restored in [^\n]*, except for \d+ problems? listed above/, 600_000);
  } finally {
    await vm.kill();
  }
}

async function tooSmall(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const small = emptyDisk(backup, context.directory, { sizeMiB: 512 });
  mustSay(await refusal(backup, context, [small]), /536870912/, /needs .*bytes/, /even with everything shrunk/);
}

async function twoEqual(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const disks = ["TWIN-A", "TWIN-B"].map((serial) => emptyDisk(backup, context.directory, { serial }));
  mustSay(await refusal(backup, context, disks), /any of 2 disks/, /TWIN-A/, /TWIN-B/);
}

async function noDisk(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  mustSay(await refusal(backup, context, []), /no (free )?disk/);
}

const digestOf = (file: string) => run(["sha256sum", file]);

/** The only disk has the right size, and somebody's photographs on it. */
async function held(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, context.directory, { serial: "PHOTOS-1" });
  await run(["mke2fs", "-q", "-F", "-t", "ext4", "-L", "family-photos", disk.file]);
  const before = await digestOf(disk.file);
  const vm = await bootRescue(backup, { directory: context.directory, disks: [disk], choose: "nuke", cpus: 2 });
  try {
    const why = await refused(vm);
    context.say(why.replaceAll("\n", " "));
    mustSay(why, /family-photos/, /PHOTOS-1/, /answers/);
  } finally {
    await vm.kill();
  }
  if ((await digestOf(disk.file)) !== before)
    throw new Error("the disk was written to although the restore was refused");
}

export const scenarios: readonly Scenario[] = [
  { name: "truncated-iso", says: "a truncated ISO is refused before the first write", ci: false, run: truncated },
  {
    name: "damaged-iso",
    says: "one changed byte on the disc is found before the first write to a disk that holds anything",
    ci: false,
    run: damaged,
  },
  {
    name: "damaged-iso-blank",
    says: "onto a blank disk it is found while the rest is restored, and told in the end",
    ci: false,
    run: damagedOntoBlank,
  },
  { name: "small-disk", says: "a disk that is too small is refused with the numbers", ci: true, run: tooSmall },
  { name: "two-equal-disks", says: "two disks that would do equally are refused by name", ci: true, run: twoEqual },
  { name: "held-disk", says: "a disk that holds something else is refused with what it holds", ci: false, run: held },
  { name: "no-disk", says: "a machine without a disk gets a clear sentence", ci: false, run: noDisk },
];
