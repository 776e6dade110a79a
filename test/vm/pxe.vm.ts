import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Backup } from "../support/lab.ts";
import { SERVER, STATIC, withServer } from "../support/network-lab.ts";
import type { NfsServer } from "../support/nfs-server.ts";
import {
  BRIDGE,
  makeTree,
  typeLabel,
  typeOnKeyboard,
  withBridge,
  withForeignDhcp,
  withServing,
} from "../support/pxe-lab.ts";
import { type DiskDevice, Machine, type NetworkCard } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { attempt, run } from "../support/shell.ts";
import { answer } from "./modes.vm.ts";
import { MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

const mac = (number: number) => `52:54:00:4d:4f:0${number}`;

/** A machine with nothing but a card to start from. */
const start = (directory: string, firmware: "bios" | "uefi", disks: readonly DiskDevice[], network: NetworkCard) =>
  Machine.start({ directory, firmware, disks, network, cpus: 2, memoryMiB: 1536 });

/** One that bears `acpi=off`: a newer machine could not take the card's interrupts. */
const startOld = (directory: string, disks: readonly DiskDevice[], network: NetworkCard) =>
  Machine.start({ directory, firmware: "bios", chipset: "pc", disks, network, cpus: 2, memoryMiB: 1536 });

/** Types a line where only the screen would show the prompt, again when no kernel speaks a while later. */
async function typeBlindly(vm: Machine, line: string): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) {
    await Bun.sleep(25_000);
    await typeOnKeyboard(vm, line);
    for (let waited = 0; waited < 90; waited += 1) {
      if (/Linux version/.test(vm.serial.unread())) return;
      await Bun.sleep(1000);
    }
  }
  throw await vm.failure("pxelinux did not start the kernel");
}

/** Through the questions of a restore with no disk to choose. */
async function answerAll(vm: Machine): Promise<void> {
  await answer(vm, /What shall be done\?[\s\S]*Number[^\n]*: /, "interactive");
  await answer(vm, /Restore like this\?[\s\S]*Number[^\n]*: /, "go");
  await answer(vm, /Erase the disks named above now\?[^\n]*: ?/, "yes");
  await vm.expect(/is restored in [^\n]*checked/, 900_000, /\n! The restore: .*\n|, except for \d+ problem/);
  await answer(vm, /The machine is restored\.[\s\S]*Number[^\n]*: /, "reboot");
  if ((await vm.ended(120_000)) !== "reboot") throw new Error("the rescue switched the machine off");
}

const showBack = (backup: Backup, disk: DiskDevice, directory: string) =>
  bootsAsBefore(backup, [disk], { directory: join(directory, "result") });

/**
 * The recipe for Ignite-UX as `mondo pxe` writes it, its append line as Mondo's users have it: typing restore_mondo
 * restores. Only the console is typed besides, for this test to see it.
 */
async function oldWords(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, context.directory);
  const image = join(context.directory, "mondorescue-1.iso");
  copyFileSync(backup.iso, image);
  const words = ["--nfs", `${SERVER}:/mondo`, "--mac", `${mac(1)}=mondorescue,eth0:${STATIC}`, image];
  const tree = await makeTree(context, words);
  const boot = join(context.directory, "ignite");
  mkdirSync(join(boot, "pxelinux.cfg"), { recursive: true });
  for (const file of ["pxelinux.0", "ldlinux.c32", "vmlinuz-mondo", "initrd-mondo.img"]) {
    copyFileSync(join(tree, file), join(boot, file));
  }
  copyFileSync(join(tree, "server/ignite-ux/default"), join(boot, "pxelinux.cfg/default"));
  await withServer(context, 4, { "mondorescue-1.iso": image }, async ({ namespace }) => {
    const from = { tftp: boot, file: "pxelinux.0" };
    const network = { card: "e1000", namespace, start: from } as const;
    const vm = await startOld(join(context.directory, "rescue"), [disk], network);
    try {
      // Without `serial` in the recipe its prompt is on the screen alone, and the keyboard types.
      await typeBlindly(vm, "restore_mondo console=tty0 console=ttyS0,115200");
      await answerAll(vm);
    } finally {
      await vm.kill();
    }
  });
  await showBack(backup, disk, context.directory);
}

