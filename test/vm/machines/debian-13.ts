import type { GuestMachine } from "../guest-machine.ts";

/** Debian 13 as its installer leaves it: ext4 with orphan_file and metadata_csum_seed, /tmp in memory, merged /usr. */
export const debian13: GuestMachine = {
  name: "debian-13",
  firmware: "uefi",
  system: { suite: "trixie", architecture: "amd64" },
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-TRIXIE-1",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000013
1: start=2048, size=131072, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
2: start=133120, size=5332992, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
3: start=5466112, size=786432, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-O", "orphan_file,metadata_csum_seed"].concat([
        "-U",
        "6d6f6e64-6f00-4000-8000-000000001302",
      ]),
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001302",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/vda1",
      make: ["mkfs.vfat", "-F", "32", "-s", "1", "-i", "6D6F1301"],
      source: "UUID=6D6F-1301",
      mountPoint: "/boot/efi",
      fsType: "vfat",
      options: "umask=0077",
    },
    {
      device: "/dev/vda3",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000001303"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001303",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
};
