import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { SERVER, withServer } from "../support/network-lab.ts";
import type { Machine } from "../support/qemu.ts";
import { bash } from "../support/shell.ts";
import { choose, emptySet, inRescue, MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const PROMPT = /rescue:[^\n]*# /;
const MIB = 1024 * 1024;
const PARTITION = "5a3c1f52-0c3e-4f0a-9d0e-1b2c3d4e5f60";
const FILESYSTEM = "0fc63daf-8483-4772-8e79-3d69d8477de4";

/** A disk with one partition and a file system in it, all with names. */
async function namedDisk(directory: string): Promise<string> {
  const file = blankDisk(join(directory, "named.raw"), 64 * MIB);
  const line = `start=2048, size=61440, uuid=${PARTITION}, name=first`;
  await bash(`printf 'label: gpt\\n${line}\\n' | sfdisk -q ${file}`);
  await bash(`mke2fs -q -t ext4 -L 'a label' -U ${FILESYSTEM} -E offset=${2048 * 512} ${file} 30720k`);
  return file;
}

/** Plugs a USB card into a running machine, with a user network of its own. */
async function plugCard(vm: Machine, mac: string): Promise<void> {
  const id = `card-${mac.slice(-2)}`;
  await vm.qmp.execute("netdev_add", { type: "user", id: `net-${id}` });
  await vm.qmp.execute("device_add", { driver: "usb-net", netdev: `net-${id}`, bus: "usb.0", mac, id });
}

async function plugStick(vm: Machine, file: string): Promise<void> {
  const node = { driver: "raw", "node-name": "hot1", file: { driver: "file", filename: file } };
  await vm.qmp.execute("blockdev-add", node);
  const stick = { driver: "usb-storage", drive: "hot1", bus: "usb.0", serial: "HOT", removable: true, id: "stick0" };
  await vm.qmp.execute("device_add", stick);
}

/**
 * A machine without a network card: that is said; one that is plugged in while the rescue waits for it, by its hardware
 * address, gets an address. A stick that comes later shows in /dev/disk, and goes from there.
 */
async function hotPlugged(context: ScenarioContext): Promise<void> {
  const { directory } = context;
  const named = await namedDisk(directory);
  mkdirSync(join(directory, "stick"), { recursive: true });
  const stick = blankDisk(join(directory, "stick/stick.raw"), 16 * MIB);
  const disks = [{ file: named, format: "raw", bus: "virtio", serial: "D1" }] as const;
  await withServer(context, 4, { "alpha-1.iso": await emptySet(directory) }, async ({ namespace }) => {
    const network = { card: "none", namespace } as const;
    const words = `mondo.shell mondo.forcemods=nothing-here pxe ipconf=52-54-00-4d-4f-09:dhcp nfsmount=${SERVER}:/mondo`;
    await inRescue(context, { network, disks, words }, async (vm) => {
      await vm.expect(PROMPT, 300_000);
      await choose(vm, "exit", /mondo\.forcemods= names nothing_here: /);
      await vm.expect(/the network card 52:54:00:4d:4f:09 wasn't found: this machine shows no network card/, 10_000);
      await vm.expect(MENU, 10_000);
      vm.serial.send("again\r");
      await Bun.sleep(2000);
      await plugCard(vm, "52:54:00:4d:4f:09");
      await vm.expect(/52:54:00:4d:4f:09\) has 10\.0\.2\.15\/24, .* by DHCP/, 120_000);
      await vm.expect(/What shall be done\?/, 60_000);
      await choose(vm, "shell", PROMPT);
      await showsLinks(vm);
      await plugStick(vm, stick);
      const shown = "ls /dev/disk/by-id/usb-QEMU_QEMU_HARDDISK_HOT-0:0";
      vm.serial.send(`until ${shown} 2>/dev/null; do sleep 1; done; echo SHO''WN\r`);
      await vm.expect(/SHOWN/, 60_000);
      await vm.qmp.execute("device_del", { id: "stick0" });
      vm.serial.send(`while ${shown} >/dev/null 2>&1; do sleep 1; done; echo GO''NE\r`);
      await vm.expect(/GONE/, 60_000);
    });
  });
}

/** Every kind of name leads to the partition. */
async function showsLinks(vm: Machine): Promise<void> {
  const names = [
    "by-id/virtio-D1-part1",
    "by-path/pci-*-part1",
    `by-uuid/${FILESYSTEM}`,
    "by-label/a\\\\x20label",
    `by-partuuid/${PARTITION}`,
    "by-partlabel/first",
  ];
  const list = names.map((name) => `/dev/disk/${name}`).join(" ");
  vm.serial.send(`realpath -e ${list} | grep -c '^/dev/vda1$'; echo E''ND\r`);
  const [text] = await vm.expect(/[\s\S]*?\nEND/, 30_000);
  if (!text.includes(`\n${names.length}\n`)) throw new Error(`not all links: ${text}`);
}

/** Of two cards with cables the one that the machine was started over is used, whatever the words call it. */
async function severalCards(context: ScenarioContext): Promise<void> {
  await withServer(context, 4, { "alpha-1.iso": await emptySet(context.directory) }, async ({ namespace }) => {
    const network = { card: "none", namespace } as const;
    const words = `mondo.shell pxe ipconf=eth7:dhcp nfsmount=${SERVER}:/mondo BOOTIF=01-52-54-00-4d-4f-0a`;
    await inRescue(context, { network, words }, async (vm) => {
      await vm.expect(PROMPT, 300_000);
      for (const mac of ["52:54:00:4d:4f:09", "52:54:00:4d:4f:0a"]) await plugCard(vm, mac);
      vm.serial.send("exit\r");
      const card = "\\w+ \\(\\w+, 52:54:00:4d:4f:0a\\)";
      await vm.expect(new RegExp(`${card} is used: there is no card eth7; BOOTIF= names this one`), 60_000);
      // No further: the emulated USB cards lose too much for NFS to be mounted in time.
      await vm.expect(new RegExp(`${card} has 10\\.0\\.2\\.15/24, .* by DHCP`), 60_000);
    });
  });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "hot-plug",
    says: "a USB network card that comes while it is waited for gets an address; /dev/disk names what is there",
    ci: false,
    run: hotPlugged,
  },
  {
    name: "network-cards",
    says: "of two USB cards with cables, BOOTIF= picks the one that the machine was started over",
    ci: false,
    run: severalCards,
  },
];
