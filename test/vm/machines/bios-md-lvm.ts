import type { GuestDisk, GuestMachine } from "../guest-machine.ts";

const arraysOf = (
  host: string,
) => `ARRAY /dev/md/boot metadata=1.0 UUID=6d6f6e64:6f000000:04000000:00000001 name=${host}:boot
ARRAY /dev/md/0 metadata=1.2 UUID=6d6f6e64:6f000000:04000000:00000002 name=${host}:0
`;

const disk = (series: string, number: 1 | 2): GuestDisk => ({
  bus: "virtio",
  sizeMiB: 2816,
  serial: `MONDO-${series}-${number}`,
  table: `label: dos
label-id: 0x6d6f6e${number}4
1: start=2048, size=262144, type=fd, bootable
2: start=264192, size=5480448, type=fd
`,
  boots: true,
});

const machine = (name: string, series: string): GuestMachine => ({
  name,
  firmware: "bios",
  disks: [disk(series, 1), disk(series, 2)],
  volumes: `create="mdadm --create --run --assume-clean --level=1 --raid-devices=2 --homehost=${name}"
$create /dev/md127 --metadata=1.0 --name=boot --uuid=6d6f6e64:6f000000:04000000:00000001 /dev/vda1 /dev/vdb1
$create /dev/md0 --bitmap=internal --name=0 --uuid=6d6f6e64:6f000000:04000000:00000002 /dev/vda2 /dev/vdb2
pvcreate -q /dev/md0
vgcreate -q -s 2M mondo-vg /dev/md0
lvcreate -q -y -n root -L 2200M mondo-vg
lvcreate -q -y -n swap -L 128M mondo-vg
lvextend -q -L 2300M mondo-vg/root
`,
  filesystems: [
    {
      device: "/dev/mondo-vg/root",
      make: ["mkfs.ext4", "-q", "-F", "-L", "mirrored", "-U", "6d6f6e64-6f00-4000-8000-000000000401"],
      source: "/dev/mapper/mondo--vg-root",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/md127",
      make: ["mkfs.ext4", "-q", "-F", "-L", "boot", "-U", "6d6f6e64-6f00-4000-8000-000000000402"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000000402",
      mountPoint: "/boot",
      fsType: "ext4",
    },
    {
      device: "/dev/mondo-vg/swap",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000000403"],
      source: "/dev/mondo-vg/swap",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
  files: { "/etc/mdadm/mdadm.conf": `HOMEHOST <system>\nMAILADDR root\n${arraysOf(name)}` },
  initramfs: { "/etc/mdadm/mdadm.conf": `HOMEHOST <system>\n${arraysOf(name)}` },
});

/** LVM on a mirror, /boot on a mirror of its own, GRUB in both disks. */
export const biosMdLvm = machine("bios-md-lvm", "MIRROR");

/**
 * The same with dracut in place of initramfs-tools, set to make images for this machine only: its image has no drivers
 * of other disks, and what the root lies on is written in the image, not on the kernel's command line.
 */
export const dracutMdLvm: GuestMachine = {
  ...machine("dracut-md-lvm", "DRACUT"),
  system: { suite: "bookworm", architecture: "amd64", initramfs: "dracut" },
  initramfs: {
    "/etc/mdadm.conf": `HOMEHOST <system>\n${arraysOf("dracut-md-lvm")}`,
    "/etc/cmdline.d/90mdraid.conf": " rd.md.uuid=6d6f6e64:6f000000:04000000:00000002\n",
    "/etc/cmdline.d/90lvm.conf": " rd.lvm.lv=mondo-vg/root\n",
  },
};
