import type { GuestMachine } from "../guest-machine.ts";

/** The system on one disk; a volume group, a file system and swap on another, as file servers have it. */
export const dataDisk: GuestMachine = {
  name: "data-disk",
  firmware: "bios",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 2560,
      serial: "MONDO-SYSTEM-1",
      table: `label: dos
label-id: 0x6d6f6e25
1: start=2048, size=5000000, type=83, bootable
`,
    },
    {
      bus: "virtio",
      sizeMiB: 768,
      serial: "MONDO-DATA-1",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000002500
1: start=2048, size=819200, type=E6D6D379-F507-44C2-A23C-238F2A3DF928, name="depot"
2: start=821248, size=409600, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="home"
3: start=1230848, size=131072, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, name="swap"
`,
    },
  ],
  volumes: `pvcreate -q /dev/vdb1
vgcreate -q depot /dev/vdb1
lvcreate -q -y -n data -L 320M depot
`,
  filesystems: [
    {
      device: "/dev/vda1",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000002501"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000002501",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/depot/data",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000002502"],
      source: "/dev/depot/data",
      mountPoint: "/srv/data",
      fsType: "ext4",
    },
    {
      device: "/dev/vdb2",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000002503"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000002503",
      mountPoint: "/home",
      fsType: "ext4",
    },
    {
      device: "/dev/vdb3",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000002504"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000002504",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
};
