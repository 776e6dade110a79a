import type { GuestDisk, GuestMachine } from "../guest-machine.ts";

const uuid = "6d6f6e64-6f00-4000-8000-000000000801";

const disk = (number: 1 | 2, sizeMiB: number): GuestDisk => ({
  bus: "virtio",
  sizeMiB,
  serial: `MONDO-RAID-${number}`,
  table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-00000000080${number}
1: start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649
2: start=4096, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="leg ${number}"
`,
  boots: true,
});

/** btrfs itself mirrors over two disks of different sizes; GRUB in both. */
export const btrfsRaid1: GuestMachine = {
  name: "btrfs-raid1",
  firmware: "bios",
  disks: [disk(1, 2816), disk(2, 3072)],
  volumes: `mkfs.btrfs -q -f -L mirror -U ${uuid} -m raid1 -d raid1 /dev/vda2 /dev/vdb2
mkdir -p /run/top
mount /dev/vda2 /run/top
btrfs subvolume create /run/top/@rootfs
umount /run/top
`,
  filesystems: [
    {
      device: "/dev/vda2",
      source: `UUID=${uuid}`,
      mountPoint: "/",
      fsType: "btrfs",
      options: "subvol=@rootfs,compress=zstd:1",
    },
  ],
};
