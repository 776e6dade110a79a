import type { GuestMachine } from "../guest-machine.ts";

/** As on Fedora and SUSE: GRUB in /boot/grub2, its tools called grub2-*. /usr is a file system of its own. */
export const grub2Usr: GuestMachine = {
  name: "grub2-usr",
  firmware: "bios",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-GRUB2-1",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000016
1: start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649
2: start=4096, size=262144, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
3: start=266240, size=2097152, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
4: start=2363392, size=3145728, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda3",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001603"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001603",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001602"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001602",
      mountPoint: "/boot",
      fsType: "ext4",
    },
    {
      device: "/dev/vda4",
      make: ["mkfs.xfs", "-q", "-f", "-m", "uuid=6d6f6e64-6f00-4000-8000-000000001604"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001604",
      mountPoint: "/usr",
      fsType: "xfs",
    },
  ],
  // Debian's GRUB has the name of its directory built in: it finds it by a link.
  finish: `rm usr/sbin/update-grub
mv usr/sbin/grub-install usr/sbin/grub2-install
mv usr/sbin/grub-mkconfig usr/sbin/grub2-mkconfig
mv boot/grub boot/grub2
ln -s grub2 boot/grub`,
};
