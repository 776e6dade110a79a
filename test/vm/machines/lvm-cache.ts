import type { GuestMachine } from "../guest-machine.ts";

/**
 * Beside the root two volumes on the slow disk, one behind a write-back cache and one behind a write cache on a fast
 * disk without a table.
 */
export const lvmCache: GuestMachine = {
  name: "lvm-cache",
  firmware: "bios",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 3072,
      serial: "MONDO-SLOW-1",
      table: `label: dos
label-id: 0x6d6f6e11
1: start=2048, size=4710400, type=83, bootable
2: start=4712448, size=1576960, type=8e
`,
    },
    { bus: "virtio", sizeMiB: 256, serial: "MONDO-FAST-1" },
  ],
  volumes: `pvcreate -q /dev/vda2 /dev/vdb
vgcreate -q cache-vg /dev/vda2 /dev/vdb
lvcreate -q -y -n data -L 400M cache-vg /dev/vda2
lvcreate -q -y -n home -L 200M cache-vg /dev/vda2
lvcreate -q -y -n fast -L 96M cache-vg /dev/vdb
lvcreate -q -y -n faster -L 64M cache-vg /dev/vdb
lvconvert -q -y --type cache --cachevol fast --cachemode writeback -c 64k cache-vg/data
lvchange -q -an cache-vg/home cache-vg/faster
lvconvert -q -y --type writecache --cachevol faster --cachesettings high_watermark=60 cache-vg/home
lvchange -q -ay cache-vg/home
`,
  filesystems: [
    {
      device: "/dev/vda1",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001101"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001101",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/cache-vg/data",
      make: ["mkfs.xfs", "-q", "-f", "-m", "uuid=6d6f6e64-6f00-4000-8000-000000001102"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001102",
      mountPoint: "/srv/data",
      fsType: "xfs",
    },
    {
      device: "/dev/cache-vg/home",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001103"],
      source: "/dev/cache-vg/home",
      mountPoint: "/home",
      fsType: "ext4",
    },
  ],
};