/**
 * The append line that Mondo's talks show, word for word but for addresses: kernel and initrd in directories of their
 * own, no mode named.
 */
async function oldLine(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, context.directory);
  const tree = await makeTree(context, ["--nfs", `${SERVER}:/mondo`, "--prefix", "mach1", backup.iso]);
  const boot = join(context.directory, "old");
  const files = {
    "pxelinux.0": "pxelinux.0",
    "ldlinux.c32": "ldlinux.c32",
    "vmlinuz-mondo": "kernel/vmlinuz-mondo",
    "initrd-mondo.img": "initrd/initrd-mondo.img",
  };
  for (const name of ["kernel", "initrd", "pxelinux.cfg"]) mkdirSync(join(boot, name), { recursive: true });
  for (const [from, to] of Object.entries(files)) copyFileSync(join(tree, from), join(boot, to));
  const line =
    "root=/dev/ram rw pxe initrd=initrd/initrd-mondo.img ramdisk_size=32768 prefix=mach1 load_ramdisk=1 " +
    `prompt_ramdisk=0 ipconf=eth1:${STATIC} nfsmount=${SERVER}:/mondo ping=5`;
  const config = `serial 0 115200\nprompt 1\nlabel mondo\n   kernel kernel/vmlinuz-mondo\n   append ${line}\n`;
  writeFileSync(join(boot, "pxelinux.cfg/default"), config);
  await withServer(context, 4, { "mach1-1.iso": backup.iso }, async ({ namespace }) => {
    const from = { tftp: boot, file: "pxelinux.0" };
    const network = { card: "virtio-net-pci", namespace, start: from } as const;
    const vm = await start(join(context.directory, "rescue"), "bios", [disk], network);
    try {
      await typeLabel(vm, "mondo console=tty0 console=ttyS0,115200");
      await vm.expect(/is used: there is no card eth1; this is the only one/, 300_000);
      await answerAll(vm);
    } finally {
      await vm.kill();
    }
  });
  await showBack(backup, disk, context.directory);
}

/**
 * Beside the network's own DHCP server, which is left alone: BIOS and UEFI machines are told what to start all the
 * same.
 */
async function proxy(context: ScenarioContext): Promise<void> {
  const { lab, directory } = context;
  const backup = await lab.backup("uefi-gpt-xfs");
  const tree = await makeTree(context, ["--nfs", `${BRIDGE.address}:/mondo`, "--prefix", "m3", backup.iso]);
  const ask = async (server: NfsServer, firmware: "bios" | "uefi") => {
    const network = { card: "virtio-net-pci", namespace: server.namespace, tap: "tap0", start: "tap" } as const;
    const vm = await start(join(directory, firmware), firmware, [], network);
    try {
      if (firmware === "bios") await typeLabel(vm, "restore_mondo");
      else {
        await vm.expect(/Boot from the disk/, 240_000);
        await Bun.sleep(1000);
        vm.serial.send("r");
      }
      await vm.expect(/by DHCP from 10\.77\.0\.2\n/, 300_000);
      await vm.expect(/Backup of .* on 10\.77\.0\.1:\/mondo\/m3-1\.iso/, 60_000);
    } finally {
      await vm.kill();
    }
  };
  const work = async (server: NfsServer) => {
    await ask(server, "bios");
    await ask(server, "uefi");
  };
  await withBridge(context, { "m3-1.iso": backup.iso }, (server) =>
    withForeignDhcp(server, join(directory, "dhcp.log"), () =>
      withServing(server, directory, tree, () => work(server), []),
    ),
  );
}

