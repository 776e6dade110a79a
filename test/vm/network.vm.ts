import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { emptyManifest } from "../support/empty-manifest.ts";
import { fingerprint } from "../support/fingerprint.ts";
import { executable } from "../support/mondo.ts";
import { NfsServer, type NfsServerOptions } from "../support/nfs-server.ts";
import { type DiskDevice, Machine } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { run } from "../support/shell.ts";
import { machineNamed } from "./machines.ts";
import { choose, emptySet, inRescue, MENU } from "./rescue.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** QEMU's user network: the server's end, and an address for a card. */
export const SERVER = "10.0.2.2";
export const STATIC = `10.0.2.20:255.255.255.0:10.0.2.255:${SERVER}`;

/** A server that exports a directory with the images given, for as long as `work` takes. */
export async function withServer(
  { directory }: ScenarioContext,
  version: 3 | 4,
  images: Readonly<Record<string, string>>,
  work: (server: NfsServer) => Promise<void>,
  more: Partial<NfsServerOptions> = {},
): Promise<void> {
  const exported = join(directory, "export");
  mkdirSync(exported, { recursive: true });
  for (const [name, file] of Object.entries(images)) copyFileSync(file, join(exported, name));
  const server = await NfsServer.start({ directory: join(directory, "nfs"), exported, version, ...more });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

/** Types other values into the questions of the menu entry "edit"; an empty one keeps what is there. */
async function edit(vm: Machine, nfsMount: string, prefix: string, ipconf = ""): Promise<void> {
  await choose(vm, "edit", /ipconf .*: /);
  await choose(vm, ipconf, /nfsmount .*: /);
  await choose(vm, nfsMount, /prefix .*: /);
  vm.serial.send(`${prefix}\r`);
}

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

/** The append line of a PXE configuration, but for addresses: restores onto a blank disk, which boots and is the same. */
async function restoredOverNfs(context: ScenarioContext): Promise<void> {
  const backup = await context.lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, context.directory);
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async ({ namespace }) => {
    const network = { card: "virtio-net-pci", namespace } as const;
    const old =
      "ramdisk_size=32768 load_ramdisk=1 prompt_ramdisk=0 rw root=/dev/ram apm=off devfs=nomount exec-shield=0";
    const words = `${old} nuke pxe prefix=m1 ipconf=eth0:${STATIC} nfsmount=${SERVER}:/mondo`;
    await inRescue(context, { network, words, disks: [disk] }, (vm) => restored(vm));
  });
  await bootsAsBefore(backup, [disk], { directory: join(context.directory, "result") });
}

/** The server is killed in mid-restore and comes back a minute later: the restore goes on as if nothing had happened. */
function serverReturns(version: 3 | 4) {
  return async (context: ScenarioContext): Promise<void> => {
    const { lab, directory, say } = context;
    const backup = await lab.backup("bios-gpt-ext4");
    const disk = emptyDisk(backup, directory);
    const work = async (server: NfsServer) => {
      const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
      const words = `nuke pxe prefix=m1 nfsmount=${SERVER}:/mondo`;
      await inRescue(context, { network, words, disks: [disk] }, async (vm) => {
        await vm.expect(/Unpack the files/, 600_000);
        await Bun.sleep(3000);
        await server.stopServing();
        say("the server is gone");
        await Bun.sleep(60_000);
        await server.serve();
        say("the server is back");
        await restored(vm, 1_200_000);
      });
    };
    await withServer(context, version, { "m1-1.iso": backup.iso }, work, { grace: true });
    await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
  };
}

