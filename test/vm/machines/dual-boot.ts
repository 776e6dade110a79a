import type { GuestMachine } from "../guest-machine.ts";

/** Beside Linux an NTFS with files, and a partition of a kind that is not made again: both are saved as images. */
export const dualBoot: GuestMachine = {
  name: "dual-boot",
  firmware: "bios",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-DUAL-1",
      table: `label: dos
label-id: 0x6d6f6e08
1: start=2048, size=204800, type=7
2: start=206848, size=4400000, type=83, bootable
3: start=4608000, size=327680, type=83
`,
    },
  ],
  volumes: `mkntfs -F -Q -q -L Windows /dev/vda1
for name in perl bash; do ntfscp -f /dev/vda1 /usr/bin/$name $name; done
mkfs.nilfs2 -q -f -L other /dev/vda3
`,
  filesystems: [
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000000801"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000000801",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
  ],
};
