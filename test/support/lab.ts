import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import type { GuestMachine } from "../vm/guest-machine.ts";
import { machineNamed } from "../vm/machines.ts";
import { type Architecture, architectureOf, baseSystem } from "./base-system.ts";
import { blankDisk } from "./blank-disk.ts";
import { fingerprint } from "./fingerprint.ts";
import { buildGuestDisks, guestDiskFile, guestRecipe } from "./guest-disk.ts";
import { type DiskDevice, Machine, overlay } from "./qemu.ts";
import { bash, run } from "./shell.ts";
import { unlock } from "./unlock.ts";

/** A machine that was backed up from inside while it ran. */
export interface Backup {
  readonly machine: GuestMachine;
  /** The (first) ISO that mondoarchive wrote. */
  readonly iso: string;
  /** The full backup that it builds on, when it is a differential one. */
  readonly full?: string;
  /** Those of further media, in order. */
  readonly further?: readonly string[];
  /** What the machine was made of just before. */
  readonly fingerprint: readonly string[];
  /** UEFI variables of the machine, with its boot entry. */
  readonly variables: string | undefined;
}

export interface LabOptions {
  readonly repository: string;
  /** Kept between runs: the base system, guests, backups made by the same executable. */
  readonly cache: string;
  /** Of this run: logs, sockets, disks. */
  readonly scratch: string;
}

const MIB = 1024 * 1024;
/** What a developer's next build replaces is kept this long. */
const KEPT_MS = 3 * 3600 * 1000;
/** By which a guest finds the disk that backups go to. */
export const TARGET_SERIAL = "MONDO-TARGET";

/** A raw disk with one ext4 partition, made without mounting anything. */
export async function makeTargetDisk(file: string): Promise<void> {
  blankDisk(file, 2048 * MIB);
  await run(["sfdisk", "--quiet", file], { input: "label: gpt\nstart=2048\n" });
  await run(["mkfs.ext4", "-q", "-F", "-E", `offset=${MIB}`, "-m", "0", file, `${2046 * 1024}k`]);
}

/** Runs bash lines while the partition of a target disk is mounted, read-only, where they are told. */
export async function readTargetDisk(file: string, script: (mount: string) => string): Promise<void> {
  const mount = (await run(["mktemp", "-d", "/tmp/mondo-target.XXXXXX"])).trim();
  await bash(`mount -o loop,ro,offset=${MIB} ${file} ${mount}
trap 'umount ${mount}; rmdir ${mount}' EXIT
${script(mount)}`);
}

/** Where machines are made, backed up and restored. Everything that several scenarios need is made once. */
export class Lab {
  readonly options: LabOptions;
  readonly #once = new Map<string, Promise<unknown>>();
  /** For scenarios that back up the same machine in several ways. */
  readonly executableKey: string;

  constructor(options: LabOptions) {
    this.options = options;
    mkdirSync(options.cache, { recursive: true });
    mkdirSync(options.scratch, { recursive: true });
    this.executableKey = this.#built("amd64").key;
  }

