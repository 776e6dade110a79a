import type { GuestFilesystem, GuestMachine } from "../guest-machine.ts";

const uuid = "6d6f6e64-6f00-4000-8000-000000000701";
const subvolume = (mountPoint: string, options: string): GuestFilesystem => ({
  device: "/dev/vda2",
  source: `UUID=${uuid}`,
  mountPoint,
  fsType: "btrfs",
  options,
});

/**
 * One btrfs with all of the system in subvolumes: mounted, nested, read-only, a snapshot, a swap file in one of its
 * own.
 */
export const btrfsSubvolumes: GuestMachine = {
  name: "btrfs-subvolumes",
  firmware: "bios",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-POOL-1",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000007
1: start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649
2: start=4096, size=6000000, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=6D6F6E64-6F00-4000-8000-000000000072, name="pool"
`,
    },
  ],
  volumes: `mkfs.btrfs -q -f -L "mondo pool" -U ${uuid} -n 16384 -m dup -d single -b 2900M /dev/vda2
mkdir -p /run/top
mount -o compress=zstd:3 /dev/vda2 /run/top
cd /run/top
for name in gone @ @home @snapshots @swap; do btrfs subvolume create $name; done
btrfs subvolume delete gone
mkdir -p @/var/lib @/srv/nocow @/srv/packed
btrfs subvolume create @/var/lib/machines
btrfs subvolume create '@/var/lib/machines/inner one'
echo inside >'@/var/lib/machines/inner one/file'
btrfs subvolume create @/srv/frozen
echo frozen >@/srv/frozen/file
btrfs property set -t subvol @/srv/frozen ro true
chattr +C @/srv/nocow
head -c 3000000 /dev/urandom >@/srv/nocow/file
btrfs property set @/srv/packed compression lzo
head -c 3000000 /dev/zero | tr '\\0' x >@/srv/packed/file
echo at home >@home/file
btrfs subvolume snapshot -r @home @snapshots/one
btrfs subvolume set-default @
btrfs filesystem mkswapfile --size 48m @swap/file
cd /
umount /run/top
`,
  filesystems: [
    subvolume("/", "subvol=@,compress=zstd:3"),
    subvolume("/home", "subvol=@home,noatime"),
    subvolume("/.snapshots", "subvol=/@snapshots"),
    subvolume("/swap", "subvol=@swap"),
    { device: "", source: "/swap/file", mountPoint: "none", fsType: "swap", options: "sw" },
  ],
};
