import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { emptyManifest } from "../support/empty-manifest.ts";
import { SERVER, webServer, withServer } from "../support/network-lab.ts";
import { makeTree } from "../support/pxe-lab.ts";
import { Machine } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, isAsBefore, isUntouched, restored } from "../support/rescue.ts";
import { bash, run } from "../support/shell.ts";
import { choose, inRescue, MENU, rescueImage } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const MIB = 1024 * 1024;
const MAC = "52:54:00:4d:4f:01";
const FILE = "52-54-00-4d-4f-01.json";
/** What tells that a request has been answered. */
const MARKER = /mondo-restored\.json/;

/**
 * Two equal blank disks, which nuke alone would refuse: the answers for this card name one by its serial number.
 * Malformed ones are told before anything is written; at the end the machine is switched off, as they say.
 */
async function answered(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const [spare, wanted] = ["TWIN-A", "TWIN-B"].map((serial) => emptyDisk(backup, directory, { serial }));
  if (!spare || !wanted) throw new Error("two disks were not made");
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async (server) => {
    const answers = join(directory, "web/answers");
    mkdirSync(answers, { recursive: true });
    const own = join(answers, FILE);
    writeFileSync(join(answers, "default.json"), '{"version": 1, "mode": "compare"}');
    writeFileSync(own, '{"version": 1, "mode": "nuke", "disks": {"sda": "TWIN-B"}}');
    const web = server.startInside([process.execPath, webServer, join(directory, "web")], join(directory, "web.log"));
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const words = `pxe prefix=m1 nfsmount=${SERVER}:/mondo mondo.answers=http://${SERVER}/answers/`;
    await inRescue(context, { network, words, disks: [spare, wanted] }, async (vm) => {
      await vm.expect(/\/answers\/52-54-00-4d-4f-01\.json holds no answers .*: disks\.sda: expected \{"wwn"/, 180_000);
      await vm.expect(MENU, 10_000);
      const disks = { vda: { serial: "TWIN-B" } };
      writeFileSync(own, JSON.stringify({ version: 1, mode: "nuke", disks, resize: false, end: "poweroff" }));
      await choose(vm, "again", /Answers: http:\/\/10\.0\.2\.2\/answers\/52-54-00-4d-4f-01\.json/);
      await vm.expect(/ERASED: .*TWIN-B[^\n]*\n[^\n]*\(your choice\)/, 180_000, /\n! The restore/);
      say("the disk of the answers was chosen");
      await vm.expect(/is restored in [^\n]*checked/, 900_000, /\n! The restore: .*\n|, except for \d+ problem/);
      if ((await vm.ended(120_000)) !== "off") throw new Error("the rescue restarted the machine");
    }).finally(() => web.kill("SIGKILL"));
  });
  if (!isUntouched(spare.file)) throw new Error("the disk that the answers don't name was written to");
  await bootsAsBefore(backup, [wanted], { directory: join(directory, "result") });
}

/**
 * A machine that always starts over the network, from a tree that restores it by itself: the second start of the same
 * entry finds the restored system and goes on with it. A tree that was made anew restores it again.
 */
async function once(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, directory);
  const words = ["--nfs", `${SERVER}:/mondo`, "--prefix", "m1", "--mac", `${MAC}=m1`, "--unattended", backup.iso];
  const tree = await makeTree(context, words);
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async ({ namespace }) => {
    const from = { tftp: tree, file: "pxelinux.0" };
    const network = { card: "virtio-net-pci", namespace, start: from } as const;
    const start = async (name: string, work: (vm: Machine) => Promise<void>) => {
      const more = { firmware: "bios", disks: [disk], network, cpus: 2, memoryMiB: 1536 } as const;
      const vm = await Machine.start({ directory: join(directory, name), ...more });
      await work(vm).finally(() => vm.kill());
    };
    await start("first", (vm) => restored(vm));
    say("restored by itself");
    await start("second", async (vm) => {
      await vm.expect(/Nothing to do: this machine was already restored for the request [0-9a-f-]{36}/, 420_000);
      await vm.expect(/goes on with the system on its disk/, 60_000);
      await isAsBefore(vm, backup, MARKER);
      await vm.powerOff();
    });
    say("the second start went to the disk");
    await makeTree(context, words);
    await start("third", async (vm) => {
      await vm.expect(/All that is on [^\n]* is ERASED/, 420_000, /Nothing to do|\n! The restore/);
    });
  });
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result"), differs: MARKER });
}

const machine = JSON.parse(readFileSync(new URL("../machines/bios-gpt-ext4/layout.json", import.meta.url), "utf8"));
const BOOT = "6d6f6e64-6f00-4000-8000-000000000102";

