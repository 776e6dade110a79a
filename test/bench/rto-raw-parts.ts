import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { blankDisk } from "../support/blank-disk.ts";
import { Machine, overlay } from "../support/qemu.ts";
import { bash, run } from "../support/shell.ts";
import { RTO_DISK_MIB } from "./rto-guest.ts";
import { table } from "./table.ts";

const MIB = 1 << 20;

/** Saves a partition as Clonezilla does, and brings it back onto a blank disk, with its table and boot loader. */
const SCRIPT = `set -eo pipefail
now() { date +%s.%N; }
sync; echo 3 >/proc/sys/vm/drop_caches
a=$(now); sfdisk -d /dev/disk/by-id/virtio-SOURCE >/store/table
partclone.ext4 -z 10485760 -L /run/save.log -c -s /dev/disk/by-id/virtio-SOURCE-part2 -o - 2>/run/save.err | zstd -q -3 -T0 -c >/store/root.zst
sync; b=$(now); echo 3 >/proc/sys/vm/drop_caches
disk=$(readlink -f /dev/disk/by-id/virtio-BLANK)
c=$(now); sfdisk -q $disk </store/table >/dev/null; udevadm settle
zstd -dc /store/root.zst | partclone.ext4 -z 10485760 -L /run/back.log -r -s - -o \${disk}2 2>/run/back.err; sync; d=$(now)
mkdir -p /mnt/r; mount \${disk}2 /mnt/r
grub-install --target=i386-pc --boot-directory=/mnt/r/boot $disk 2>/dev/null; umount /mnt/r; sync; e=$(now)
echo "PARTS $(echo "$b-$a; $d-$c; $e-$d" | bc | tr '\\n' ' ')"`;

/** The raw parts alone, in the machine itself, started as a live system; nothing is compared. */
export async function rawParts(source: string, directory: string, say: (line: string) => void): Promise<string> {
  mkdirSync(directory);
  const live = await overlay(source, join(directory, "live.qcow2"));
  const saved = await overlay(source, join(directory, "source.qcow2"));
  const blank = blankDisk(join(directory, "blank.raw"), RTO_DISK_MIB * MIB);
  const store = blankDisk(join(directory, "store.raw"), 4096 * MIB);
  await run(["mkfs.ext4", "-q", "-F", "-m", "0", store]);
  const [kernel, initrd] = [join(directory, "vmlinuz"), join(directory, "initrd")];
  await bash(`mkdir ${directory}/m; mount -o loop,ro,noload,offset=${2 * MIB} ${source} ${directory}/m
trap 'umount ${directory}/m' EXIT; cp ${directory}/m/boot/vmlinuz-* ${kernel}; cp ${directory}/m/boot/initrd.img-* ${initrd}`);
  const disk = (file: string, format: "raw" | "qcow2", serial: string) => {
    return { file, format, bus: "virtio", serial } as const;
  };
  const words = "root=/dev/vda2 ro console=tty0 console=ttyS0,115200 quiet fsck.mode=skip";
  const disks = [
    ...[disk(live, "qcow2", "LIVE"), disk(blank, "raw", "BLANK")],
    ...[disk(saved, "qcow2", "SOURCE"), disk(store, "raw", "STORE")],
  ];
  const hardware = { firmware: "bios", memoryMiB: 2048, cpus: 2 } as const;
  const vm = await Machine.start({
    ...hardware,
    directory: join(directory, "vm"),
    disks,
    kernel: { kernel, initrd, words },
  });
  try {
    await vm.booted(1_800_000);
    await vm.run("mkdir -p /store; mount /dev/disk/by-id/virtio-STORE /store");
    const { output } = await vm.run(SCRIPT, 7_200_000);
    const figures = /PARTS ([\d.]+) ([\d.]+) ([\d.]+)/.exec(output)?.slice(1).map(Number) ?? [];
    say(`partclone: ${figures.join(" ")}`);
    await vm.powerOff();
    const head = ["", "save", "table and file system back", "boot loader"];
    return table(head, [["partclone.ext4, zstd -3", ...figures.map((value) => `${value.toFixed(1)} s`)]]);
  } finally {
    await vm.kill();
  }
}
