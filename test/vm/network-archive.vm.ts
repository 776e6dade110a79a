import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../support/fingerprint.ts";
import { executable } from "../support/mondo.ts";
import { SERVER, withServer } from "../support/network-lab.ts";
import type { NfsServer } from "../support/nfs-server.ts";
import { type DiskDevice, Machine } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { run } from "../support/shell.ts";
import { machineNamed } from "./machines.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

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
 * `mondoarchive -n USER@SERVER:/DIR` writes two images to an SSH server; the rescue made of it, with a key from a stick
 * whose pass phrase is typed, finds server and set by itself, and goes on when the server was killed and comes back.
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
        /Permission denied for root@10\.0\.2\.2; please[\s\S]*Password of root@10\.0\.2\.2[^:]*: /,
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
 * `mondoarchive -n` in a running machine writes onto a share that nobody has mounted; its rescue, started with `nuke
 * pxe` and nothing else, finds server, address and set by itself.
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
    name: "network-archive",
    says: "mondoarchive -n writes onto a share, and nuke pxe alone restores from there",
    ci: false,
    run: backedUpToShare,
  },
];
