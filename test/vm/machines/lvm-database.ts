import type { GuestMachine } from "../guest-machine.ts";

/** A server of PostgreSQL: its data on a volume of its own, the rest on another, and room for snapshots of both. */
export const lvmDatabase: GuestMachine = {
  name: "lvm-database",
  firmware: "bios",
  system: {
    suite: "bookworm",
    architecture: "amd64",
    more: ["postgresql"],
    keeps: [
      "usr/share/perl/*",
      "usr/lib/x86_64-linux-gnu/perl",
      "usr/lib/x86_64-linux-gnu/libicu*",
      "usr/share/zoneinfo/[A-TV-Z]*",
    ],
    customise: "chroot . install -d -o root -g postgres -m 1775 /var/log/postgresql\n",
  },
  disks: [
    {
      bus: "virtio",
      sizeMiB: 5120,
      serial: "MONDO-DATABASE-1",
      table: `label: dos
label-id: 0x6d6f6e17
1: start=2048, size=10481664, type=8e, bootable
`,
    },
  ],
  volumes: `pvcreate -q /dev/vda1
vgcreate -q server /dev/vda1
lvcreate -q -y -n root -L 2600M server
lvcreate -q -y -n database -L 800M server
`,
  filesystems: [
    {
      device: "/dev/server/root",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001701"],
      source: "/dev/mapper/server-root",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/server/database",
      make: ["mkfs.xfs", "-q", "-f", "-m", "uuid=6d6f6e64-6f00-4000-8000-000000001702"],
      source: "/dev/server/database",
      mountPoint: "/var/lib/postgresql",
      fsType: "xfs",
    },
  ],
};
