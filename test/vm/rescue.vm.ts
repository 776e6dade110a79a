import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { emptyManifest, EMPTY_SET as SET } from "../support/empty-manifest.ts";
import { executable } from "../support/mondo.ts";
import { Machine, type MachineOptions } from "../support/qemu.ts";
import { bash, run } from "../support/shell.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const OTHER_SET = "11111111-2222-3333-4444-555555555555";
const WORDS = `console=tty0 console=ttyS0,115200 quiet rootfstype=ramfs`;
export const MENU = /What shall be done\?[\s\S]*Number.*: /;
export const PROMPT = /rescue:[^\n]*# /;

/** Kernel and initrd of this machine, made once for all scenarios here. */
let image: Promise<string> | undefined;
export function rescueImage({ lab }: ScenarioContext): Promise<string> {
  const directory = join(lab.options.cache, `rescue-${lab.executableKey}`);
  mkdirSync(directory, { recursive: true });
  image ??= run([executable, "image", "-d", directory, "-k", "FAILSAFE"]).then(() => directory);
  return image;
}

/** A disc with a set that has a manifest and nothing else: enough to be found. */
export async function emptySet(directory: string): Promise<string> {
  const tree = join(directory, "tree");
  mkdirSync(join(tree, "mondo"), { recursive: true });
  writeFileSync(join(tree, "mondo/manifest.json"), emptyManifest("alpha"));
  const iso = join(directory, "set.iso");
  await run(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", "MONDO", "-o", iso, tree]);
  return iso;
}

interface Wishes extends Partial<Omit<MachineOptions, "directory">> {
  readonly words?: string;
}

/** Boots the rescue system by -kernel and -initrd; switches it off at the end, whatever happens. */
export async function inRescue(
  context: ScenarioContext,
  wishes: Wishes,
  work: (vm: Machine) => Promise<void>,
): Promise<void> {
  const { words, ...options } = wishes;
  const directory = await rescueImage(context);
  const vm = await Machine.start({
    directory: context.directory,
    firmware: "bios",
    disks: [],
    cpus: 2,
    kernel: {
      kernel: join(directory, "vmlinuz"),
      initrd: join(directory, "initrd.img"),
      words: `${WORDS} ${words ?? ""}`,
    },
    ...options,
  });
  try {
    await work(vm);
  } finally {
    await vm.kill();
  }
}

/** Types a line into the shell and waits for what it must say. */
async function shell(vm: Machine, line: string, says: RegExp): Promise<string> {
  vm.serial.send(`${line}\r`);
  const [text] = await vm.expect(says, 60_000);
  await vm.expect(PROMPT, 60_000);
  return text;
}

export async function choose(vm: Machine, word: string, then: RegExp): Promise<void> {
  vm.serial.send(`${word}\r`);
  await vm.expect(then, 60_000);
}

async function leaveShell(vm: Machine): Promise<void> {
  await choose(vm, "exit", MENU);
}

/** Finds its set, gives a shell with job control as often as wanted, and leaves file systems clean. */
async function workingShell(context: ScenarioContext): Promise<void> {
  const disk = blankDisk(join(context.directory, "disk.raw"), 64 * 1024 * 1024);
  const cdrom = { file: await emptySet(context.directory) };
  const disks = [{ file: disk, format: "raw", bus: "nvme", serial: "D1" }] as const;
  await inRescue(context, { cdrom, disks, words: `mondo.set=${SET}` }, async (vm) => {
    await vm.expect(/Backup of alpha \(Debian 12\)/, 120_000);
    await vm.expect(MENU, 60_000);
    await choose(vm, "shell", PROMPT);
    vm.serial.send("sleep 1000\r");
    await Bun.sleep(2000);
    await choose(vm, "\x03", PROMPT);
    vm.serial.send("sleep 1000\r");
    await Bun.sleep(2000);
    vm.serial.send("\x1a");
    await vm.expect(/Stopped +sleep 1000/, 20_000);
    await shell(vm, "kill %1; mke2fs -q -t ext4 /dev/nvme0n1 && mkdir -p /mnt/restore && echo MADE", /\nMADE\n/);
    // Neither was loaded yet: the kernel asks us for the file system, and it for its checksum.
    await shell(vm, "mount /dev/nvme0n1 /mnt/restore && mkdir /mnt/restore/dir && echo MOUNTED", /\nMOUNTED\n/);
    await shell(vm, "sleep 1000 > /mnt/restore/dir/busy & cd /mnt/restore; echo BUSY", /\nBUSY\n/);
    await leaveShell(vm);
    for (let time = 0; time < 10; time += 1) {
      await choose(vm, "shell", PROMPT);
      await leaveShell(vm);
    }
    await choose(vm, "shell", PROMPT);
    vm.serial.send("reboot\r");
    if ((await vm.ended(60_000)) !== "reboot") throw new Error("reboot switched the machine off");
  });
  const output = await bash(`e2fsck -fn ${disk} 2>&1 || true; dumpe2fs -h ${disk} 2>&1 | grep state`);
  if (!/Filesystem state: +clean\n/.test(output)) throw new Error(`the file system was not left clean:\n${output}`);
}

/** The worker crashes: PID 1 explains, gives shells, starts it anew, and the kernel never panics. */
async function workerDies(context: ScenarioContext): Promise<void> {
  const cdrom = { file: await emptySet(context.directory) };
  await inRescue(context, { cdrom, memoryMiB: 512 }, async (vm) => {
    await vm.expect(MENU, 120_000);
    await choose(vm, "shell", PROMPT);
    vm.serial.send("kill -SEGV $PPID\r");
    await vm.expect(/The rescue program was ended by a segmentation fault/, 60_000);
    await vm.expect(/Last lines of \/run\/mondo\/init\.log/, 60_000);
    await vm.expect(MENU, 60_000);
    for (let time = 0; time < 10; time += 1) {
      await choose(vm, "1", PROMPT);
      await leaveShell(vm);
    }
    await choose(vm, "again", /Backup of alpha/);
    await vm.expect(MENU, 60_000);
    await choose(vm, "shell", PROMPT);
    vm.serial.send("kill -9 1; kill -HUP 1; poweroff\r");
    if ((await vm.ended(60_000)) !== "off") throw new Error("poweroff restarted the machine");
  });
}

/** Keyboard and screen work beside the serial line, UEFI variables are there, Ctrl-Alt-Del restarts in good order. */
async function keyboard(context: ScenarioContext): Promise<void> {
  const cdrom = { file: await emptySet(context.directory) };
  await inRescue(context, { cdrom, firmware: "uefi" }, async (vm) => {
    await vm.expect(MENU, 120_000);
    await choose(vm, "shell", PROMPT);
    await shell(vm, "ls /sys/firmware/efi/efivars", /BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c/);
    await leaveShell(vm);
    await vm.pressKeys("6", "ret");
    await vm.expect(/The shell opens on \/dev\/tty1/, 30_000);
    await Bun.sleep(3000);
    await vm.pressKeys("e", "x", "i", "t", "ret");
    await vm.expect(MENU, 30_000);
    const keys = ["ctrl", "alt", "delete"].map((data) => ({ type: "qcode", data }));
    await vm.qmp.execute("send-key", { keys });
    await vm.expect(/unmounting file systems[\s\S]*Done\./, 30_000);
    if ((await vm.ended(60_000)) !== "reboot") throw new Error("Ctrl-Alt-Del did not restart the machine");
  });
}

/** The keyboard types what is printed on its keys: in French by a boot word, in German by the menu. */
async function keymap(context: ScenarioContext): Promise<void> {
  const cdrom = { file: await emptySet(context.directory) };
  await inRescue(context, { cdrom, words: "keymap=fr" }, async (vm) => {
    await vm.expect(MENU, 120_000);
    // The same keys in all of these layouts.
    const shellAndTouch = async (...keys: readonly string[]) => {
      await vm.pressKeys("s", "h", "e", "l", "l", "ret");
      await vm.expect(/The shell opens on \/dev\/tty1/, 30_000);
      await Bun.sleep(5000);
      await vm.pressKeys("t", "o", "u", "c", "h", "spc", ...keys, "ret");
      await vm.pressKeys("e", "x", "i", "t", "ret");
      await vm.expect(MENU, 30_000);
    };
    await shellAndTouch("q", "w", "semicolon");
    vm.serial.send("keyboard\r");
    await vm.expect(/Which layout has the keyboard\?[\s\S]*French \(fr\)[\s\S]*Number \[\d+\]: /, 30_000);
    await choose(vm, "de", MENU);
    await shellAndTouch("y", "minus");
    await choose(vm, "shell", PROMPT);
    const names = await shell(vm, "ls /root", /\nrescue:|\n[^\n]*azm[^\n]*\n/);
    if (!/\bazm\b/.test(names)) throw new Error(`French keys typed ${names}`);
    await shell(vm, "ls -d /root/z\u00df && echo FOUND", /\nFOUND/);
    await choose(
      vm,
      "grep -a keyboard: /run/mondo/init.log",
      /keyboard: French; the kernel took (\d+) of \1 [\s\S]*keyboard: German; the kernel took (\d+) of \2 /,
    );
  });
}

/** The wrong disc is named, and so is what a restore lacks without one; words that make no sense are told. */
async function wrongDisc(context: ScenarioContext): Promise<void> {
  const cdrom = { file: await emptySet(context.directory) };
  const words = `mondo.set=${OTHER_SET} mondo.shell ipconf=eth0:1.2.3 pxe nuke prefix=compare`;
  await inRescue(context, { cdrom, words }, async (vm) => {
    await vm.expect(/ipconf=eth0:1\.2\.3: expected ipconf=DEV:IP:NETMASK:BROADCAST:GATEWAY/, 120_000);
    await vm.expect(PROMPT, 30_000);
    await choose(vm, "exit", /pxe was given, but no nfsmount= that says where the set is/);
    await vm.expect(MENU, 10_000);
    vm.serial.send("skip\r");
    await vm.expect(new RegExp(`no medium with the backup set ${OTHER_SET} was found`), 120_000);
    await vm.expect(new RegExp(`sr0 \\(.*\\): it holds another set: alpha of .* \\(${SET}\\)`), 10_000);
    await vm.expect(MENU, 10_000);
    await choose(vm, "skip", /! The restore: no backup set was found/);
    await vm.expect(MENU, 10_000);
    await choose(vm, "poweroff", /is switched off/);
    if ((await vm.ended(60_000)) !== "off") throw new Error("poweroff restarted the machine");
  });
}

/** Expert mode: a shell at once, without a medium, with modules forced and denied. */
async function expert(context: ScenarioContext): Promise<void> {
  const disk = blankDisk(join(context.directory, "disk.raw"), 16 * 1024 * 1024);
  const disks = [{ file: disk, format: "raw", bus: "virtio", serial: "D1" }] as const;
  await inRescue(context, { disks, words: "expert mondo.denymods=virtio-blk mondo.forcemods=xfs" }, async (vm) => {
    await vm.expect(PROMPT, 120_000);
    await shell(vm, "ls /dev/vda", /cannot access '\/dev\/vda'/);
    await shell(vm, "grep -c '^xfs ' /proc/modules", /\n1\n/);
    await shell(vm, "modprobe virtio_blk", /modprobe: virtio_blk: mondo\.denymods= forbids it/);
    await shell(vm, "ps -e | grep -c ' bash$'", /\n[6-9]\n/);
    // The screen has a shell of its own, which stays when that of the serial line ends.
    await vm.pressKeys("c", "d", "spc", "slash", "t", "m", "p", "ret", "m", "k", "d", "i", "r", "spc", "a", "ret");
    await shell(vm, "sleep 3; ls -d /tmp/a", /\n\/tmp\/a\r?\n/);
    await leaveShell(vm);
    await vm.pressKeys("m", "k", "d", "i", "r", "spc", "b", "ret");
    await choose(vm, "shell", PROMPT);
    await shell(vm, "sleep 3; ls -d /tmp/b", /\n\/tmp\/b\r?\n/);
    await leaveShell(vm);
    vm.serial.send("\x03");
    await vm.expect(MENU, 30_000);
    await choose(vm, "compare", /! The comparison: no backup set was found/);
    await vm.expect(MENU, 30_000);
    await choose(vm, "shell", PROMPT);
    await choose(vm, "halt", /System halted/);
  });
}

/** A disc that is put in while the rescue waits for it is found. */
async function lateDisc(context: ScenarioContext): Promise<void> {
  const file = await emptySet(context.directory);
  await inRescue(context, { cdrom: { file }, words: `mondo.set=${SET}` }, async (vm) => {
    await vm.qmp.execute("eject", { device: "cd", force: true });
    await vm.expect(/Waiting for the medium/, 120_000);
    await vm.qmp.execute("blockdev-change-medium", { device: "cd", filename: file });
    await vm.expect(/Backup of alpha/, 60_000);
    await vm.expect(MENU, 30_000);
  });
}

export const FRENCH_MENU = /Que faire.\?[\s\S]*Numéro.*: /;

/** `lang=fr`, which the kernel hands on, is the language of everything that is said, and of answers. */
async function french(context: ScenarioContext): Promise<void> {
  const file = await emptySet(context.directory);
  await inRescue(context, { cdrom: { file }, words: `lang=fr mondo.set=${SET} compare` }, async (vm) => {
    await vm.expect(/Système de secours/, 120_000);
    const [menu] = await vm.expect(FRENCH_MENU, 120_000);
    if (/\b(the|what|choose|open)\b/i.test(menu)) throw new Error(`English in the menu: ${menu}`);
    await choose(vm, "shell", PROMPT);
    await shell(vm, "mondo help nothing", /il n'y a pas|aucune commande|n'existe pas/);
    await choose(vm, "exit", FRENCH_MENU);
  });
  await inRescue(context, { words: "lang=fr.ASCII expert" }, async (vm) => {
    await vm.expect(/Systeme de secours/, 120_000);
    await vm.expect(PROMPT, 120_000);
  });
}

export const scenarios: readonly Scenario[] = [
  { name: "rescue-shell", says: "the rescue gives working shells and leaves disks clean", ci: true, run: workingShell },
  { name: "rescue-crash", says: "a crash of the rescue program is explained and survived", ci: true, run: workerDies },
  { name: "rescue-keyboard", says: "keyboard, UEFI variables and Ctrl-Alt-Del work", ci: false, run: keyboard },
  {
    name: "rescue-keymap",
    says: "the keyboard has the layout of a boot word, and another one by the menu",
    ci: false,
    run: keymap,
  },
  {
    name: "rescue-french",
    says: "the rescue speaks French by a boot word, with accents or without",
    ci: false,
    run: french,
  },
  { name: "rescue-wrong-disc", says: "a wrong disc and wrong boot words are named", ci: false, run: wrongDisc },
  { name: "rescue-expert", says: "expert mode is a shell without a medium", ci: false, run: expert },
  { name: "rescue-late-disc", says: "a disc put in late is found", ci: false, run: lateDisc },
];
