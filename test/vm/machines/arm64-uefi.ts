import type { GuestMachine } from "../guest-machine.ts";

/** Debian 12 on an aarch64 server: UEFI, GRUB behind shim, ext4. */
export const arm64Uefi: GuestMachine = {
  name: "arm64-uefi",
  firmware: "uefi",
  system: { suite: "bookworm", architecture: "arm64" },
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-ARM64-1",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000064
1: start=2048, size=131072, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI System"
2: start=133120, size=5332992, type=B921B045-1DF0-41C3-AF44-4C6F280D3FAE, name="root"
3: start=5466112, size=786432, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, name="swap"
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000006402"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000006402",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/vda1",
      make: ["mkfs.vfat", "-F", "32", "-s", "1", "-i", "6D6F6401"],
      source: "UUID=6D6F-6401",
      mountPoint: "/boot/efi",
      fsType: "vfat",
      options: "umask=0077",
    },
    {
      device: "/dev/vda3",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000006403"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000006403",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
};