/** From power-on over pxelinux to the rescue's network: there is no NFS server, which is told. */
async function started(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const tree = await makeTree(context, ["--nfs", `${SERVER}:/mondo`, "--prefix", "m1", backup.iso]);
  const namespace = `mondo-pxe-${process.pid}`;
  await run(["ip", "netns", "add", namespace]);
  try {
    await run(["ip", "-n", namespace, "link", "set", "lo", "up"]);
    const from = { tftp: tree, file: "pxelinux.0" };
    const network = { card: "virtio-net-pci", namespace, start: from } as const;
    const vm = await start(join(context.directory, "rescue"), "bios", [], network);
    try {
      await typeLabel(vm, "restore_mondo");
      await vm.expect(/eth0 \(virtio_net, .*\) has 10\.0\.2\.15\/24, gateway 10\.0\.2\.2, by DHCP/, 240_000);
      await vm.expect(/10\.0\.2\.2 is there, but runs no NFS server/, 60_000);
      await vm.expect(MENU, 10_000);
    } finally {
      await vm.kill();
    }
  } finally {
    await attempt(["ip", "netns", "delete", namespace]);
  }
}

/**
 * One server, two machines with cards of two makes, each with its own file in pxelinux.cfg: each gets its own set back.
 */
async function twoMachines(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const [first, second] = [await lab.backup("bios-gpt-ext4"), await lab.backup("bios-mbr-logical")];
  const shelf = join(directory, "shelf");
  mkdirSync(shelf);
  const images = { "m1-1.iso": join(shelf, "m1-1.iso"), "m2-1.iso": join(shelf, "m2-1.iso") };
  copyFileSync(first.iso, images["m1-1.iso"]);
  copyFileSync(second.iso, images["m2-1.iso"]);
  const machines = ["--mac", `${mac(1)}=m1`, "--mac", `${mac(2)}=m2,dhcp`];
  const nfs = `${BRIDGE.address}:/mondo`;
  const tree = await makeTree(context, ["--nfs", nfs, "--prefix", "m1", ...machines, shelf]);
  const plan = [
    { backup: first, number: 1, card: "rtl8139", tap: "tap0", image: "m1-1.iso" },
    { backup: second, number: 2, card: "virtio-net-pci", tap: "tap1", image: "m2-1.iso" },
  ] as const;
  await withBridge(context, images, (server) =>
    withServing(server, directory, tree, async () => {
      for (const { backup, number, card, tap, image } of plan) {
        const place = join(directory, `machine-${number}`);
        mkdirSync(place);
        const disk = emptyDisk(backup, place);
        const network = { card, namespace: server.namespace, tap, mac: mac(number), start: "tap" } as const;
        const vm = await start(place, "bios", [disk], network);
        try {
          await typeLabel(vm, "nuke_mondo");
          await vm.expect(new RegExp(`Backup of .* on 10\\.77\\.0\\.1:/mondo/${image}`), 300_000);
          await restored(vm);
        } finally {
          await vm.kill();
        }
        await showBack(backup, disk, place);
        say(`machine ${number} is back`);
      }
    }),
  );
}

/** A machine whose GRUB got its menu over the network within `menuMs` restores itself from there. */
async function nukeFromGrub(
  directory: string,
  disk: DiskDevice,
  network: NetworkCard,
  menuMs: number,
  also: (vm: Machine) => Promise<unknown> = async () => {},
): Promise<void> {
  const vm = await start(directory, "uefi", [disk], network);
  try {
    await vm.expect(/Boot from the disk/, menuMs);
    await Bun.sleep(1000);
    vm.serial.send("n");
    await also(vm);
    await restored(vm);
  } finally {
    await vm.kill();
  }
}

/** UEFI by TFTP: the shim, the signed GRUB, its menu, a restore. */
async function uefi(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("uefi-gpt-xfs");
  const disk = emptyDisk(backup, context.directory);
  const tree = await makeTree(context, ["--nfs", `${SERVER}:/mondo`, "--prefix", "m3", backup.iso]);
  const rescue = join(context.directory, "rescue");
  await withServer(context, 4, { "m3-1.iso": backup.iso }, ({ namespace }) => {
    const from = { tftp: tree, file: "bootx64.efi" };
    return nukeFromGrub(rescue, disk, { card: "virtio-net-pci", namespace, start: from }, 240_000);
  });
  const options = { directory: join(context.directory, "result"), variables: join(rescue, "variables.fd") };
  await bootsAsBefore(backup, [disk], options);
}

