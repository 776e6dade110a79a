/** Whole restores by a person at full screens: at the machine's own screen, and at the serial line. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Backup } from "../support/lab.ts";
import { webServer, withServer } from "../support/network-lab.ts";
import { type DiskDevice, Machine, type MachineOptions } from "../support/qemu.ts";
import { bootRescue, bootsAsBefore, emptyDisk } from "../support/rescue.ts";
import { ScreenSeat, type Seat, type SeatKey, SerialSeat } from "../support/seat.ts";
import { run } from "../support/shell.ts";
import { emptySet, rescueImage } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const MACHINE = "bios-gpt-ext4";
/** What a key may cost: less than half a second at 9600 baud. */
const MOST_BYTES = 400;
const MENU = /What shall be done\?[\s\S]*Number[^\n]*:/;
/** Lines on full screens: what is chosen stands behind a `>`. */
const chosen = (label: string) => new RegExp(`^> *\\d+ {2}${label}`, "m");

/** Keeps what is on a screen, to be looked at and for the documentation; `still`: nothing moves on it. */
type Keep = (name: string, text: string, still?: boolean) => Promise<void>;

function keeper({ lab }: ScenarioContext, vm: Machine, seat: Seat): Keep {
  const home = join(lab.options.repository, "out/console");
  const isScreen = seat instanceof ScreenSeat;
  const kind = isScreen ? "screen" : "serial";
  mkdirSync(home, { recursive: true });
  return async (name, text, still = true) => {
    writeFileSync(join(home, `${kind}-${name}.txt`), `${still ? await seat.settled() : text}\n`);
    const picture = isScreen ? await vm.screenshot(name) : undefined;
    if (picture !== undefined) copyFileSync(picture, join(home, `${kind}-${name}.png`));
  };
}

/** A key that moves or types on what is there. */
async function cheap(seat: Seat, key: SeatKey): Promise<void> {
  const bytes = await seat.press(key);
  if (bytes > MOST_BYTES) throw new Error(`${key} costs ${bytes} bytes:\n${await seat.shown()}`);
}

async function typeCheaply(seat: Seat, text: string): Promise<void> {
  const bytes = await seat.type(text);
  if (bytes > MOST_BYTES) throw new Error(`a letter of ${text} costs ${bytes} bytes:\n${await seat.shown()}`);
}

/** Chooses what a menu calls so, by its number. */
async function pick(seat: Seat, label: string): Promise<void> {
  const text = await seat.until(new RegExp(`^[> ] *\\d+ {2}${label}`, "m"));
  const [, number = ""] = new RegExp(`^[> ] *(\\d+) {2}${label}`, "m").exec(text) ?? [];
  await seat.type(number);
  await seat.until(chosen(label));
  await seat.press("enter");
}

/** From the menu in lines to that on full screens. */
async function openFull(seat: Seat, keep: Keep): Promise<void> {
  const text = await seat.until(MENU, 180_000);
  const [, number = ""] = /(\d+) {2}Ask on full screens, on this console/.exec(text) ?? [];
  await keep("0-lines", text);
  await seat.type(number);
  await seat.press("enter");
  await keep("1-menu", await seat.until(chosen("Restore, with questions")));
}

/** What is in the set, and which disk becomes which; there and back again. */
async function upToTheDisks(seat: Seat, keep: Keep): Promise<void> {
  await seat.press("enter");
  await keep("2-set", await seat.until(/Restore 1\/4[\s\S]*Is this the one to restore\?/));
  await cheap(seat, "down");
  await seat.until(chosen("Back; nothing is written"));
  await seat.press("enter");
  await seat.until(chosen("Restore, with questions"));
  await seat.press("enter");
  await seat.until(/Restore 1\/4/);
  await seat.press("enter");
}

/** The last steps: the restore goes on, ends with its report, and the machine restarts after `last`. */
async function toTheEnd(vm: Machine, seat: Seat, keep: Keep, last = async () => {}): Promise<void> {
  await keep("5-work", await seat.until(/restore +\d+ %|Unpack the files/, 300_000), false);
  await keep("6-report", await seat.until(/Restore 4\/4: the report/, 900_000));
  await seat.press("enter");
  await keep("7-end", await seat.until(/The machine is restored\.[\s\S]*> *\d+ {2}Restart the machine/));
  await last();
  await seat.press("enter");
  if ((await vm.ended(120_000)) !== "reboot") throw new Error("the rescue switched the machine off");
}

