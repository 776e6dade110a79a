import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt, run } from "./shell.ts";

/** A raw file that becomes a disk: the first one is /dev/vda. */
export interface UmlDisk {
  readonly file: string;
  readonly sectorBytes?: number;
}

export interface UmlOptions {
  readonly disks?: readonly UmlDisk[];
  readonly memoryMiB?: number;
  readonly timeoutMs?: number;
}

const KERNEL = "/usr/bin/linux.uml";
/** What makes it run on processors with AMX. */
const PRELOADED = join(import.meta.dirname, "uml-ptrace.c");

/** Whether User-Mode Linux is installed: a kernel with md, device mapper and all file systems, run as a process. */
export function hasUml(): boolean {
  return existsSync(KERNEL);
}

/**
 * PID 1: this machine's own files as the root, with a layer over them that is forgotten, and the kernel's own modules.
 * Everything after the mark on the console is the script's output; its exit code comes last.
 */
const init = (script: string) => `#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root
mount -t proc proc /proc
mount -t tmpfs layer /run
mkdir /run/upper /run/work /run/root
modules=/usr/lib/uml/modules/$(uname -r)
insmod "$modules"/kernel/fs/overlayfs/overlay.ko
mount -t overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work none /run/root
cd /run/root
mkdir -p old lib/modules/"$(uname -r)"
mount --bind "$modules" lib/modules/"$(uname -r)"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs dev dev
mount -t tmpfs run run
pivot_root . old
cd /
modprobe -qa virtio_blk loop
printf 'mondo-uml-begin\\n'
bash ${script} </dev/null 2>&1
printf 'mondo-uml-end %d\\n' $?
sync
echo o >/proc/sysrq-trigger
sleep 60
`;

function exportArguments({ file, sectorBytes }: UmlDisk, index: number, socket: string): string[] {
  const options = `addr.type=unix,addr.path=${socket},writable=on,logical-block-size=${sectorBytes ?? 512}`;
  return [
    ...["--blockdev", `driver=file,node-name=file${index},filename=${file},discard=unmap,cache.no-flush=on`],
    ...["--export", `type=vhost-user-blk,id=disk${index},node-name=file${index},${options}`],
  ];
}

/** Starts what serves the disks, and waits for its sockets. */
async function serveDisks(disks: readonly UmlDisk[], sockets: readonly string[]): Promise<ChildProcess | undefined> {
  if (disks.length === 0) return undefined;
  const words = disks.flatMap((disk, index) => exportArguments(disk, index, sockets[index] ?? ""));
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", "qemu-storage-daemon", ...words], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  while (!sockets.every((socket) => existsSync(socket))) {
    if (child.exitCode !== null) throw new Error(`qemu-storage-daemon ended with ${child.exitCode}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
  return child;
}

/** Ends what serves the disks; until it is gone nobody else may open them. */
async function ended(daemon: ChildProcess | undefined): Promise<void> {
  if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
  await new Promise((done) => {
    daemon.once("exit", done);
    daemon.kill("SIGKILL");
  });
}

function outputOf(console: string): { output: string; exitCode: number } | undefined {
  const match = /mondo-uml-begin\r?\n([\s\S]*)mondo-uml-end (\d+)/.exec(console);
  return match === null ? undefined : { output: match[1] ?? "", exitCode: Number(match[2]) };
}

/**
 * Runs a bash script (`set -euo pipefail`) as root on a kernel of its own and returns its mixed output. It sees this
 * machine's files; what it writes besides the disks is gone afterwards. Throws with the last lines when it fails.
 */
export async function inUml(script: string, options: UmlOptions = {}): Promise<string> {
  const { disks = [], memoryMiB = 1024, timeoutMs = 600_000 } = options;
  const directory = mkdtempSync(join(tmpdir(), "mondo-uml-"));
  const at = (name: string) => join(directory, name);
  const sockets = disks.map((_, index) => at(`disk${index}`));
  writeFileSync(at("init"), init(at("script")), { mode: 0o755 });
  writeFileSync(at("script"), `set -euo pipefail\n${script}`);
  await run(["gcc", "-O2", "-shared", "-fPIC", "-o", at("ptrace.so"), PRELOADED]);
  const daemon = await serveDisks(disks, sockets);
  try {
    const argv = [
      // Its processes go with it, however it ends: they have a namespace, below a shell that must not be replaced.
      ...["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc"],
      ...["env", `LD_PRELOAD=${at("ptrace.so")}`, "sh", "-c", '"$@"; exit $?', "sh"],
      ...[KERNEL, `mem=${memoryMiB}M`, `uml_dir=${directory}`],
      ...["root=/dev/root", "rootfstype=hostfs", "hostfs=/", "ro", `init=${at("init")}`, "quiet", "loglevel=1"],
      ...["con=null", "con0=null,fd:1", ...sockets.map((socket) => `virtio_uml.device=${socket}:2`)],
    ];
    const { output: console } = await attempt(argv, { timeoutMs });
    const result = outputOf(console);
    const tail = (text: string) => text.trimEnd().split("\n").slice(-40).join("\n");
    if (result === undefined) throw new Error(`User-Mode Linux did not finish:\n${tail(console)}`);
    if (result.exitCode !== 0)
      throw new Error(`in User-Mode Linux, ended with ${result.exitCode}:\n${tail(result.output)}`);
    return result.output;
  } finally {
    await ended(daemon);
    rmSync(directory, { recursive: true, force: true });
  }
}
