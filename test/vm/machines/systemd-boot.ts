import type { GuestMachine } from "../guest-machine.ts";

/** systemd-boot, with kernel and initramfs copied to the ESP by kernel-install. */
export const systemdBoot: GuestMachine = {
  name: "systemd-boot",
  firmware: "uefi",
  loader: "systemd-boot",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-SDBOOT-1",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000009
1: start=2048, size=409600, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI System"
2: start=411648, size=4587520, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name="root"
3: start=4999168, size=262144, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, name="swap"
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-L", "root", "-U", "6d6f6e64-6f00-4000-8000-000000000902"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000000902",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/vda1",
      make: ["mkfs.vfat", "-F", "32", "-s", "1", "-n", "SDBOOT", "-i", "6D6F9001"],
      source: "UUID=6D6F-9001",
      mountPoint: "/boot/efi",
      fsType: "vfat",
      options: "umask=0077",
    },
    {
      device: "/dev/vda3",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000000903"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000000903",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
  files: {
    "/etc/kernel/cmdline":
      "root=UUID=6d6f6e64-6f00-4000-8000-000000000902 ro console=tty0 console=ttyS0,115200 quiet\n",
  },
};