/** A blank disk of the same size, at the machine's own keyboard and screen, which nobody has to read a manual for. */
async function atTheScreen(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup(MACHINE);
  const disk = emptyDisk(backup, directory, { serial: "NEW-DISK" });
  const vm = await bootRescue(backup, { directory: join(directory, "rescue"), disks: [disk], cpus: 2 });
  const seat = new ScreenSeat(vm);
  const keep = keeper(context, vm, seat);
  try {
    await seat.until(/Interactive: ask at every step/, 120_000);
    await vm.screenshot("boot");
    await seat.press("enter");
    await openFull(seat, keep);
    await upToTheDisks(seat, keep);
    await keep("3-disks", await seat.until(/Restore 2\/4[\s\S]*Restore like this\?/));
    await seat.press("page-down");
    await keep("3-disks-2", await seat.shown());
    await seat.type("1");
    await seat.until(chosen("Yes: erase"));
    await seat.press("enter");
    await keep("4-last-word", await seat.until(/> *2 {2}No\b/, 300_000));
    await seat.press("up");
    await seat.press("enter");
    await toTheEnd(vm, seat, keep);
  } finally {
    await vm.kill();
  }
  say("restored");
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

/** A disk that holds a file system that nobody knows. */
async function heldDisk(backup: Backup, directory: string): Promise<DiskDevice> {
  const disk = emptyDisk(backup, directory, { serial: "HELD-DISK" });
  await run(["mkfs.ext4", "-q", "-F", "-L", "holidays", disk.file]);
  return disk;
}

/** A stick that reports can be written to. */
async function reportStick(directory: string): Promise<DiskDevice> {
  const file = join(directory, "stick.raw");
  await run(["truncate", "-s", "64M", file]);
  await run(["mkfs.vfat", "-n", "REPORTS", file]);
  return { file, format: "raw", bus: "usb", serial: "REPORTSTICK" };
}

/** Saves the report on the stick, from the menu at the end. */
async function saveOnStick(seat: Seat, keep: Keep): Promise<void> {
  await seat.press("home");
  await seat.until(chosen("Save the report and the log on a stick"));
  await seat.press("enter");
  await keep("7-stick", await seat.until(/On which stick\?[\s\S]*> *1 {2}sd\w, REPORTS \(vfat/));
  await seat.press("enter");
  await seat.until(/mondo-\S+\.txt and mondo-\S+\.log are on sd\w, REPORTS[\s\S]*> *\d+ {2}Restart the machine/);
}

/** Puts another disc into the drive. */
async function changeDisc(vm: Machine, file: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await vm.qmp.execute("blockdev-change-medium", { device: "cd", filename: file, force: true });
      return;
    } catch (error) {
      if (tries === 5) throw error;
      await Bun.sleep(3000);
    }
  }
}

/** Boots the rescue system for a person at the serial line alone, who sits at a VT220. */
async function atVt220(
  context: ScenarioContext,
  wishes: Partial<MachineOptions>,
  work: (vm: Machine, seat: SerialSeat, keep: Keep) => Promise<void>,
): Promise<void> {
  const image = await rescueImage(context);
  const vm = await Machine.start({
    ...{ directory: join(context.directory, "rescue"), firmware: "bios", disks: [], cpus: 2 },
    kernel: {
      kernel: join(image, "vmlinuz"),
      initrd: join(image, "initrd.img"),
      words: "console=ttyS0,115200 quiet rootfstype=ramfs interactive mondo.ui=full",
    },
    ...wishes,
  });
  try {
    // Lines come first: what a VT220 makes of them doesn't count.
    await vm.wait("full screens", 180_000, () => vm.serial.unread().includes("Up Down Enter") || undefined);
    const seat = new SerialSeat(vm);
    vm.serial.send("\x0c");
    await work(vm, seat, keeper(context, vm, seat));
  } finally {
    await vm.kill();
  }
}

/** What happens on a line that nobody hits by intention. */
async function nonsense(seat: SerialSeat): Promise<void> {
  await seat.noise("99999\x00\x80\xff\x1b[<0;10;10M\x1b[200~xyz\x04");
  await seat.until(/What shall be done\?/);
  await seat.type("?");
  await seat.until(/^ Help:/m);
  await seat.press("escape");
  await seat.type("l");
  await seat.until(/^ What happened so far:/m);
  await seat.press("escape");
  await seat.press("home");
  await seat.until(chosen("Restore, with questions"));
}

