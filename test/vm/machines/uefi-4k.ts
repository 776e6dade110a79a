import type { GuestMachine } from "../guest-machine.ts";

/** All on one NVMe disk with sectors of 4 KiB: table, ESP, XFS, swap. */
export const uefi4k: GuestMachine = {
  name: "uefi-4k",
  firmware: "uefi",
  disks: [
    {
      bus: "nvme",
      sizeMiB: 3072,
      sectorBytes: 4096,
      serial: "MONDO-4K-1",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000012
1: start=256, size=76800, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI System"
2: start=77056, size=655360, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="root"
3: start=732416, size=32768, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, name="swap"
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda2",
      make: ["mkfs.xfs", "-q", "-f", "-L", "root4k", "-m", "uuid=6d6f6e64-6f00-4000-8000-000000001202"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001202",
      mountPoint: "/",
      fsType: "xfs",
    },
    {
      device: "/dev/vda1",
      make: ["mkfs.vfat", "-F", "32", "-S", "4096", "-s", "1", "-n", "ESP4K", "-i", "6D6F1201"],
      source: "UUID=6D6F-1201",
      mountPoint: "/boot/efi",
      fsType: "vfat",
      options: "umask=0077",
    },
    {
      device: "/dev/vda3",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000001203"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001203",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
};