/** A web server as administrators have one: GRUB wants the headings of an answer spelled as they always were. */
async function withLighttpd(server: NfsServer, directory: string, tree: string, work: () => Promise<void>) {
  const file = join(directory, "lighttpd.conf");
  writeFileSync(file, `server.document-root = "${tree}"\nserver.port = 80\n`);
  const web = server.startInside(["lighttpd", "-D", "-f", file], join(directory, "web.log"));
  await work().finally(() => web.kill("SIGKILL"));
}

/** UEFI HTTP boot: our own GRUB image finds its grub.cfg and the rest where it came from; a restore. */
async function uefiHttp(context: ScenarioContext): Promise<void> {
  const { lab, directory } = context;
  const backup = await lab.backup("uefi-gpt-xfs");
  const disk = emptyDisk(backup, directory);
  const rescue = join(directory, "rescue");
  const tree = await makeTree(context, ["--nfs", `${BRIDGE.address}:/mondo`, "--prefix", "m3", backup.iso]);
  await withBridge(context, { "m3-1.iso": backup.iso }, (server) =>
    withServing(server, directory, tree, () =>
      withLighttpd(server, directory, tree, () => {
        const network = { card: "virtio-net-pci", namespace: server.namespace, tap: "tap0", start: "http" } as const;
        return nukeFromGrub(rescue, disk, network, 300_000, (vm) =>
          vm.expect(/Backup of .* on 10\.77\.0\.1:\/mondo\/m3-1\.iso/, 300_000),
        );
      }),
    ),
  );
  const options = { directory: join(directory, "result"), variables: join(rescue, "variables.fd") };
  await bootsAsBefore(backup, [disk], options);
}

/** iPXE, as it is in QEMU's cards, takes boot.ipxe: its menu leads to the set, and to the disk when nobody answers. */
async function ipxe(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const tree = await makeTree(context, ["--nfs", `${SERVER}:/mondo`, "--prefix", "m1", backup.iso]);
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async ({ namespace }) => {
    const from = { tftp: tree, file: "boot.ipxe" };
    const network = { card: "virtio-net-pci", namespace, start: from } as const;
    const vm = await start(join(context.directory, "rescue"), "bios", [], network);
    try {
      // Its menu is on the screen alone; a key that moves nothing stops its clock.
      for (let waited = 0; waited < 20; waited += 2) {
        await Bun.sleep(2000);
        await vm.pressKeys("home");
      }
      await vm.pressKeys("down", "ret");
      await vm.expect(/Backup of .* on 10\.0\.2\.2:\/mondo\/m1-1\.iso/, 300_000);
      await vm.expect(/What shall be done\?/, 60_000);
    } finally {
      await vm.kill();
    }
  });
}

export const scenarios: readonly Scenario[] = [
  { name: "pxe-start", says: "a tree of mondo pxe starts a machine by BIOS into the rescue", ci: true, run: started },
  {
    name: "pxe-proxy",
    says: "mondo pxe --serve beside another DHCP server starts machines by BIOS and UEFI",
    ci: false,
    run: proxy,
  },
  {
    name: "pxe-old-words",
    says: "the append line of Mondo's recipes restores from pxelinux onto a blank disk, which boots (e1000)",
    ci: false,
    run: oldWords,
  },
  {
    name: "pxe-old-line",
    says: "the append line of Mondo's talks restores from pxelinux onto a blank disk, which boots",
    ci: false,
    run: oldLine,
  },
  {
    name: "pxe-two-machines",
    says: "mondo pxe --serve: two machines with two prefixes, rtl8139 and virtio, both restored and booting",
    ci: false,
    run: twoMachines,
  },
  { name: "pxe-uefi", says: "UEFI over TFTP with shim and signed GRUB restores and boots", ci: false, run: uefi },
  {
    name: "pxe-uefi-http",
    says: "UEFI HTTP boot with a GRUB image of our own restores and boots",
    ci: false,
    run: uefiHttp,
  },
  { name: "pxe-ipxe", says: "the menu of boot.ipxe leads to the set", ci: false, run: ipxe },
];
