import type { GuestDisk, GuestMachine } from "../guest-machine.ts";

const arrays = `ARRAY /dev/md/esp metadata=1.0 UUID=6d6f6e64:6f000000:11000000:00000001 name=uefi-esp-mirror:esp
ARRAY /dev/md/0 metadata=1.2 UUID=6d6f6e64:6f000000:11000000:00000002 name=uefi-esp-mirror:0
`;

const disk = (number: 1 | 2): GuestDisk => ({
  bus: "nvme",
  sizeMiB: 2816,
  serial: `MONDO-ESP-MIRROR-${number}`,
  table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-00000000110${number}
1: start=2048, size=131072, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=6D6F6E64-6F00-4000-8000-00000000111${number}, name="ESP ${number}"
2: start=133120, size=5582848, type=A19D880F-05FC-4D3B-A006-743F0F84911E, uuid=6D6F6E64-6F00-4000-8000-00000000112${number}
`,
});

/**
 * One ESP on both disks: a mirror whose superblocks lie at the end, so that firmware sees a FAT on each leg. Root in
 * LVM on a mirror.
 */
export const uefiEspMirror: GuestMachine = {
  name: "uefi-esp-mirror",
  firmware: "uefi",
  disks: [disk(1), disk(2)],
  volumes: `create="mdadm --create --run --assume-clean --level=1 --raid-devices=2 --homehost=uefi-esp-mirror"
$create /dev/md127 --metadata=1.0 --name=esp --uuid=6d6f6e64:6f000000:11000000:00000001 /dev/vda1 /dev/vdb1
$create /dev/md0 --bitmap=internal --name=0 --uuid=6d6f6e64:6f000000:11000000:00000002 /dev/vda2 /dev/vdb2
pvcreate -q /dev/md0
vgcreate -q espvg /dev/md0
lvcreate -q -y -n root -L 2400M espvg
lvcreate -q -y -n swap -L 128M espvg
`,
  filesystems: [
    {
      device: "/dev/espvg/root",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001101"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001101",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/md127",
      make: ["mkfs.vfat", "-F", "32", "-s", "1", "-n", "MIRRORED", "-i", "6D6FB001"],
      source: "UUID=6D6F-B001",
      mountPoint: "/boot/efi",
      fsType: "vfat",
      options: "umask=0077",
    },
    {
      device: "/dev/espvg/swap",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000001102"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000001102",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
  files: { "/etc/mdadm/mdadm.conf": `HOMEHOST <system>\nMAILADDR root\n${arrays}` },
  initramfs: { "/etc/mdadm/mdadm.conf": `HOMEHOST <system>\n${arrays}` },
};