  /** Where the executable for a processor lies, and a key of its bytes. */
  #built(architecture: Architecture): { readonly directory: string; readonly key: string } {
    const directory = join(this.options.repository, architecture === "amd64" ? "dist" : `dist/${architecture}`);
    const executable = readFileSync(join(directory, "mondo"));
    return { directory, key: createHash("sha256").update(executable).digest("hex").slice(0, 12) };
  }

  /** A fresh directory for one scenario. */
  directory(name: string): string {
    const directory = join(this.options.scratch, name);
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  /** Directory with the disks of a source machine, raw; never written to. */
  source(machine: GuestMachine): Promise<string> {
    return this.#first(`source ${machine.name}`, async () => {
      const { system } = machine;
      const base = await this.#first(`base ${JSON.stringify(system)}`, () => baseSystem(this.options.cache, system));
      const key = this.#key(guestRecipe(machine, basename(base)));
      return this.#cached(`guest-${machine.name}-`, key, (directory) => buildGuestDisks(machine, base, directory));
    });
  }

  /** The disks of a source machine to run it with: layers in `directory` over those that stay as they are. */
  async sourceDisks(machine: GuestMachine, directory: string): Promise<DiskDevice[]> {
    const source = await this.source(machine);
    return Promise.all(
      machine.disks.map(async ({ bus, serial, sectorBytes }, index) => {
        const file = await overlay(join(source, guestDiskFile(index)), join(directory, `source-${index}.qcow2`));
        const boot = index === 0 ? { bootIndex: 0 } : {};
        return { file, format: "qcow2", bus, serial, ...(sectorBytes === undefined ? {} : { sectorBytes }), ...boot };
      }),
    );
  }

  /** A CD with the executable under its names, and its constant part of the rescue image. */
  tools(architecture: Architecture = "amd64"): Promise<string> {
    const { directory, key } = this.#built(architecture);
    return this.#first(`tools ${architecture}`, () =>
      this.#cached(architecture === "amd64" ? "tools-" : `tools-${architecture}-`, `${key}.iso`, async (file) => {
        const tree = this.directory(`tools-${architecture}`);
        const dist = directory;
        for (const name of readdirSync(dist).filter((name) => /^mondo(\.cpio\..*)?$/.test(name))) {
          copyFileSync(join(dist, name), join(tree, name));
        }
        await bash(
          `cd ${tree}; chmod 755 mondo; for name in mondoarchive mondorestore mindi; do ln -s mondo $name; done`,
        );
        await run(["xorriso", "-as", "mkisofs", "-quiet", "-iso-level", "3", "-R", "-V", "TOOLS", "-o", file, tree]);
      }),
    );
  }

  /**
   * Boots a machine, fingerprints it, backs it up from inside and switches it off. `options` go to mondoarchive. With
   * `changes`, a script, it is a differential backup: of what that changed since a full one.
   */
  backup(name: string, options = "", changes = ""): Promise<Backup> {
    const machine = machineNamed(name);
    return this.#first(`backup ${name} ${options} ${changes}`, async () => {
      const source = await this.source(machine);
      const architecture = architectureOf(machine);
      const tools = await this.tools(architecture);
      const key = this.#key(
        basename(source),
        this.#built(architecture).key,
        options,
        changes,
        ...this.#fingerprintScript(),
      );
      // Short: the path of a socket in there may have 107 bytes.
      const variant = options.replace(/[^A-Za-z0-9]/g, "").slice(0, 12) + (changes === "" ? "" : "-differential");
      const set = await this.#cached(`set-${name}${variant}-`, key, (directory) => {
        mkdirSync(directory);
        return this.#makeBackup(machine, tools, { options, changes }, directory);
      });
      const variables = join(set, "variables.fd");
      return {
        machine,
        iso: join(set, "backup.iso"),
        ...(changes === "" ? {} : { full: join(set, "full.iso") }),
        further: readdirSync(set)
          .filter((file) => /^further-\d+\.iso$/.test(file))
          .sort()
          .map((file) => join(set, file)),
        fingerprint: readFileSync(join(set, "fingerprint"), "latin1").split("\n"),
        variables: existsSync(variables) ? variables : undefined,
      };
    });
  }

  async #makeBackup(
    machine: GuestMachine,
    tools: string,
    { options, changes }: { readonly options: string; readonly changes: string },
    set: string,
  ): Promise<void> {
    const directory = this.directory(basename(set));
    const disks = await this.sourceDisks(machine, directory);
    const target = join(directory, "target.raw");
    await makeTargetDisk(target);
    const vm = await Machine.start({
      directory,
      firmware: machine.firmware,
      architecture: architectureOf(machine),
      memoryMiB: 1536,
      cpus: 2,
      disks: [...disks, { file: target, format: "raw", bus: "virtio", serial: TARGET_SERIAL }],
      cdrom: { file: tools },
    });
    try {
      await unlock(vm, machine.passPhrase);
      await vm.booted();
      await vm.run(prepareScript(machine));
      if (changes !== "") {
        await vm.run(archiveScript(options, machine), 1_200_000);
        await vm.run(`set -e\n${changes}`);
      }
      writeFileSync(join(set, "fingerprint"), (await fingerprint(vm)).join("\n"), "latin1");
      await vm.run(archiveScript(changes === "" ? options : `${options} -D`, machine), 1_200_000);
      await vm.powerOff();
    } finally {
      await vm.kill();
    }
    await readTargetDisk(
      target,
      (mount) => `if [ -e ${mount}/vm-d1-1.iso ]; then
  cp --sparse=always ${mount}/vm-d1-1.iso ${set}/backup.iso
  cp --sparse=always ${mount}/vm-1.iso ${set}/full.iso
else cp --sparse=always ${mount}/vm-1.iso ${set}/backup.iso; fi
for n in 2 3 4 5 6 7 8 9; do
  [ ! -e ${mount}/vm-$n.iso ] || cp --sparse=always ${mount}/vm-$n.iso ${set}/further-$n.iso
done`,
    );

    if (machine.firmware === "uefi") copyFileSync(join(directory, "variables.fd"), join(set, "variables.fd"));
    rmSync(target);
    for (const { file } of disks) rmSync(file);
  }

  #fingerprintScript(): string[] {
    return [readFileSync(join(this.options.repository, "test/vm/guest/fingerprint.sh"), "utf8"), archiveScript("")];
  }

  #key(...parts: readonly string[]): string {
    return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 12);
  }

  /** `make` once in this run, also when several ask at the same time. */
  #first<T>(what: string, make: () => Promise<T>): Promise<T> {
    const known = this.#once.get(what);
    if (known !== undefined) return known as Promise<T>;
    const made = make();
    this.#once.set(what, made);
    // What failed may be tried again.
    made.catch(() => this.#once.delete(what));
    return made;
  }

  /**
   * A file or directory of the cache, made under another name first, so that several runs may share the cache. Those
   * with the same prefix that nobody made or used for hours are removed.
   */
  async #cached(prefix: string, key: string, make: (path: string) => Promise<void>): Promise<string> {
    const { cache } = this.options;
    const path = join(cache, prefix + key);
    if (existsSync(path)) {
      utimesSync(path, new Date(), new Date());
      return path;
    }
    for (const old of readdirSync(cache).filter((name) => name.startsWith(prefix))) {
      const idleMs = Date.now() - statSync(join(cache, old)).mtimeMs;
      if (idleMs > KEPT_MS) rmSync(join(cache, old), { recursive: true, force: true });
    }
    const partial = join(cache, `${prefix}partial-${process.pid}`);
    rmSync(partial, { recursive: true, force: true });
    await make(partial);
    if (existsSync(path)) rmSync(partial, { recursive: true, force: true });
    else renameSync(partial, path);
    return path;
  }
}

