import { closeSync, copyFileSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { changeDisc } from "../support/change-disc.ts";
import type { Backup } from "../support/lab.ts";
import { SERVER, STATIC, withServer } from "../support/network-lab.ts";
import { bootRescue, bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { inRescue } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** Boot files and a part of the system on the first disc, the rest on the second. */
const SIZES = "-s 160m,300m";

async function twoDiscs({ lab }: ScenarioContext): Promise<{ backup: Backup; second: string }> {
  const backup = await lab.backup("bios-gpt-ext4", SIZES);
  const [second, third, ...more] = backup.further ?? [];
  if (second === undefined || third !== undefined)
    throw new Error(`not two discs: ${[backup.iso, second, third, ...more].join(" ")}`);
  return { backup, second };
}

/** A copy with a byte changed in the middle, where volumes lie. */
function damagedCopy(iso: string, copy: string): string {
  copyFileSync(iso, copy);
  const at = Math.floor(statSync(copy).size / 2);
  const fd = openSync(copy, "r+");
  const byte = new Uint8Array(1);
  readSync(fd, byte, 0, 1, at);
  writeSync(fd, new Uint8Array([(byte[0] ?? 0) ^ 0x20]), 0, 1, at);
  closeSync(fd);
  return copy;
}

/** One drive, nuke: disc 2 is asked for when its turn comes; the wrong disc and a damaged copy are refused by name. */
async function oneDrive(context: ScenarioContext): Promise<void> {
  const { directory, say } = context;
  const { backup, second } = await twoDiscs(context);
  const bad = damagedCopy(second, join(directory, "bad.iso"));
  const disk = emptyDisk(backup, directory);
  const rescue = { directory: join(directory, "rescue"), disks: [disk], choose: "nuke", cpus: 2 } as const;
  const vm = await bootRescue(backup, rescue);
  const failed = /\n! The restore: .*\n/;
  try {
    await vm.expect(/Not here: medium 2 of 2 of the backup of/, 300_000, failed);
    await vm.expect(
      /Needed: medium 2 of 2 of the backup of \S+, \d{4}-\d\d-\d\d \d\d:\d\d UTC \(set [-0-9a-f]{36}\)/,
      600_000,
      failed,
    );
    say("disc 2 is asked for");
    await changeDisc(vm, backup.iso);
    await vm.expect(/sr0 .*: it holds medium 1 of this backup/, 60_000, failed);
    await changeDisc(vm, bad);
    await vm.expect(/volume-\d+\.tar\.zst does not have the checksum that the manifest names/, 120_000, failed);
    await vm.expect(/What shall be done\?[\s\S]*Number[^\n]*: /, 30_000);
    await Bun.sleep(500);
    vm.serial.send("another\r");
    await vm.expect(/Press Enter when another copy is in its place: /, 30_000);
    say("a damaged copy was refused");
    await changeDisc(vm, second);
    vm.serial.send("\r");
    await vm.expect(/Restoring what is on medium 2 of 2/, 120_000, failed);
    await restored(vm);
  } finally {
    await vm.kill();
  }
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

/** Both images on a share: no question is asked. */
async function onShare(context: ScenarioContext): Promise<void> {
  const { directory } = context;
  const { backup, second } = await twoDiscs(context);
  const disk = emptyDisk(backup, directory);
  await withServer(context, 4, { "m1-1.iso": backup.iso, "m1-2.iso": second }, async ({ namespace }) => {
    const network = { card: "virtio-net-pci", namespace } as const;
    const words = `nuke pxe prefix=m1 ipconf=eth0:${STATIC} nfsmount=${SERVER}:/mondo`;
    await inRescue(context, { network, words, disks: [disk] }, (vm) => restored(vm));
  });
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "two-discs",
    says: "one drive: discs are changed when asked, wrong and bad ones refused",
    ci: false,
    run: oneDrive,
  },
  {
    name: "two-discs-nfs",
    says: "a set of two images on a share restores without a question",
    ci: false,
    run: onShare,
  },
];
