import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { executable } from "../support/mondo.ts";
import { NfsServer } from "../support/nfs-server.ts";
import type { DiskDevice, MachineOptions } from "../support/qemu.ts";
import { bash, run } from "../support/shell.ts";
import { takeAddress } from "../support/source-on-network.ts";
import type { Saver } from "./rto-savers.ts";

const MIB = 1 << 20;
const TARGET_MIB = 8192;

/** What starts a rescue system, and what it may reach. */
export type Start = Pick<MachineOptions, "cdrom" | "kernel" | "network">;

/** Where the backups of a run lie. */
export interface RtoTarget {
  /** The member of `Saver` with what is run for it. */
  readonly kind: "disc" | "share";
  /** Of the machine that is saved. */
  readonly disks: readonly DiskDevice[];
  readonly network?: MachineOptions["network"];
  /** Run in it before the first backup, and after the last one. */
  readonly open: string;
  readonly close: string;
  /** Called when it is off. */
  readonly collect: () => Promise<void>;
  readonly start: (saver: Saver) => Promise<Start>;
  /** That went over the wire so far, both ways. */
  readonly bytes: () => Promise<number>;
}

/** A disk of the machine, where each backup is one ISO that starts the rescue system. */
export async function withDiscs<T>(directory: string, work: (target: RtoTarget) => Promise<T>): Promise<T> {
  const file = blankDisk(join(directory, "target.raw"), TARGET_MIB * MIB);
  await run(["sfdisk", "--quiet", file], { input: "label: gpt\nstart=2048\n" });
  await run(["mkfs.ext4", "-q", "-F", "-E", `offset=${MIB}`, "-m", "0", file, `${(TARGET_MIB - 2) * 1024}k`]);
  return await work({
    kind: "disc",
    disks: [{ file, format: "raw", bus: "virtio", serial: "MONDO-TARGET" }],
    open: "mkdir -p /target; mount /dev/disk/by-id/virtio-MONDO-TARGET-part1 /target",
    close: "umount /target",
    collect: async () => {
      await bash(`mkdir ${directory}/t; mount -o loop,ro,offset=${MIB} ${file} ${directory}/t
trap 'umount ${directory}/t' EXIT; cp --sparse=always ${directory}/t/*.iso ${directory}`);
    },
    start: async ({ name }) => ({ cdrom: { file: join(directory, `${name}.iso`), bootIndex: 0 } }),
    bytes: async () => 0,
  });
}

/** An NFS server; the rescue system is started by its kernel, as over PXE, and takes the files from there. */
export async function withShare<T>(directory: string, work: (target: RtoTarget) => Promise<T>): Promise<T> {
  const exported = join(directory, "export");
  mkdirSync(exported);
  const server = await NfsServer.start({ directory: join(directory, "nfs"), exported, version: 4, access: "RW" });
  const { namespace } = server;
  const network = { card: "virtio-net-pci", namespace } as const;
  try {
    return await work({
      kind: "share",
      disks: [],
      network,
      open: takeAddress,
      close: "",
      collect: async () => {},
      start: async ({ name, kernel }) => {
        const tree = join(directory, `start-${name}`);
        mkdirSync(tree, { recursive: true });
        await bash(kernel.take, { env: { mondo: executable, exported, tree } });
        const files = { kernel: join(tree, "kernel"), initrd: join(tree, "initrd") };
        return { network, kernel: { ...files, words: `console=tty0 console=ttyS0,115200 ${kernel.words}` } };
      },
      // QEMU's user network speaks to the server over the namespace's loopback: what is sent there is received there.
      bytes: async () => {
        const counter = "/sys/class/net/lo/statistics/tx_bytes";
        return Number(await run(["ip", "netns", "exec", namespace, "cat", counter]));
      },
    });
  } finally {
    await server.stop();
  }
}
