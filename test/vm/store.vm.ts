/** Backups to places that take whole objects, and restores by the small image that each leaves there. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DAV_LOGIN } from "../support/dav-server.ts";
import { INSIDE, listens, SERVER, s3Server, withServer } from "../support/network-lab.ts";
import type { NfsServer } from "../support/nfs-server.ts";
import type { DiskDevice, Machine } from "../support/qemu.ts";
import { bootRescue, bootsAsBefore, emptyDisk, restored, startWith } from "../support/rescue.ts";
import { connected, keyStick, offerPrograms, startSource, takePrograms } from "../support/source-on-network.ts";
import { machineNamed } from "./machines.ts";
import { S3_KEY, typeS3Key } from "./network-servers.vm.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

/** A place for whole objects on a server of a namespace. */
interface Store {
  /** For --to. */
  readonly url: string;
  /** What that is on this machine. */
  readonly root: string;
  /** Serves it, on `port`, until it is killed. */
  readonly argv: readonly string[];
  readonly port: number;
  /** Once it is served: what a file for --credentials holds. */
  readonly login: () => string;
  /** Once it is served: lines that the saved machine runs before. */
  readonly prepare?: () => string;
  /** Programs of this machine that the saved one needs. */
  readonly programs?: readonly string[];
  /** The boot word that names the same file on a stick; absent: what it holds is typed. */
  readonly word?: string;
}

const SAVED = machineNamed("bios-gpt-ext4");
/** Where the sets of the machine are, below the place. */
const SETS = `${SAVED.name}/m1`;
const programOf = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

function bucket(directory: string): Store {
  const home = join(directory, "objects");
  mkdirSync(join(home, "vault"), { recursive: true });
  const { id, secret } = S3_KEY;
  return {
    ...{ url: `s3+http://${SERVER}:9000/vault/sets`, root: join(home, "vault/sets"), port: 9000 },
    argv: [process.execPath, s3Server, home, "9000", id, secret],
    login: () => `aws_access_key_id=${id}\naws_secret_access_key=${secret}\n`,
  };
}

function webDav(directory: string): Store {
  const base = join(directory, "dav");
  return {
    ...{ url: `dav://joe@${SERVER}/`, root: join(base, "root"), port: 80, word: "mondo.credentials" },
    argv: [...INSIDE, process.execPath, programOf("dav-server.ts"), base],
    login: () => DAV_LOGIN,
  };
}

/** With the keys of the server in the machine, and its program, which comes from here. */
function shellAlone(directory: string): Store {
  const base = join(directory, "ssh");
  const text = (name: string) => readFileSync(join(base, name), "utf8");
  return {
    ...{ url: `ssh://joe@${SERVER}${base}/root`, root: join(base, "root"), port: 22, word: "mondo.ssh-key" },
    argv: [...INSIDE, process.execPath, programOf("ssh-server.ts"), base],
    login: () => text("key"),
    programs: ["/usr/bin/ssh", "/usr/bin/ssh-keygen"],
    prepare: () =>
      `mkdir -p -m 700 /root/.ssh; echo '${SERVER} ${text("host.pub").trim()}' >/root/.ssh/known_hosts\n${takePrograms}`,
  };
}

/** A backup beside which none stays, read back; then the names of those that are there. */
async function archive(vm: Machine, url: string): Promise<readonly string[]> {
  const words = `--to '${url}' --credentials /run/login -p m1 --keep 1 -OV`;
  const script = `set -o pipefail; cd /; /run/tools/mondo archive ${words} 2>&1 | tee /dev/ttyS0`;
  const { exitCode, output } = await vm.attempt(script, 1_800_000);
  // 4: the logs of the machine have grown since.
  const isSame = /No differences|: 0 that should not be \[3\]/.test(output);
  if (![0, 4].includes(exitCode) || !isSame) throw await vm.failure(`the backup ended with ${exitCode}:\n${output}`);
  const list = await vm.run(`/run/tools/mondo sets '${url}' --credentials /run/login`);
  return list.output.split("\n").flatMap((line) => new RegExp(`/${SETS}/([-\\dT]+)$`).exec(line)?.[1] ?? []);
}

