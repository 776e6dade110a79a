import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Backup } from "../support/lab.ts";
import type { Machine } from "../support/qemu.ts";
import { bootRescue, bootsAsBefore, emptyDisk, isUntouched, refused, restored } from "../support/rescue.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const NEW = "another one, longer";
const SEAL = "what the administrator knows";
/** Made in the guest's memory: the file with the pass phrase is no part of the backup. */
const SEALED = `--luks-headers "$(printf '${SEAL}\\n' >/run/seal; echo /run/seal)"`;

/** Waits for a question and answers it with one line. */
async function answer(vm: Machine, question: RegExp, line: string): Promise<void> {
  await vm.expect(question, 600_000, /\n! The restore: .*\n|Kernel panic/);
  await Bun.sleep(500);
  vm.serial.send(`${line}\r`);
}

/** The pass phrase was typed into the console, and must be nowhere in what that said. */
function requireSilence(vm: Machine, secret: string): void {
  if (readFileSync(vm.serial.log, "latin1").includes(secret)) throw new Error(`${vm.serial.log} shows a pass phrase`);
}

/** Bash that fails unless a device's key slots take a key, or, with `no`, when they do. */
const opens = (device: string, key: string) =>
  `printf %s '${key}' | cryptsetup open --test-passphrase --key-file=- ${device}`;
const no = (command: string) => `if ${command}; then exit 7; fi`;

async function boots(backup: Backup, context: ScenarioContext, passPhrase: string, also: string): Promise<void> {
  const { directory } = context;
  const disk = {
    file: join(directory, "disk-MONDO-LUKS-7.raw"),
    format: "raw",
    bus: "virtio",
    serial: "MONDO-LUKS-7",
  } as const;
  await bootsAsBefore(backup, [disk], {
    directory: join(directory, "result"),
    variables: join(directory, "rescue/variables.fd"),
    passPhrase,
    async also(vm) {
      await vm.run(`set -eo pipefail\n${also}\n${no(`grep -rqF -e '${NEW}' -e '${SEAL}' /var/log /etc`)}`);
    },
  });
}

/**
 * Nobody there: nothing happens. Then a person types a new pass phrase; the key file of crypttab opens the data as
 * before.
 */
async function newKeys(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("uefi-luks-lvm");
  say("backed up");
  const disk = emptyDisk(backup, directory);
  const vm = await bootRescue(backup, { directory: join(directory, "rescue"), disks: [disk], choose: "nuke", cpus: 2 });
  try {
    const why = await refused(vm);
    if (!/nobody is here to give the pass phrase of the LUKS volume \/dev\/mapper\/vda3_crypt/.test(why))
      throw new Error(why);
    if (!isUntouched(disk.file)) throw new Error("the disk was written to before there was a pass phrase");
    say("refused without a pass phrase");
    await answer(vm, /What shall be done\?[\s\S]*Number[^\n]*: /, "nuke");
    await answer(vm, /The pass phrase of \/dev\/mapper\/vda3_crypt is needed/, "");
    await answer(vm, /Pass phrase for the LUKS volume \/dev\/mapper\/vda3_crypt [^\n]*: /, NEW);
    await answer(vm, /The same again: /, NEW);
    await answer(vm, /Pass phrase for the LUKS volume \/dev\/mapper\/data [^\n]*the same as before\): /, "");
    await restored(vm);
    requireSilence(vm, NEW);
  } finally {
    await vm.kill();
  }
  say("restored");
  const { passPhrase = "" } = backup.machine;
  await boots(
    backup,
    context,
    NEW,
    `${no(opens("/dev/vda3", passPhrase))}\n${opens("/dev/vda4", NEW)}\ncryptsetup status data`,
  );
}

/** The headers come back from the set: every key slot as before, and nobody needs a new pass phrase. */
async function oldHeaders(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("uefi-luks-lvm", SEALED);
  say("backed up");
  const { passPhrase = "" } = backup.machine;
  const disk = emptyDisk(backup, directory);
  const vm = await bootRescue(backup, { directory: join(directory, "rescue"), disks: [disk], choose: "nuke", cpus: 2 });
  try {
    await answer(vm, /The pass phrase of \/dev\/mapper\/vda3_crypt is needed/, "");
    await answer(vm, /Pass phrase of the saved LUKS headers [^\n]*: /, "not that one");
    await answer(vm, /does not decrypt[\s\S]*Pass phrase of the saved LUKS headers [^\n]*: /, SEAL);
    await answer(vm, /Pass phrase of the LUKS volume \/dev\/mapper\/vda3_crypt [^\n]*as before: /, passPhrase);
    await restored(vm);
    for (const secret of [SEAL, passPhrase]) requireSilence(vm, secret);
  } finally {
    await vm.kill();
  }
  say("restored");
  await boots(backup, context, passPhrase, `${opens("/dev/vda4", passPhrase)}\ncryptsetup status data`);
}

export const scenarios: readonly Scenario[] = [
  {
    name: "uefi-luks-lvm",
    says: "LUKS2 below LVM and LUKS1 with a key file get new keys; without a pass phrase nothing is touched",
    ci: false,
    run: newKeys,
  },
  {
    name: "luks-headers",
    says: "LUKS volumes come back with the headers of the set: the old pass phrase and key file open them",
    ci: false,
    run: oldHeaders,
  },
];
