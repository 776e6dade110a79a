import type { GuestDisk, GuestMachine } from "../guest-machine.ts";

const array = "ARRAY /dev/md127 metadata=1.0 UUID=6d6f6e64:6f000000:13000000:00000001 name=bios-md-table:sys\n";

const disk = (number: 1 | 2): GuestDisk => ({
  bus: "virtio",
  sizeMiB: 2816,
  serial: `MONDO-MD-TABLE-${number}`,
  boots: true,
});

/**
 * Two whole disks are one mirror, which carries a GPT: its superblocks lie at the end, so BIOS and GRUB see that table
 * on each disk. The root is named by the array's partition: before the array runs, the disks' partitions have the same
 * UUIDs.
 */
export const biosMdTable: GuestMachine = {
  name: "bios-md-table",
  firmware: "bios",
  disks: [disk(1), disk(2)],
  volumes: `mdadm --create /dev/md127 --run --assume-clean --level=1 --raid-devices=2 --metadata=1.0 --bitmap=internal --homehost=bios-md-table \\
  --name=sys --uuid=6d6f6e64:6f000000:13000000:00000001 /dev/vda /dev/vdb
sfdisk --quiet /dev/md127 <<'TABLE'
label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000001300
1: start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649
2: start=4096, size=5242880, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="root"
3: start=5246976, size=262144, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
TABLE
blockdev --rereadpt /dev/md127
`,
  filesystems: [
    {
      device: "/dev/md127p2",
      make: ["mkfs.ext4", "-q", "-F", "-U", "6d6f6e64-6f00-4000-8000-000000001302"],
      source: "/dev/md127p2",
      mountPoint: "/",
      fsType: "ext4",
      options: "errors=remount-ro",
    },
    {
      device: "/dev/md127p3",
      make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000001303"],
      source: "/dev/md127p3",
      mountPoint: "none",
      fsType: "swap",
      options: "sw",
    },
  ],
  files: {
    "/etc/default/grub.d/names.cfg": "GRUB_DISABLE_LINUX_UUID=true\n",
    "/etc/mdadm/mdadm.conf": `HOMEHOST <system>\nMAILADDR root\n${array}`,
  },
  initramfs: { "/etc/mdadm/mdadm.conf": `HOMEHOST <system>\n${array}` },
};
