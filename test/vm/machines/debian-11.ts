import type { GuestMachine } from "../guest-machine.ts";

/** Debian 11 as its installer leaves it on a PC with BIOS: MBR, swap in a logical partition; and an XFS for data. */
export const debian11: GuestMachine = {
  name: "debian-11",
  firmware: "bios",
  system: { suite: "bullseye", architecture: "amd64" },
  disks: [
    {
      bus: "scsi",
      sizeMiB: 3072,
      serial: "MONDO-BULLSEYE-1",
      table: `label: dos
label-id: 0x6d6f6e11
1: start=2048, size=4194304, type=83, bootable
2: start=4198398, size=526338, type=5
3: start=4726784, size=1048576, type=83
5: start=4198400, size=526336, type=82
`,
    },
  ],
  filesystems: [
    {
      device: "/dev/vda1",
      make: ["mkfs.ext4", "-q", "-F", "-O", "^orphan_file,^metadata_csum_seed"].concat([
        "-U",
        "6d6f6e64-6f00-4000-8000-000000001101",
      ]),
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001101",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/vda3",
      make: ["mkfs.xfs", "-q", "-f", "-m", "uuid=6d6f6e64-6f00-4000-8000-000000001103,bigtime=0,inobtcount=0"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001103",
      mountPoint: "/srv/data",
      fsType: "xfs",
    },
    {
      device: "/dev/vda5",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000001105"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001105",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
};
