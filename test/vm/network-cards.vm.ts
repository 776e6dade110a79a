import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { edit, SERVER, STATIC, withServer } from "../support/network-lab.ts";
import type { Machine } from "../support/qemu.ts";
import { run } from "../support/shell.ts";
import { withVlanSwitch } from "../support/vlan-switch.ts";
import { choose, emptySet, inRescue, MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** NFSv4 from an e1000 with a static address under another name; wrong prefix and wrong export are told and corrected. */
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

/** The card of an active-backup bond that is in use; in the shell of the rescue. */
async function activeCard(vm: Machine): Promise<string> {
  vm.serial.send("cat /sys/class/net/bond0/bonding/{mode,active_slave}; echo E''ND\r");
  const [, card = ""] = await vm.expect(/active-backup 1\s+(eth[01])\s+END/, 30_000);
  return card;
}

/**
 * A VLAN over an active-backup bond of two cards, at a switch's trunk; the set is still read when the cable of the active card is pulled. 802.3ad
 * asks for a switch that speaks LACP: test/contract/network.test.ts has a partner that does.
 */
async function bondAndVlan(context: ScenarioContext): Promise<void> {
  const iso = await emptySet(context.directory);
  const sum = new RegExp((await run(["sha256sum", iso])).slice(0, 64));
  const directory = join(context.directory, "switch");
  const options = { directory, tap: { name: "tap0", address: "10.78.0.1" }, vlan: 5, trunks: [2, 3] };
  const bond = "bond=bond0:52-54-00-4d-4f-01,52-54-00-4d-4f-02:mode=active-backup vlan=vlan5:bond0";
  const words = `pxe ${bond} ip=10.78.0.9:::24::vlan5:none nfsmount=10.78.0.1:/mondo prefix=alpha`;
  await withServer(context, 4, { "alpha-1.iso": iso }, async (server) => {
    await withVlanSwitch(server, options, async (socket) => {
      const plug = (number: number, mac: string) =>
        ({ card: "e1000", namespace: server.namespace, port: { socket, number }, mac }) as const;
      const cards = { network: plug(2, "52:54:00:4d:4f:01"), secondNetwork: plug(3, "52:54:00:4d:4f:02") };
      await inRescue(context, { ...cards, words }, async (vm) => {
        await vm.expect(/vlan5 \(.*\) has 10\.78\.0\.9\/24, no gateway/, 180_000);
        await vm.expect(/Backup of alpha .* on 10\.78\.0\.1:\/mondo\/alpha-1\.iso/, 60_000);
        await vm.expect(MENU, 60_000);
        await choose(vm, "shell", /rescue:[^\n]*# /);
        const first = await activeCard(vm);
        await vm.qmp.execute("set_link", { name: first === "eth0" ? "net0" : "net1", up: false });
        await Bun.sleep(2000);
        if ((await activeCard(vm)) === first) throw new Error(`${first} is still in use though its cable was pulled`);
        vm.serial.send("echo 3 >/proc/sys/vm/drop_caches; sha256sum /mnt/network/alpha-1.iso\r");
        await vm.expect(sum, 60_000);
      });
    });
  });
}

/** By IPv6 alone: an address that is given, by NFSv4; then one that a router advertises, to a server that only has version 3. */
async function versionSix(context: ScenarioContext): Promise<void> {
  const iso = await emptySet(context.directory);
  const tries = [
    { version: 4, words: "ip=[fd00:77::9]:::64::eth0:none", says: /eth0 \(.*\) has fd00:77::9\/64\n/, by: "4\\.[12]" },
    { version: 3, words: "", says: /eth0 \(.*\) has fd00:77:[0-9a-f:]+\/64, by router advertisement/, by: "3" },
  ] as const;
  for (const { version, words, says, by } of tries) {
    await withServer(context, version, { "alpha-1.iso": iso }, async (server) => {
      await server.addBridge("br0", "10.77.0.1", ["tap0"]);
      await run(["ip", "-n", server.namespace, "address", "add", "fd00:77::1/64", "dev", "br0", "nodad"]);
      const options = ["--keep-in-foreground", "--port=0", "--interface=br0", "--bind-interfaces", "--user=root"];
      const more = ["--conf-file=/dev/null", "--pid-file=", "--enable-ra", "--dhcp-range=fd00:77::,ra-only"];
      const log = join(context.directory, "router.log");
      const router = server.startInside(["dnsmasq", ...options, ...more], log);
      const network = { card: "virtio-net-pci", namespace: server.namespace, tap: "tap0" } as const;
      const all = `pxe ${words} nfsmount=[fd00:77::1]:/mondo prefix=alpha`;
      await inRescue(context, { network, words: all }, async (vm) => {
        await vm.expect(says, 180_000);
        await vm.expect(new RegExp(`\\[fd00:77::1\\]:/mondo is mounted by NFS ${by}`), 120_000);
        await vm.expect(/Backup of alpha .* on \[fd00:77::1\]:\/mondo\/alpha-1\.iso/, 60_000);
        await vm.expect(MENU, 60_000);
      }).finally(() => router.kill("SIGKILL"));
    });
  }
}

export const scenarios: readonly Scenario[] = [
  {
    name: "network-ipv6",
    says: "IPv6 alone: a given address and NFSv4, a router's advertisement and NFSv3",
    ci: false,
    run: versionSix,
  },
  {
    name: "network-bond-vlan",
    says: "an address on a VLAN over an active-backup bond of two cards, one of which loses its cable",
    ci: false,
    run: bondAndVlan,
  },
  {
    name: "network-corrected",
    says: "NFSv4, static, e1000: wrong values are told and corrected",
    ci: false,
    run: corrected,
  },
  { name: "network-version-3", says: "NFSv3, DHCP, virtio: the only set is found", ci: false, run: versionThree },
  {
    name: "network-trouble",
    says: "no link, no server, a server that hangs: told within 30 s",
    ci: false,
    run: trouble,
  },
  {
    name: "network-silence",
    says: "no DHCP server, no route, nobody at the address (rtl8139): told within 30 s and corrected",
    ci: false,
    run: silence,
  },
];
