import type { GuestMachine } from "../guest-machine.ts";

/**
 * The root, with /boot, on a plain logical volume, data on thin ones that promise more than their pool has, and a
 * mounted snapshot of one.
 */
export const lvmThin: GuestMachine = {
  name: "lvm-thin",
  firmware: "bios",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-THIN-1",
      table: `label: dos
label-id: 0x6d6f6e07
1: start=2048, size=6287360, type=8e, bootable
`,
    },
  ],
  volumes: `pvcreate -q /dev/vda1
vgcreate -q thin-vg /dev/vda1
lvcreate -q -y -n root -L 2200M thin-vg
lvcreate -q -y --type thin-pool -n pool -L 500M --poolmetadatasize 8M -c 128k --discards nopassdown thin-vg
lvcreate -q -y -V 900M -T thin-vg/pool -n data
lvcreate -q -y -V 400M -T thin-vg/pool -n home
mkfs.ext4 -q -F -U 6d6f6e64-6f00-4000-8000-000000000702 /dev/thin-vg/data
mount /dev/thin-vg/data /mnt
echo yesterday >/mnt/report
umount /mnt
lvcreate -q -y -k n -s thin-vg/data -n before
`,
  filesystems: [
    {
      device: "/dev/thin-vg/root",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000000701"],
      source: "/dev/mapper/thin--vg-root",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/thin-vg/data",
      source: "/dev/thin-vg/data",
      mountPoint: "/srv/data",
      fsType: "ext4",
    },
    {
      device: "/dev/thin-vg/before",
      source: "/dev/thin-vg/before",
      mountPoint: "/srv/before",
      fsType: "ext4",
    },
    {
      device: "/dev/thin-vg/home",
      make: ["mkfs.xfs", "-q", "-f", "-m", "uuid=6d6f6e64-6f00-4000-8000-000000000703"],
      source: "/dev/thin-vg/home",
      mountPoint: "/home",
      fsType: "xfs",
    },
  ],
};
