import type { GuestMachine } from "../guest-machine.ts";

/** systemd-boot on an ESP at /efi; kernels and entries on an extended boot loader partition at /boot. */
export const xbootldr: GuestMachine = {
  name: "xbootldr",
  firmware: "uefi",
  loader: "systemd-boot",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-XBOOTLDR-1",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000017
1: start=2048, size=131072, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI System"
2: start=133120, size=524288, type=BC13C2FF-59E6-4262-A352-B275FD6F7172, name="boot"
3: start=657408, size=4587520, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name="root"
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda3",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001703"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001703",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/vda1",
      make: ["mkfs.vfat", "-F", "32", "-s", "1", "-i", "6D6F1701"],
      source: "UUID=6D6F-1701",
      mountPoint: "/efi",
      fsType: "vfat",
      options: "umask=0077",
    },
    {
      device: "/dev/vda2",
      make: ["mkfs.vfat", "-F", "32", "-s", "1", "-i", "6D6F1702"],
      source: "UUID=6D6F-1702",
      mountPoint: "/boot",
      fsType: "vfat",
      options: "umask=0077",
    },
  ],
  files: {
    "/etc/kernel/cmdline":
      "root=UUID=6d6f6e64-6f00-4000-8000-000000001703 ro console=tty0 console=ttyS0,115200 quiet\n",
  },
};