/** Two backups, of which the second one is left; returns its name, and what the machine was made of. */
async function archiveTwice(vm: Machine, { url, login, prepare }: Store) {
  const file = Buffer.from(login()).toString("base64");
  const fingerprint = await connected(
    vm,
    `${prepare?.() ?? ""}\numask 077; echo '${file}' | base64 -d >/run/login; umask 022`,
  );
  const [first, second] = [await archive(vm, url), await archive(vm, url)];
  await vm.powerOff();
  const [name] = second;
  if (first.length !== 1 || second.length !== 1 || name === undefined || first[0] === name) {
    throw new Error(`there were ${first}, then ${second}`);
  }
  return { name, fingerprint };
}

/** Nothing of a file with credentials may be on a console, which would be read in logs. */
function requireUnseen(login: string, directories: readonly string[]): void {
  const secrets = login.split("\n").flatMap((line) => /^(?:\w+=)?(.{4,})$/.exec(line)?.[1] ?? []);
  const isSecret = (text: string) => text !== S3_KEY.id && !text.startsWith("-----");
  for (const directory of directories) {
    const log = readFileSync(join(directory, "serial.log"), "latin1");
    const shown = secrets.filter(isSecret).find((secret) => log.includes(secret));
    if (shown !== undefined) throw new Error(`${shown} was shown on the console of ${directory}`);
  }
}

/** What starts the restore: the keys are typed, or lie on a stick, and then nothing is asked. */
async function beginRestore(vm: Machine, word: string | undefined): Promise<void> {
  if (word === undefined) return await typeS3Key(vm);
  await startWith(vm, `${word}=LABEL=KEYS:/login`, "nuke");
}

/**
 * `mondo archive --to` twice from a running machine, so that --keep removes a set; the rescue.iso that lies beside the
 * other one starts a machine with a blank disk, finds the set there by itself, and restores it.
 */
function thereAndBack(storeIn: (directory: string) => Store) {
  return async (context: ScenarioContext): Promise<void> => {
    const { directory, say } = context;
    const store = storeIn(directory);
    const [source, rescue] = ["source", "rescue"].map((name) => join(directory, name)) as [string, string];
    const work = async (server: NfsServer) => {
      const child = server.startInside(store.argv, join(directory, "store.log"));
      try {
        await listens(server, store.port);
        const programs = store.programs && (await offerPrograms(context, server, store.programs));
        const vm = await startSource(context, server, SAVED);
        const { name, fingerprint } = await archiveTwice(vm, store).finally(() => vm.kill());
        programs?.kill("SIGKILL");
        say(`${name} is left of two`);
        const iso = join(store.root, SETS, name, "rescue.iso");
        const backup = { machine: SAVED, iso, fingerprint, variables: undefined };
        const disk = emptyDisk(backup, directory);
        const disks: DiskDevice[] = [disk];
        const login = join(directory, "login");
        writeFileSync(login, store.login());
        if (store.word !== undefined) disks.push(await keyStick(directory, login, "login"));
        const network = { card: "virtio-net-pci", namespace: server.namespace } as const;
        const choose = store.word === undefined ? "nuke" : undefined;
        const second = await bootRescue(backup, { directory: rescue, disks, network, cpus: 2, choose });
        try {
          await beginRestore(second, store.word);
          const place = new RegExp(`Backup of .* on \\w+[^\\n]*/${SETS}/${name}`);
          await second.expect(place, 300_000, /\n! The restore: .*\n|Password of|What shall be done\?/);
          await restored(second, 1_200_000);
        } finally {
          await second.kill();
        }
        await bootsAsBefore(backup, [disk], { directory: join(directory, "result") });
      } finally {
        child.kill("SIGKILL");
      }
    };
    await withServer(context, 4, {}, work);
    requireUnseen(store.login(), [source, rescue]);
  };
}

const UNPROVEN = "contract tests write to such a server and read from it";

export const scenarios: readonly Scenario[] = [
  {
    name: "store-s3",
    says: "mondo archive --to a bucket twice, --keep 1: the rescue.iso left there restores from the bucket with typed keys, and the machine is the same",
    ci: false,
    unproven: UNPROVEN,
    run: thereAndBack(bucket),
  },
  {
    name: "store-dav",
    says: "the same by WebDAV, with the password on a stick: nothing is asked",
    ci: false,
    unproven: UNPROVEN,
    run: thereAndBack(webDav),
  },
  {
    name: "store-ssh-shell",
    says: "the same to an SSH server with a shell and no SFTP, with the key on a stick",
    ci: false,
    unproven: UNPROVEN,
    run: thereAndBack(shellAlone),
  },
];