/** The boot entry that an installation makes. */
export function bootProgram(machine: GuestMachine): { readonly label: string; readonly file: string } {
  const { loader } = machine;
  const efi = architectureOf(machine) === "arm64" ? "aa64" : "x64";
  if (loader === "systemd-boot") return { label: "Linux Boot Manager", file: `\\EFI\\systemd\\systemd-boot${efi}.efi` };
  return { label: "debian", file: `\\EFI\\debian\\shim${efi}.efi` };
}

/**
 * Mounts what the test brings, below paths that are never saved; on UEFI gives the machine the boot entry of an
 * installation.
 */
function prepareScript(machine: GuestMachine): string {
  const fats = machine.filesystems.filter(({ fsType }) => fsType === "vfat").map(({ mountPoint }) => mountPoint);
  // On an extended boot loader partition is nothing that firmware starts.
  const esps = fats.filter((path) => path !== "/boot");
  const { label, file } = bootProgram(machine);
  // An ESP on a mirror has an entry for each leg. The first one is made last: each new entry goes to the front of the
  // order.
  const uefi = `
parts=()
for esp in ${esps.join(" ")}; do
  parts+=($(lsblk -nrso NAME,TYPE "$(findmnt -no SOURCE $esp)" | awk '$2 == "part" { print $1 }' | sort))
done
for ((n = \${#parts[@]}; n > 0; n--)); do
  part=\${parts[n - 1]}
  disk=$(lsblk -dno PKNAME "/dev/$part")
  number=$([ $n = 1 ] || echo $n)
  efibootmgr -q -c -d "/dev/$disk" -p "$(cat /sys/class/block/$part/partition)" -L "${label}$number" -l '${file}'
done`;
  // The policy lets programs of this label make machine code while they run.
  const context = machine.policy === undefined ? "" : ",context=system_u:object_r:unconfined_execmem_exec_t:s0";
  return `set -e
mkdir -p /target /run/tools
mount -t iso9660 -o ro${context} /dev/sr0 /run/tools
mount /dev/disk/by-id/virtio-${TARGET_SERIAL}-part1 /target
${machine.firmware === "uefi" ? uefi : ""}`;
}

/** The backup as an administrator would make it; its output goes to the serial console as well. */
function archiveScript(options: string, machine?: GuestMachine): string {
  const serial = machine !== undefined && architectureOf(machine) === "arm64" ? "ttyAMA0" : "ttyS0";
  return `set -eo pipefail
disk=/dev/$(lsblk -dno PKNAME "$(findmnt -no SOURCE /target)")
cd /
/run/tools/mondoarchive -O -i -d /target -p vm -E "/target $disk" ${options} 2>&1 | tee /dev/${serial}
ls -l /target
sync`;
}
