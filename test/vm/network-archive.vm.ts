import type { ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executable } from "../support/mondo.ts";
import { SERVER, withServer } from "../support/network-lab.ts";
import type { NfsServer } from "../support/nfs-server.ts";
import { Machine, type MachineOptions } from "../support/qemu.ts";
import { bootsAsBefore, emptyDisk, restored } from "../support/rescue.ts";
import { run } from "../support/shell.ts";
import { SMB_USER, startSmb } from "../support/smb-server.ts";
import { backUp, keyStick, offerPrograms, startSource, takePrograms } from "../support/source-on-network.ts";
import { HOOK_IN_RESTORE, HOOKED_OPTIONS, hookIsCalled } from "./hook-in-restore.ts";
import { machineNamed } from "./machines.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

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

/**
 * `mondoarchive -n USER@SERVER:/DIR` writes two images to an SSH server; the rescue made of it, with a key from a stick
 * whose pass phrase is typed, finds server and set by itself, and goes on when the server was killed and comes back.
 */
async function overSsh(context: ScenarioContext): Promise<void> {
  const { directory, say } = context;
  const machine = machineNamed("bios-gpt-ext4");
  const exported = join(directory, "export");
  mkdirSync(join(exported, "monday"), { recursive: true });
  await withServer(context, 4, {}, async (server) => {
    const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
    const { home, serve } = await sshServer(context, server);
    const programs = await offerPrograms(context, server, ["/usr/bin/ssh", "/usr/bin/ssh-keygen"]);
    let child = serve();
    const vm = await startSource(context, server, machine);
    const text = (name: string) => readFileSync(join(home, name), "utf8");
    const prepare = `mkdir -p -m 700 /root/.ssh
cat >/root/.ssh/id_ed25519 <<END
${text("machine")}END
echo '${SERVER} ${text("host.pub").trim()}' >/root/.ssh/known_hosts
chmod 600 /root/.ssh/*
${takePrograms}`;
    const options = `-n root@${SERVER}:${exported} -d /monday -p m1 -s 190m`;
    const before = await backUp(vm, options, prepare).finally(() => vm.kill());
    programs.kill("SIGKILL");
    const iso = join(exported, "monday/m1-1.iso");
    const backup = { machine, iso, fingerprint: before, variables: undefined };
    const names = readdirSync(join(exported, "monday")).sort();
    if (names.join() !== "m1-1.iso,m1-2.iso") throw new Error(`the server has ${names.join(" ")}`);
    const blank = emptyDisk(backup, directory);
    const disks = [blank, await keyStick(directory, join(home, "stick"), "rescue-key")];
    const words = "nuke pxe mondo.ssh-key=LABEL=KEYS:/rescue-key";
    const second = await startRescue(context, iso, words, { disks, network });
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
    if (/open sesame/.test(readFileSync(join(directory, "rescue/serial.log"), "latin1")))
      throw new Error("the pass phrase was shown");
    await bootsAsBefore(backup, [blank], { directory: join(directory, "result") });
  });
}

/** A share of the server, on which nobody has mounted anything. */
interface WrittenShare {
  /** As -n has it. */
  readonly name: string;
  /** What a file with credentials holds; the rescue finds the same on a stick. */
  readonly login?: string;
  /** Serves it, beside NFS, until it is killed. */
  readonly serve?: (context: ScenarioContext, server: NfsServer) => Promise<ChildProcess>;
  /** The restore calls a hook at each moment, which also looks for what is added to the rescue system. */
  readonly isHooked?: true;
}

const BY_NFS: WrittenShare = { name: `${SERVER}:/mondo`, isHooked: true };
const BY_CIFS: WrittenShare = {
  name: `//${SERVER}/backup`,
  login: `username=${SMB_USER.name}\npassword=${SMB_USER.password}\n`,
  serve: ({ directory }, server) => startSmb(server, directory, join(directory, "export")),
};

/** Starts kernel and initrd of an image with these words, and whatever card and disks the options say. */
async function startRescue(
  { directory }: ScenarioContext,
  iso: string,
  words: string,
  options: Pick<MachineOptions, "disks" | "network">,
): Promise<Machine> {
  const tree = join(directory, "tree");
  await run([executable, "pxe", "--out", tree, iso]);
  return await Machine.start({
    ...{ directory: join(directory, "rescue"), firmware: "bios", cpus: 2, ...options },
    kernel: {
      kernel: join(tree, "vmlinuz-mondo"),
      initrd: join(tree, "initrd-mondo.img"),
      words: `console=tty0 console=ttyS0,115200 quiet rootfstype=ramfs ${words}`,
    },
  });
}

/**
 * `mondoarchive -n` in a running machine writes onto a share that nobody has mounted; its rescue, started with `nuke
 * pxe`, and where the login lies on a stick with where it lies, finds server, address and set by itself.
 */
function backedUpTo({ name, login, serve, isHooked }: WrittenShare) {
  return async (context: ScenarioContext): Promise<void> => {
    const { directory } = context;
    const machine = machineNamed("bios-gpt-ext4");
    mkdirSync(join(directory, "export/monday"), { recursive: true });
    const file = join(directory, "login");
    if (login !== undefined) writeFileSync(file, login);
    const writesLogin = login && `umask 077; cat >/run/login <<'END'\n${login}END\numask 022`;
    const prepare = isHooked ? HOOK_IN_RESTORE : writesLogin;
    const further = [
      ...(login === undefined ? [] : ["--credentials /run/login"]),
      ...(isHooked ? [HOOKED_OPTIONS] : []),
    ];
    const options = [`-n ${name} -d /monday -p m1`, ...further].join(" ");
    const work = async (server: NfsServer) => {
      const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
      const child = await serve?.(context, server);
      try {
        const vm = await startSource(context, server, machine);
        const before = await backUp(vm, options, prepare).finally(() => vm.kill());
        const iso = join(directory, "export/monday/m1-1.iso");
        const backup = { machine, iso, fingerprint: before, variables: undefined };
        const blank = emptyDisk(backup, directory);
        const stick = login === undefined ? [] : [await keyStick(directory, file, "login")];
        const words = `nuke pxe${login === undefined ? "" : " mondo.credentials=LABEL=KEYS:/login"}`;
        const second = await startRescue(context, iso, words, { disks: [blank, ...stick], network });
        const asked = /\n! The restore: .*\n|Password of|What shall be done\?/;
        try {
          await second.expect(/has 10\.0\.2\.15\/24, gateway 10\.0\.2\.2\n/, 120_000, asked);
          await second.expect(new RegExp(`Backup of .* on ${name}/monday/m1-1\\.iso`), 120_000, asked);
          if (isHooked) await hookIsCalled(second);
          await restored(second);
        } finally {
          await second.kill();
        }
        await bootsAsBefore(backup, [blank], { directory: join(directory, "result") });
      } finally {
        child?.kill("SIGKILL");
      }
    };
    await withServer(context, 4, {}, work, { access: "RW" });
    if (login === undefined) return;
    for (const place of ["source", "rescue"]) {
      const log = readFileSync(join(directory, place, "serial.log"), "latin1");
      if (log.includes(SMB_USER.password)) throw new Error(`the password was shown on the console of the ${place}`);
    }
  };
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
    run: backedUpTo(BY_NFS),
  },
  {
    name: "cifs-credentials",
    says: "mondoarchive -n writes onto the share of a Windows server by a file with credentials; with that on a stick, nuke pxe restores from there without a question",
    ci: false,
    unproven: "network-cifs restores from such a share by a typed password",
    run: backedUpTo(BY_CIFS),
  },
];