/** A disc with the head of a set: the layout of a machine, and not one file. */
async function headOf(directory: string): Promise<string> {
  const tree = join(directory, "head/mondo");
  mkdirSync(tree, { recursive: true });
  const catalog = {
    name: "catalog.mcat.zst",
    sizeBytes: 4,
    sha256: new Bun.CryptoHasher("sha256").update("none").digest("hex"),
  };
  const { digest: _, ...empty } = JSON.parse(emptyManifest("alpha"));
  const manifest = { ...empty, layout: machine, catalog };
  writeFileSync(join(tree, "manifest.json"), JSON.stringify(manifest));
  writeFileSync(join(tree, catalog.name), "none");
  const iso = join(directory, "head.iso");
  await run(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", "MONDO", "-o", iso, dirname(tree)]);
  return iso;
}

/** A disk whose /boot says that `request-1` restored it, and whose boot menu starts a system that tells so. */
async function restoredDisk(context: ScenarioContext): Promise<string> {
  const { directory } = context;
  const image = await rescueImage(context);
  const boot = join(directory, "boot");
  mkdirSync(join(boot, "grub"), { recursive: true });
  for (const name of ["vmlinuz", "initrd.img"]) copyFileSync(join(image, name), join(boot, name));
  const words = "console=ttyS0,115200 rootfstype=ramfs mondo.shell from=disk";
  const entry = `menuentry 'Debian' {\n\tlinux\t/vmlinuz root=/dev/vda5 ro ${words}\n\tinitrd\t/initrd.img\n}\n`;
  writeFileSync(join(boot, "grub/grub.cfg"), entry);
  writeFileSync(join(boot, "mondo-restored.json"), '{"request":"request-1","set":"s","restored":1700000000}');
  const file = blankDisk(join(directory, "restored.raw"), 3072 * MIB);
  await bash(`printf 'label: gpt\nstart=2048, size=614400\n' | sfdisk -q ${file}`);
  await bash(`mke2fs -q -t ext2 -U ${BOOT} -d ${boot} -E offset=${2048 * 512} ${file} 300M`);
  return file;
}

/** What the request has restored is started, not restored again; another request goes on to the countdown. */
async function asked(context: ScenarioContext): Promise<void> {
  const cdrom = { file: await headOf(context.directory) };
  const file = await restoredDisk(context);
  const disks = [{ file, format: "raw", bus: "virtio", serial: "D1" }] as const;
  const more = { cdrom, disks, memoryMiB: 1536 };
  await inRescue(context, { ...more, words: "nuke mondo.once=request-1" }, async (vm) => {
    await vm.expect(
      /Nothing to do: this machine was already restored for the request request-1 \(2023-11-14 22:13 UTC\)/,
      420_000,
    );
    await vm.expect(/goes on with the system on its disk/, 60_000);
    await vm.expect(/rescue:[^\n]*# /, 420_000);
    vm.serial.send("grep -c from=disk /proc/cmdline; echo E''ND\r");
    await vm.expect(/\n1\r?\n[\s\S]*END/, 30_000);
  });
  await inRescue(context, { ...more, words: "nuke mondo.once=request-2" }, async (vm) => {
    await vm.expect(/All that is on [^\n]* is ERASED/, 420_000, /Nothing to do|\n! The restore/);
    vm.serial.send("x");
    await vm.expect(/Stopped; nothing was written/, 30_000);
  });
}

/** Of two equal disks the answers name one, wherever they lie; what is wrong with them is told before anything else. */
async function named(context: ScenarioContext): Promise<void> {
  const { directory } = context;
  const disks = ["TWIN-A", "TWIN-B"].map((serial) => {
    const file = blankDisk(join(directory, `${serial}.raw`), 3072 * MIB);
    return { file, format: "raw", bus: "virtio", serial } as const;
  });
  const stick = join(directory, "keys.raw");
  const keys = join(directory, "keys");
  mkdirSync(keys);
  const answers = { version: 1, mode: "nuke", disks: { vda: { serial: "TWIN-B" } }, end: "poweroff" };
  writeFileSync(join(keys, "good.json"), JSON.stringify(answers));
  writeFileSync(join(keys, "bad.json"), JSON.stringify({ ...answers, disks: { vda: { serial: "TWIN-C" } } }));
  writeFileSync(join(keys, "worse.json"), '{"version": 1, "pass": "secret"}');
  blankDisk(stick, 16 * MIB);
  await run(["mke2fs", "-q", "-t", "ext4", "-L", "KEYS", "-d", keys, stick]);
  const all = [...disks, { file: stick, format: "raw", bus: "usb", serial: "KEYS" } as const];
  const cdrom = { file: await headOf(directory) };
  const tries = [
    ["good", /ERASED: [^\n]*TWIN-B[^\n]*\n[^\n]*your choice[\s\S]*will be erased/],
    ["bad", /! The restore: the answers name the disk with serial TWIN-C, which this machine does not have/],
    ["worse", /LABEL=KEYS:\/worse\.json holds no answers that this version understands: pass: /],
    ["none", /the answers LABEL=KEYS:\/none\.json is not there/],
  ] as const;
  for (const [name, says] of tries) {
    await inRescue(context, { cdrom, disks: all, words: `mondo.answers=LABEL=KEYS:/${name}.json` }, async (vm) => {
      await vm.expect(says, 420_000);
      if (name === "good") vm.serial.send("x");
      await vm.expect(MENU, 30_000);
    });
  }
  for (const { file, serial } of disks) if (!isUntouched(file)) throw new Error(`${serial} was written to`);
}

export const scenarios: readonly Scenario[] = [
  {
    name: "answers",
    says: "answers on a stick name one of two equal disks; wrong ones are reported before anything is written",
    ci: false,
    run: named,
  },
  {
    name: "once",
    says: "nuke starts what the same request restored before, and nothing else",
    ci: false,
    run: asked,
  },
  {
    name: "fleet-answers",
    says: "mondo.answers= for one card: malformed answers are reported, then one of two equal disks is restored by its serial number",
    ci: false,
    run: answered,
  },
  {
    name: "fleet-once",
    says: "mondo pxe --unattended restores a machine once; the next start of the same entry boots its disk",
    ci: false,
    run: once,
  },
];