/** 802.3ad asks for a switch that speaks LACP; active-backup and a VLAN over it are what a bridge can show. */
async function bondAndVlan(context: ScenarioContext): Promise<void> {
  await withServer(context, 4, { "alpha-1.iso": await emptySet(context.directory) }, async (server) => {
    const { namespace } = server;
    await server.addBridge("br0", "10.77.0.1", ["tap0"]);
    const vlan = ["link", "add", "link", "br0", "name", "br0.5", "type", "vlan", "id", "5"];
    await run(["ip", "-n", namespace, ...vlan]);
    await run(["ip", "-n", namespace, "address", "add", "10.78.0.1/24", "dev", "br0.5"]);
    await run(["ip", "-n", namespace, "link", "set", "br0.5", "up"]);
    const network = { card: "e1000", namespace, tap: "tap0" } as const;
    const bond = "bond=bond0:52-54-00-4d-4f-01:mode=active-backup vlan=vlan5:bond0";
    const words = `pxe ${bond} ip=10.78.0.9:::24::vlan5:none nfsmount=10.78.0.1:/mondo prefix=alpha`;
    await inRescue(context, { network, words }, async (vm) => {
      await vm.expect(/vlan5 \(.*\) has 10\.78\.0\.9\/24, no gateway/, 180_000);
      await vm.expect(/Backup of alpha .* on 10\.78\.0\.1:\/mondo\/alpha-1\.iso/, 60_000);
      await vm.expect(MENU, 60_000);
      await choose(vm, "shell", /rescue:[^\n]*# /);
      vm.serial.send("cat /sys/class/net/bond0/bonding/mode; echo END\r");
      await vm.expect(/active-backup 1[\s\S]*END/, 30_000);
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

/** A DHCP and DNS server that knows nas.test and web.test. */
function nameServer({ directory }: ScenarioContext, server: NfsServer): ChildProcess {
  const names = ["nas", "web"].map((name) => `--address=/${name}.test/10.77.0.1`);
  const dhcp = ["--dhcp-range=10.77.0.50,10.77.0.60", "--domain=test", "--leasefile-ro"];
  const alone = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    "--local=/test/",
    "--user=root",
  ];
  const argv = ["dnsmasq", ...alone, "--interface=br0", "--bind-interfaces", ...dhcp, ...names];
  return server.startInside(argv, join(directory, "dnsmasq.log"));
}

/** Servers by their names: the name server by DHCP with its search domain, and by a boot word; a set that lies in a plain directory. */
async function byName(context: ScenarioContext): Promise<void> {
  const { directory } = context;
  await withServer(context, 4, { "alpha-1.iso": await emptySet(directory) }, async (server) => {
    const { namespace } = server;
    await server.addBridge("br0", "10.77.0.1", ["tap0"]);
    const plain = join(directory, "export/plain/mondo");
    mkdirSync(plain, { recursive: true });
    writeFileSync(join(plain, "manifest.json"), emptyManifest("beta"));
    const names = nameServer(context, server);
    const web = server.startInside(
      [process.execPath, webServer, join(directory, "export")],
      join(directory, "web.log"),
    );
    const network = { card: "virtio-net-pci", namespace, tap: "tap0" } as const;
    try {
      await inRescue(context, { network, words: "pxe nfsmount=nobody.test:/mondo prefix=alpha" }, async (vm) => {
        await vm.expect(
          /the address of the server nobody\.test can't be found: no name server knows it or answers/,
          180_000,
        );
        await vm.expect(MENU, 10_000);
        await edit(vm, "nas:/mondo", "");
        await vm.expect(/Backup of alpha .* on nas:\/mondo\/alpha-1\.iso/, 60_000);
        await vm.expect(MENU, 60_000);
      });
      const words = "ip=10.77.0.9:::24::eth0:none nameserver=10.77.0.1 mondo.source=http://web.test/plain";
      await inRescue(context, { network, words }, async (vm) => {
        await vm.expect(/Backup of beta .* on http:\/\/web\.test\/plain\/mondo/, 180_000);
        await vm.expect(MENU, 60_000);
      });
    } finally {
      for (const child of [names, web]) child.kill("SIGKILL");
    }
  });
}

export const webServer = fileURLToPath(new URL("../support/web-server.ts", import.meta.url));

/** From a web server that breaks off now and then, and is killed and started again in mid-restore; a wrong prefix is told first. */
async function restoredFromWeb(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const backup = await lab.backup("bios-gpt-ext4");
  const disk = emptyDisk(backup, directory);
  await withServer(context, 4, { "m1-1.iso": backup.iso }, async (server) => {
    // The log is opened anew by each: what is posted at the end is in the last one.
    const serve = () =>
      server.startInside([process.execPath, webServer, join(directory, "export")], join(directory, "web.log"));
    let child = serve();
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const status = `mondo.status=http://${SERVER}/status`;
    const words = `nuke ip=dhcp mondo.source=http://user:secret@${SERVER} prefix=wrong ${status}`;
    await inRescue(context, { network, words, disks: [disk] }, async (vm) => {
      await vm.expect(/http:\/\/10\.0\.2\.2 has no wrong-1\.iso: there are m1-1\.iso/, 120_000);
      await vm.expect(MENU, 10_000);
      await edit(vm, "", "m1");
      await vm.expect(/Backup of .* on http:\/\/10\.0\.2\.2\/m1-1\.iso/, 60_000);
      await vm.expect(/Unpack the files/, 600_000);
      child.kill("SIGKILL");
      say("the web server is gone");
      await Bun.sleep(30_000);
      child = serve();
      say("the web server is back");
      await restored(vm, 1_200_000);
    }).finally(() => child.kill("SIGKILL"));
  });
  const posted = readFileSync(join(directory, "web.log"), "utf8");
  if (!/"status":"done","mode":"nuke","host":"bios-gpt-ext4"/.test(posted)) throw new Error(`no status: ${posted}`);
  if (/secret/.test(readFileSync(join(directory, "serial.log"), "latin1").replace(/^.*Command line: .*$/gm, ""))) {
    throw new Error("the password of the URL was shown on the console");
  }
  await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
}

/** Programs of this machine with their libraries, as a tar that a machine in the namespace reads from port 8000. */
async function offerPrograms({ directory }: ScenarioContext, server: NfsServer, programs: readonly string[]) {
  const tar = join(directory, "programs.tar");
  const libraries = `ldd ${programs.join(" ")} | sed -n 's|.*=> \\(/[^ ]*\\).*|\\1|p' | sort -u`;
  await run(["bash", "-ec", `tar -chf ${tar} ${programs.join(" ")} $(${libraries}) 2>/dev/null`]);
  const serve = `const bytes = await Bun.file("${tar}").bytes(); const at = new WeakMap();
const send = (socket) => { at.set(socket, at.get(socket) + socket.write(bytes.subarray(at.get(socket)))); if (at.get(socket) === bytes.length) socket.end(); };
Bun.listen({ hostname: "127.0.0.1", port: 8000, socket: { open(socket) { at.set(socket, 0); send(socket); }, drain: send, data() {} } });`;
  return server.startInside([process.execPath, "-e", serve], join(directory, "programs.log"));
}

/** An SSH server of this machine's accounts on port 22 of the namespace, with keys of its own. */
async function sshServer({ directory }: ScenarioContext, server: NfsServer) {
  const home = join(directory, "ssh");
  mkdirSync(home);
  for (const key of ["host", "machine"])
    await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(home, key)]);
  await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", join(home, "stick")]);
  const keys = ["machine.pub", "stick.pub"].map((name) => readFileSync(join(home, name), "utf8"));
  writeFileSync(join(home, "authorized"), keys.join(""));
  const lines = [
    ...["ListenAddress 127.0.0.1", `HostKey ${home}/host`, `AuthorizedKeysFile ${home}/authorized`, "StrictModes no"],
    ...[
      "UsePAM no",
      "PasswordAuthentication no",
      "PermitRootLogin yes",
      "PidFile none",
      "Subsystem sftp internal-sftp",
    ],
  ];
  writeFileSync(join(home, "sshd_config"), `${lines.join("\n")}\n`);
  const script = `mount -t tmpfs none /run; mkdir /run/sshd; exec /usr/sbin/sshd -D -e -f ${home}/sshd_config`;
  const inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", script];
  return { home, serve: () => server.startInside(inside, join(directory, "sshd.log")) };
}

/** A stick with the label KEYS and the encrypted private key. */
async function keyStick(directory: string, key: string): Promise<DiskDevice> {
  const file = join(directory, "stick.raw");
  await run(["truncate", "-s", "64M", file]);
  await run(["mkfs.vfat", "-n", "KEYS", file]);
  await run(["mcopy", "-i", file, key, "::/rescue-key"]);
  return { file, format: "raw", bus: "usb", serial: "KEYSTICK" };
}

/**
 * `mondoarchive -n USER@SERVER:/DIR` writes two images to an SSH server; the rescue made of it, with a key from a stick whose pass phrase is
 * typed, finds server and set by itself, and goes on when the server was killed and comes back.
 */
async function overSsh(context: ScenarioContext): Promise<void> {
  const { lab, directory, say } = context;
  const machine = machineNamed("bios-gpt-ext4");
  const place = join(directory, "source");
  mkdirSync(place);
  const exported = join(directory, "export");
  mkdirSync(join(exported, "monday"), { recursive: true });
  const disks = await lab.sourceDisks(machine, place);
  const tools = await lab.tools();
  await withServer(context, 4, {}, async (server) => {
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const { home, serve } = await sshServer(context, server);
    const programs = await offerPrograms(context, server, ["/usr/bin/ssh", "/usr/bin/ssh-keygen"]);
    let child = serve();
    const vm = await Machine.start({
      ...{ directory: place, firmware: machine.firmware, memoryMiB: 1536, cpus: 2 },
      ...{ disks, cdrom: { file: tools }, network },
    });
    const text = (name: string) => readFileSync(join(home, name), "utf8");
    const prepare = `mkdir -p -m 700 /root/.ssh
cat >/root/.ssh/id_ed25519 <<END
${text("machine")}END
echo '${SERVER} ${text("host.pub").trim()}' >/root/.ssh/known_hosts
chmod 600 /root/.ssh/*
exec 3<>/dev/tcp/${SERVER}/8000
tar -x --skip-old-files -C / <&3
ldconfig`;
    const options = `-n root@${SERVER}:${exported} -d /monday -p m1 -s 190m`;
    const before = await backUp(vm, options, prepare).finally(() => vm.kill());
    programs.kill("SIGKILL");
    const iso = join(exported, "monday/m1-1.iso");
    const backup = { machine, iso, fingerprint: before, variables: undefined };
    const names = readdirSync(join(exported, "monday")).sort();
    if (names.join() !== "m1-1.iso,m1-2.iso") throw new Error(`the server has ${names.join(" ")}`);
    const tree = join(directory, "tree");
    await run([executable, "pxe", "--out", tree, backup.iso]);
    const blank = emptyDisk(backup, directory);
    const words =
      "console=tty0 console=ttyS0,115200 quiet rootfstype=ramfs nuke pxe mondo.ssh-key=LABEL=KEYS:/rescue-key";
    const rescue = join(directory, "rescue");
    const second = await Machine.start({
      ...{ directory: rescue, firmware: "bios", cpus: 2, network },
      disks: [blank, await keyStick(directory, join(home, "stick"))],
      kernel: { kernel: join(tree, "vmlinuz-mondo"), initrd: join(tree, "initrd-mondo.img"), words },
    });
    try {
      await second.expect(/Password of root@10\.0\.2\.2 \(or the pass phrase of its key\): /, 180_000);
      second.serial.send("wrong\r");
      await second.expect(
        /root@10\.0\.2\.2 does not let in with that[\s\S]*Password of root@10\.0\.2\.2[^:]*: /,
        60_000,
      );
      second.serial.send("open sesame\r");
      await second.expect(/Backup of .* on root@10\.0\.2\.2:.*\/monday\/m1-1\.iso/, 120_000);
      await second.expect(/Unpack the files/, 600_000);
      await Bun.sleep(3000);
      child.kill("SIGKILL");
      say("the SSH server is gone");
      await Bun.sleep(30_000);
      child = serve();
      say("the SSH server is back");
      await restored(second, 1_200_000);
    } finally {
      await second.kill();
      child.kill("SIGKILL");
    }
    if (/open sesame/.test(readFileSync(join(rescue, "serial.log"), "latin1")))
      throw new Error("the pass phrase was shown");
    await bootsAsBefore(backup, [blank], { directory: join(directory, "result") });
  });
}

/**
 * `mondoarchive -n` in a running machine writes onto a share that nobody has mounted; its rescue, started with `nuke pxe` and nothing
 * else, finds server, address and set by itself.
 */
async function backedUpToShare(context: ScenarioContext): Promise<void> {
  const { lab, directory } = context;
  const machine = machineNamed("bios-gpt-ext4");
  const place = join(directory, "source");
  mkdirSync(place);
  const disks = await lab.sourceDisks(machine, place);
  const tools = await lab.tools();
  mkdirSync(join(directory, "export/monday"), { recursive: true });
  const work = async ({ namespace }: NfsServer) => {
    const network = { card: "virtio-net-pci", namespace } as const;
    const vm = await Machine.start({
      ...{ directory: place, firmware: machine.firmware, memoryMiB: 1536, cpus: 2 },
      ...{ disks, cdrom: { file: tools }, network },
    });
    const before = await backUp(vm, `-n ${SERVER}:/mondo -d /monday -p m1`).finally(() => vm.kill());
    const backup = {
      machine,
      iso: join(directory, "export/monday/m1-1.iso"),
      fingerprint: before,
      variables: undefined,
    };
    const tree = join(directory, "tree");
    await run([executable, "pxe", "--out", tree, backup.iso]);
    const blank = emptyDisk(backup, directory);
    const kernel = {
      kernel: join(tree, "vmlinuz-mondo"),
      initrd: join(tree, "initrd-mondo.img"),
      words: "console=tty0 console=ttyS0,115200 quiet rootfstype=ramfs nuke pxe",
    };
    const rescue = join(directory, "rescue");
    const second = await Machine.start({
      ...{ directory: rescue, firmware: "bios", cpus: 2, disks: [blank], network, kernel },
    });
    try {
      await second.expect(/has 10\.0\.2\.15\/24, gateway 10\.0\.2\.2\n/, 120_000);
      await second.expect(/Backup of .* on 10\.0\.2\.2:\/mondo\/monday\/m1-1\.iso/, 120_000);
      await restored(second);
    } finally {
      await second.kill();
    }
    await bootsAsBefore(backup, [blank], { directory: join(directory, "result") });
  };
  await withServer(context, 4, {}, work, { access: "RW" });
}

/** Gives the machine an address, which is not kept, and backs it up; its fingerprint. */
async function backUp(vm: Machine, options: string, prepare = ""): Promise<string[]> {
  await vm.booted();
  await vm.run(`set -e
mkdir -p /run/tools
mount -t iso9660 -o ro /dev/sr0 /run/tools
card=$(basename "$(ls -d /sys/class/net/e* | head -1)")
ip link set "$card" up
ip address add 10.0.2.15/24 dev "$card"
ip route add default via 10.0.2.2
${prepare}`);
  const before = await fingerprint(vm);
  const archive = `/run/tools/mondoarchive -O ${options}`;
  await vm.run(`set -eo pipefail; ${archive} 2>&1 | tee /dev/ttyS0; ! grep -q mondo-share /proc/mounts`, 1_800_000);
  await vm.powerOff();
  return before;
}

export const scenarios: readonly Scenario[] = [
  {
    name: "network-ssh",
    says: "mondoarchive -n USER@SERVER: writes two images, and a rescue with a key from a stick restores though the server is killed",
    ci: false,
    run: overSsh,
  },
  {
    name: "network-dns",
    says: "servers by their names, by DHCP's name server or a boot word; a set in a plain directory of a web server",
    ci: false,
    run: byName,
  },
  {
    name: "network-http",
    says: "mondo.source= from a web server that breaks off and goes away restores, and the machine boots",
    ci: false,
    run: restoredFromWeb,
  },
  {
    name: "network-archive",
    says: "mondoarchive -n writes onto a share, and nuke pxe alone restores from there",
    ci: false,
    run: backedUpToShare,
  },
  {
    name: "nfs-server-returns",
    says: "an NFSv4 server that is killed in mid-restore and comes back is waited for",
    ci: false,
    run: serverReturns(4),
  },
  { name: "nfs3-server-returns", says: "the same by NFSv3", ci: false, run: serverReturns(3) },
  {
    name: "network-ipv6",
    says: "IPv6 alone: a given address and NFSv4, a router's advertisement and NFSv3",
    ci: false,
    run: versionSix,
  },
  { name: "network-bond-vlan", says: "an address on a VLAN over an active-backup bond", ci: false, run: bondAndVlan },
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
  { name: "network-restore", says: "nuke over NFS onto a blank disk, which boots", ci: false, run: restoredOverNfs },
];
