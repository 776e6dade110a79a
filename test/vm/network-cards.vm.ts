import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { edit, SERVER, STATIC, withServer } from "../support/network-lab.ts";
import type { Machine } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { run } from "../support/shell.ts";
import { withVlanSwitch } from "../support/vlan-switch.ts";
import { choose, emptySet, inRescue, MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/**
 * NFSv4 from an e1000 with a static address under another name; wrong prefix and export are reported and corrected.
 */
async function corrected(context: ScenarioContext): Promise<void> {
  await withServer(context, 4, { "alpha-1.iso": await emptySet(context.directory) }, async ({ namespace }) => {
    const network = { card: "e1000", namespace } as const;
    const words = `pxe ipconf=ens9:${STATIC} nfsmount=${SERVER}:/mondo prefix=wrong`;
    await inRescue(context, { network, words }, async (vm) => {
      await vm.expect(/eth0 \(e1000, .*\) is used: there is no card ens9; this is the only one/, 120_000);
      await vm.expect(/10\.0\.2\.2:\/mondo is mounted by NFS 4\.[12]/, 60_000);
      await vm.expect(/10\.0\.2\.2:\/mondo has no wrong-1\.iso: there are alpha-1\.iso/, 30_000);
      await vm.expect(MENU, 10_000);
      await edit(vm, `${SERVER}:/nothing`, "alpha");
      await vm.expect(/10\.0\.2\.2 has no export \/nothing/, 30_000);
      await vm.expect(MENU, 10_000);
      await edit(vm, `${SERVER}:/mondo`, "");
      await vm.expect(/Backup of alpha \(Debian 12\), .* on 10\.0\.2\.2:\/mondo\/alpha-1\.iso/, 60_000);
      await vm.expect(MENU, 60_000);
    });
  });
}

/** NFSv3 (no version 4 there) from a virtio card by DHCP; the only set of the share needs no prefix. */
async function versionThree(context: ScenarioContext): Promise<void> {
  await withServer(context, 3, { "alpha-1.iso": await emptySet(context.directory) }, async ({ namespace }) => {
    const network = { card: "virtio-net-pci", namespace } as const;
    await inRescue(context, { network, words: `ipconf=eth0:dhcp nfsmount=${SERVER}:/mondo` }, async (vm) => {
      await vm.expect(/eth0 \(virtio_net, .*\) has 10\.0\.2\.15\/24, gateway 10\.0\.2\.2, by DHCP/, 120_000);
      await vm.expect(/10\.0\.2\.2:\/mondo is mounted by NFS 3/, 60_000);
      await vm.expect(/Backup of alpha .* on 10\.0\.2\.2:\/mondo\/alpha-1\.iso/, 60_000);
      await vm.expect(MENU, 60_000);
    });
  });
}

/** A listener that takes connections and never says anything. */
function silentServer(namespace: string): ChildProcess {
  const code = `Bun.listen({ hostname: "127.0.0.1", port: 2049, socket: { data() {} } });`;
  const argv = ["--pdeathsig", "KILL", "--", "ip", "netns", "exec", namespace, process.execPath, "-e", code];
  return spawn("setpriv", argv, { stdio: "ignore" });
}

/** No link, no server, a server that hangs: each is said in one sentence within 30 s, and may be tried again. */
async function trouble(context: ScenarioContext): Promise<void> {
  await withServer(context, 4, {}, async (server) => {
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const words = `mondo.shell pxe ipconf=52-54-00-4d-4f-01:${STATIC} nfsmount=${SERVER}:/mondo prefix=alpha`;
    await inRescue(context, { network, words }, async (vm) => {
      await vm.expect(/rescue:[^\n]*# /, 120_000);
      await server.stopServing();
      await vm.qmp.execute("set_link", { name: "net0", up: false });
      await choose(vm, "exit", /has no link \(no cable, or nothing alive at its other end\)/);
      await vm.expect(MENU, 10_000);
      await vm.qmp.execute("set_link", { name: "net0", up: true });
      await choose(vm, "again", /10\.0\.2\.2 is there, but runs no NFS server \(after 3 tries\)/);
      await vm.expect(MENU, 10_000);
      const silent = silentServer(server.namespace);
      await Bun.sleep(1000);
      const began = Date.now();
      await choose(vm, "again", /10\.0\.2\.2 takes connections, but its NFS server does not answer/);
      if (Date.now() - began > 35_000) throw new Error("it took more than 30 s to tell that the server hangs");
      await vm.expect(MENU, 10_000);
      silent.kill("SIGKILL");
      await choose(vm, "shell", /rescue:[^\n]*# /);
    });
  });
}

/** No DHCP server, no route, nobody at the address: each is said in one sentence within 30 s, and may be corrected. */
async function silence(context: ScenarioContext): Promise<void> {
  await withServer(context, 4, { "alpha-1.iso": await emptySet(context.directory) }, async (server) => {
    await server.addBridge("br0", "10.77.0.1", ["tap0"]);
    const network = { card: "rtl8139", namespace: server.namespace, tap: "tap0" } as const;
    const words = "mondo.shell pxe nfsmount=10.77.0.1:/mondo prefix=alpha";
    await inRescue(context, { network, words }, async (vm) => {
      const told = async (says: RegExp, ask: () => Promise<void>) => {
        const began = Date.now();
        await ask();
        await vm.expect(says, 60_000);
        if (Date.now() - began > 40_000) throw new Error(`it took more than 30 s to tell ${says}`);
        await vm.expect(MENU, 10_000);
      };
      await vm.expect(/rescue:[^\n]*# /, 300_000);
      await told(/no DHCP server answers/, async () => vm.serial.send("exit\r"));
      const own = "eth0:10.77.0.9:255.255.255.0:10.77.0.255:0.0.0.0";
      await told(/there is no route to 10\.99\.0\.1/, () => edit(vm, "10.99.0.1:/mondo", "", own));
      await told(/10\.77\.0\.99 can't be reached: nothing has that address/, () => edit(vm, "10.77.0.99:/mondo", ""));
      await edit(vm, "10.77.0.1:/mondo", "");
      await vm.expect(/Backup of alpha .* on 10\.77\.0\.1:\/mondo\/alpha-1\.iso/, 60_000);
    });
  });
}

/**
 * A VLAN over an active-backup bond of two cards, at a switch's trunk: while files are restored each cable is pulled
 * once, the other one being there.
 * 802.3ad asks for a switch that speaks LACP: test/contract/network.test.ts has a partner that does.
 */
async function bondAndVlan(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, context.directory);
  const directory = join(context.directory, "switch");
  const options = { directory, tap: { name: "tap0", address: "10.78.0.1" }, vlan: 5, trunks: [2, 3] };
  const bond = "bond=bond0:52-54-00-4d-4f-01,52-54-00-4d-4f-02:mode=active-backup vlan=vlan5:bond0";
  const words = `nuke pxe ${bond} ip=10.78.0.9:::24::vlan5:none nfsmount=10.78.0.1:/mondo prefix=m1`;
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async (server) => {
    await withVlanSwitch(server, options, async (socket) => {
      const plug = (number: number, mac: string) =>
        ({ card: "e1000", namespace: server.namespace, port: { socket, number }, mac }) as const;
      const cards = { network: plug(2, "52:54:00:4d:4f:01"), secondNetwork: plug(3, "52:54:00:4d:4f:02") };
      await inRescue(context, { ...cards, words, disks: [disk] }, async (vm) => {
        await vm.expect(/vlan5 \(.*\) has 10\.78\.0\.9\/24, no gateway/, 180_000);
        await vm.expect(/Backup of .* on 10\.78\.0\.1:\/mondo\/m1-1\.iso/, 60_000);
        await vm.expect(/Unpack the files/, 600_000);
        for (const name of ["net0", "net1"]) {
          await vm.qmp.execute("set_link", { name, up: false });
          await Bun.sleep(5000);
          await vm.qmp.execute("set_link", { name, up: true });
          await Bun.sleep(5000);
        }
        if (/is restored in/.test(vm.serial.unread()))
          throw await vm.failure("it was over before the cables were pulled");
        await restored(vm);
      });
    });
  });
  await bootsAsBefore(backup, [disk], { directory: join(context.directory, "result") });
}

/** A machine at a network of IPv6 alone, whose server and router is fd00:77::1. */
async function inVersionSix(
  context: ScenarioContext,
  version: 3 | 4,
  image: Readonly<Record<string, string>>,
  wishes: Parameters<typeof inRescue>[1],
  work: (vm: Machine) => Promise<void>,
): Promise<void> {
  await withServer(context, version, image, async (server) => {
    await server.addBridge("br0", "10.77.0.1", ["tap0"]);
    await run(["ip", "-n", server.namespace, "address", "add", "fd00:77::1/64", "dev", "br0", "nodad"]);
    const options = ["--keep-in-foreground", "--port=0", "--interface=br0", "--bind-interfaces", "--user=root"];
    const more = ["--conf-file=/dev/null", "--pid-file=", "--enable-ra", "--dhcp-range=fd00:77::,ra-only"];
    const router = server.startInside(["dnsmasq", ...options, ...more], join(context.directory, "router.log"));
    const network = { card: "virtio-net-pci", namespace: server.namespace, tap: "tap0" } as const;
    await inRescue(context, { network, ...wishes }, work).finally(() => router.kill("SIGKILL"));
  });
}

/**
 * By IPv6 alone: what a router advertises, to a server that only has NFSv3; then a given address, by NFSv4, and a
 * restore.
 */
async function versionSix(context: ScenarioContext): Promise<void> {
  const { lab, directory } = context;
  const source = "nfsmount=[fd00:77::1]:/mondo";
  const empty = { "alpha-1.iso": await emptySet(directory) };
  await inVersionSix(context, 3, empty, { words: `pxe ${source} prefix=alpha` }, async (vm) => {
    await vm.expect(/eth0 \(.*\) has fd00:77:[0-9a-f:]+\/64, by router advertisement/, 180_000);
    await vm.expect(/\[fd00:77::1\]:\/mondo is mounted by NFS 3/, 120_000);
    await vm.expect(/Backup of alpha .* on \[fd00:77::1\]:\/mondo\/alpha-1\.iso/, 60_000);
    await vm.expect(MENU, 60_000);
  });
  const backup = await lab.backup("bios-gpt-ext4");
  const disks = [emptyDisk(backup, directory)];
  const words = `nuke pxe ip=[fd00:77::9]:::64::eth0:none ${source} prefix=m1`;
  await inVersionSix(context, 4, { "m1-1.iso": backup.iso }, { words, disks }, async (vm) => {
    await vm.expect(/eth0 \(.*\) has fd00:77::9\/64\n/, 180_000);
    await vm.expect(/\[fd00:77::1\]:\/mondo is mounted by NFS 4\.[12]/, 120_000);
    await restored(vm);
  });
  await bootsAsBefore(backup, disks, { directory: join(directory, "result") });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "network-ipv6",
    says: "IPv6 alone: a router's advertisement and NFSv3; a given address and NFSv4 restore, and the machine boots",
    ci: false,
    run: versionSix,
  },
  {
    name: "network-bond-vlan",
    says: "over a VLAN on a bond of two cards whose cables are pulled in turn it restores, and the machine boots",
    ci: false,
    run: bondAndVlan,
  },
  {
    name: "network-corrected",
    says: "NFSv4, static, e1000: wrong values are reported and corrected",
    ci: false,
    run: corrected,
  },
  { name: "network-version-3", says: "NFSv3, DHCP, virtio: the only set is found", ci: false, run: versionThree },
  {
    name: "network-trouble",
    says: "no link, no server, a server that hangs: reported within 30 s",
    ci: false,
    run: trouble,
  },
  {
    name: "network-silence",
    says: "no DHCP server, no route, nobody at the address (rtl8139): reported within 30 s and corrected",
    ci: false,
    run: silence,
  },
];