/** The wrong disc, nonsense, second thoughts; then a restore over what a disk held. */
async function atTheSerialLine(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup(MACHINE);
  const disk = await heldDisk(backup, directory);
  const other = await emptySet(directory);
  const stick = await reportStick(directory);
  await atVt220(context, { disks: [disk, stick], cdrom: { file: other } }, async (vm, seat, keep) => {
    await keep("1-menu", await seat.until(chosen("Restore, with questions"), 30_000));
    await nonsense(seat);
    await seat.press("enter");
    await seat.until(/Restore 1\/4: the backup of alpha/);
    await seat.press("escape");
    await seat.until(chosen("Restore, with questions"));
    await pick(seat, "Choose another backup");
    await keep("2-source", await seat.until(/Where the backup is[\s\S]*> *1 {2}alpha/));
    await changeDisc(vm, backup.iso);
    await pick(seat, "Look again");
    await keep("2-source-again", await seat.until(/> *1 {2}(?!alpha).*\(sr0/));
    await seat.press("enter");
    await seat.until(chosen("Restore, with questions"));
    say("the right disc is found");
    await seat.press("home");
    await upToTheDisks(seat, keep);
    await keep("3-held", await seat.until(/Which disk shall become \/dev\/vda/));
    await seat.type("1");
    await seat.press("enter");
    await keep("3-held-2", await seat.until(/Is all of it to be lost\?[\s\S]*> *2 {2}No/));
    await cheap(seat, "up");
    await seat.press("enter");
    await keep("3-disks", await seat.until(/Restore 2\/4[\s\S]*Restore like this\?/));
    for (const key of ["down", "down", "up", "end", "home"] as const) await cheap(seat, key);
    await seat.press("enter");
    await keep("4-last-word", await seat.until(/Restore 3\/4[\s\S]*type its name \(vda\)/, 300_000));
    await typeCheaply(seat, "vdb");
    await seat.press("enter");
    await keep("4-wrong-name", await seat.until(/That is not what is shown above/));
    await seat.press("escape");
    await seat.until(/Restore 2\/4[\s\S]*Restore like this\?/);
    say("every way back leads back");
    await seat.press("home");
    await seat.press("enter");
    await seat.until(/type its name \(vda\)/, 300_000);
    await typeCheaply(seat, "HELD-DISK");
    await seat.press("enter");
    await toTheEnd(vm, seat, keep, () => saveOnStick(seat, keep));
  });
  const names = (await run(["mdir", "-b", "-i", stick.file, "::"])).trim();
  const [name = ""] = /mondo-\S+\.txt/.exec(names) ?? [];
  const report = name === "" ? names : await run(["mtype", "-i", stick.file, `::${name}`]);
  if (!/checked and are as in the backup[\s\S]*What to do now/.test(report))
    throw new Error(`the stick holds ${report}`);
  say("restored");
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

/** No medium at all: the place on a web server is typed, the cable is out, and is pulled once more meanwhile. */
async function overTheNetwork(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup(MACHINE);
  const disk = emptyDisk(backup, directory);
  await withServer(context, 4, { "web1-1.iso": backup.iso }, async (server) => {
    server.startInside([process.execPath, webServer, join(directory, "export"), "80"], join(directory, "web.log"));
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    await atVt220(context, { disks: [disk], network }, async (vm, seat, keep) => {
      const cable = (up: boolean) => vm.qmp.execute("set_link", { name: "net0", up });
      await cable(false);
      await keep("8-no-medium", await seat.until(/Could not find the medium[\s\S]*> *1 {2}Try again/, 120_000));
      await pick(seat, "Choose where the backup is");
      await keep("8-source", await seat.until(/No backup is on a disc[\s\S]*> *1 {2}Look again/));
      await pick(seat, "At a URL");
      await seat.until(/Where is it\?/);
      await typeCheaply(seat, "htp://10");
      await keep("8-typing", await seat.until(/Not a place yet\. Expected: http:/));
      await seat.press("enter");
      await seat.until(/Not a place yet/);
      for (let at = 0; at < 8; at += 1) await cheap(seat, "backspace");
      await seat.press("escape");
      await seat.until(chosen("At a URL|Look again"));
      await pick(seat, "At a URL");
      await seat.until(/Where is it\?/);
      await typeCheaply(seat, "http://10.0.2.2/web1-1.iso");
      await seat.press("enter");
      await keep(
        "8-card",
        await seat.until(/Which card leads to the server\?[\s\S]*> *1 {2}The card that has a cable/),
      );
      await seat.press("enter");
      await keep("8-no-link", await seat.until(/! .*no link[\s\S]*Where is the backup/, 120_000));
      await cable(true);
      await pick(seat, "At a URL");
      await keep("8-place-again", await seat.until(/\[http:\/\/10\.0\.2\.2\/web1-1\.iso\]>/));
      await seat.press("enter");
      await seat.until(/Which card leads/);
      await seat.press("enter");
      await seat.until(chosen("Restore, with questions"), 120_000);
      say("found over the network");
      await seat.press("home");
      await upToTheDisks(seat, keep);
      await seat.until(/Restore 2\/4[\s\S]*Restore like this\?/);
      await seat.press("home");
      await seat.press("enter");
      await seat.until(/Restore 3\/4[\s\S]*> *2 {2}No, back to the disks/, 300_000);
      await seat.press("up");
      await seat.press("enter");
      await seat.until(/restore +\d+ %/, 300_000);
      await cable(false);
      say("the cable is pulled");
      await Bun.sleep(25_000);
      await keep("8-away", await seat.shown(), false);
      await cable(true);
      await toTheEnd(vm, seat, keep);
    });
  });
  say("restored");
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "console-screen",
    says: "a person restores a machine on full screens, at its own keyboard and screen",
    ci: false,
    run: atTheScreen,
  },
  {
    name: "console-serial",
    says: "a person restores a machine on full screens over a serial line, with every mistake that one makes",
    ci: false,
    run: atTheSerialLine,
  },
  {
    name: "console-network",
    says: "a person types where the backup is, with the cable out, and restores it over the network",
    ci: false,
    run: overTheNetwork,
  },
];
