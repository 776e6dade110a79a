import type { GuestDisk, GuestMachine } from "../guest-machine.ts";

const array = "ARRAY /dev/md/data metadata=1.2 UUID=6d6f6e64:6f000000:06000000:00000001 name=raid5-xfs:data\n";

/** Whole disks with sectors of 4 KiB. */
const data = (number: number): GuestDisk => ({
  bus: "virtio",
  sizeMiB: 256,
  serial: `MONDO-R5-${number}`,
  sectorBytes: 4096,
});

/** A system disk, and XFS on RAID 5 of three whole disks. */
export const raid5Xfs: GuestMachine = {
  name: "raid5-xfs",
  firmware: "bios",
  disks: [
    {
      bus: "virtio",
      sizeMiB: 2560,
      serial: "MONDO-R5-SYSTEM",
      table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000006
1: start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649
2: start=4096, size=5000000, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
`,
    },
    data(1),
    data(2),
    data(3),
  ],
  volumes: `mdadm --create /dev/md127 --run --assume-clean --level=5 --raid-devices=3 --chunk=64K --layout=right-symmetric \\
  --homehost=raid5-xfs --name=data --uuid=6d6f6e64:6f000000:06000000:00000001 /dev/vdb /dev/vdc /dev/vdd
`,
  filesystems: [
    {
      device: "/dev/vda2",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000000601"],
      source: "UUID=6d6f6e64-6f00-4000-8000-000000000601",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/md127",
      make: ["mkfs.xfs", "-q", "-f", "-L", "data", "-m", "uuid=6d6f6e64-6f00-4000-8000-000000000602"],
      source: "LABEL=data",
      mountPoint: "/srv/data",
      fsType: "xfs",
      options: "defaults,nofail",
    },
  ],
  files: { "/etc/mdadm/mdadm.conf": `HOMEHOST <system>\nMAILADDR root\n${array}` },
  initramfs: { "/etc/mdadm/mdadm.conf": `HOMEHOST <system>\n${array}` },
};
