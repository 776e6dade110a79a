import type { GuestMachine } from "./guest-machine.ts";
import { arm64Uefi } from "./machines/arm64-uefi.ts";
import { biosById } from "./machines/bios-by-id.ts";
import { biosMdLvm, dracutMdLvm } from "./machines/bios-md-lvm.ts";
import { biosMdTable } from "./machines/bios-md-table.ts";
import { btrfsRaid1 } from "./machines/btrfs-raid1.ts";
import { btrfsSubvolumes } from "./machines/btrfs-subvolumes.ts";
import { dataDisk } from "./machines/data-disk.ts";
import { debian11 } from "./machines/debian-11.ts";
import { debian13 } from "./machines/debian-13.ts";
import { dualBoot } from "./machines/dual-boot.ts";
import { extlinux } from "./machines/extlinux.ts";
import { grub2Usr } from "./machines/grub2-usr.ts";
import { lvmCache } from "./machines/lvm-cache.ts";
import { lvmDatabase } from "./machines/lvm-database.ts";
import { lvmThin } from "./machines/lvm-thin.ts";
import { raid5Xfs } from "./machines/raid5-xfs.ts";
import { selinux } from "./machines/selinux.ts";
import { systemdBoot } from "./machines/systemd-boot.ts";
import { uefi4k } from "./machines/uefi-4k.ts";
import { uefiEspMirror } from "./machines/uefi-esp-mirror.ts";
import { uefiLuksLvm } from "./machines/uefi-luks-lvm.ts";
import { uefiMdLvm } from "./machines/uefi-md-lvm.ts";
import { xbootldr } from "./machines/xbootldr.ts";

const rootOptions = "errors=remount-ro";

export const machines: readonly GuestMachine[] = [
  {
    name: "bios-gpt-ext4",
    firmware: "bios",
    disks: [
      {
        bus: "virtio",
        sizeMiB: 3072,
        serial: "MONDO-GPT-1",
        table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000001
first-lba: 34
1: start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name="bios boot"
2: start=4096, size=262144, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=6D6F6E64-6F00-4000-8000-000000000012, name="Boot Straße", attrs="LegacyBIOSBootable"
5: start=268288, size=4194304, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name="root", attrs="GUID:59,63"
6: start=4462592, size=262144, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, name="swap"
`,
      },
    ],
    filesystems: [
      {
        device: "/dev/vda5",
        make: [
          "mkfs.ext4",
          "-q",
          "-F",
          "-O",
          "^64bit,metadata_csum",
          "-I",
          "512",
          "-m",
          "2",
          "-L",
          "mondo root",
        ].concat(["-E", "stride=16,stripe_width=64", "-U", "6d6f6e64-6f00-4000-8000-000000000105"]),
        source: "UUID=6d6f6e64-6f00-4000-8000-000000000105",
        mountPoint: "/",
        fsType: "ext4",
        options: rootOptions,
      },
      {
        device: "/dev/vda2",
        make: ["mkfs.ext2", "-q", "-F", "-b", "1024", "-I", "128", "-L", "boot"].concat([
          "-U",
          "6d6f6e64-6f00-4000-8000-000000000102",
        ]),
        source: "UUID=6d6f6e64-6f00-4000-8000-000000000102",
        mountPoint: "/boot",
        fsType: "ext2",
      },
      {
        device: "/dev/vda6",
        make: ["mkswap", "-q", "-L", "mondo-swap", "-U", "6d6f6e64-6f00-4000-8000-000000000106"],
        source: "LABEL=mondo-swap",
        mountPoint: "none",
        fsType: "swap",
        options: "sw",
      },
    ],
  },
  {
    name: "uefi-gpt-xfs",
    firmware: "uefi",
    disks: [
      {
        bus: "nvme",
        sizeMiB: 3072,
        serial: "MONDO-NVME-2",
        table: `label: gpt
label-id: 6D6F6E64-6F00-4000-8000-000000000002
1: start=2048, size=131072, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI System"
2: start=133120, size=393216, type=BC13C2FF-59E6-4262-A352-B275FD6F7172, name="boot"
3: start=526336, size=4194304, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="root"
4: start=4720640, size=262144, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, name="swap"
`,
      },
    ],
    filesystems: [
      {
        device: "/dev/vda3",
        make: ["mkfs.xfs", "-q", "-f", "-L", "mondoxfs", "-i", "size=1024", "-m"].concat([
          "uuid=6d6f6e64-6f00-4000-8000-000000000203,reflink=1,bigtime=1",
        ]),
        source: "UUID=6d6f6e64-6f00-4000-8000-000000000203",
        mountPoint: "/",
        fsType: "xfs",
      },
      {
        device: "/dev/vda2",
        make: ["mkfs.ext4", "-q", "-F", "-L", "boot", "-U", "6d6f6e64-6f00-4000-8000-000000000202"],
        source: "UUID=6d6f6e64-6f00-4000-8000-000000000202",
        mountPoint: "/boot",
        fsType: "ext4",
      },
      {
        device: "/dev/vda1",
        make: ["mkfs.vfat", "-F", "32", "-s", "1", "-n", "MONDOESP", "-i", "6D6F2001"],
        source: "UUID=6D6F-2001",
        mountPoint: "/boot/efi",
        fsType: "vfat",
        options: "umask=0077",
      },
      {
        device: "/dev/vda4",
        make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000000204"],
        source: "UUID=6d6f6e64-6f00-4000-8000-000000000204",
        mountPoint: "none",
        fsType: "swap",
        options: "sw",
      },
    ],
  },
  {
    name: "bios-mbr-logical",
    firmware: "bios",
    disks: [
      {
        bus: "scsi",
        sizeMiB: 3072,
        serial: "MONDO-MBR-3",
        table: `label: dos
label-id: 0x6d6f6e03
1: start=2048, size=262144, type=83, bootable
2: start=264192, size=5500000, type=5
5: start=268288, size=262144, type=82
6: start=536576, size=4194304, type=83
7: start=4734976, size=524288, type=83
`,
      },
    ],
    filesystems: [
      {
        device: "/dev/vda6",
        make: ["mkfs.ext4", "-q", "-F", "-O", "^metadata_csum,^64bit", "-L", "mbr-root"].concat([
          "-U",
          "6d6f6e64-6f00-4000-8000-000000000306",
        ]),
        source: "UUID=6d6f6e64-6f00-4000-8000-000000000306",
        mountPoint: "/",
        fsType: "ext4",
        options: rootOptions,
      },
      {
        device: "/dev/vda1",
        make: ["mkfs.ext3", "-q", "-F", "-L", "mbr-boot", "-U", "6d6f6e64-6f00-4000-8000-000000000301"],
        source: "LABEL=mbr-boot",
        mountPoint: "/boot",
        fsType: "ext3",
      },
      {
        device: "/dev/vda7",
        make: ["mkfs.ext3", "-q", "-F", "-L", "mbr-srv", "-U", "6d6f6e64-6f00-4000-8000-000000000307"],
        source: "UUID=6d6f6e64-6f00-4000-8000-000000000307",
        mountPoint: "/srv/data",
        fsType: "ext3",
        options: "noatime",
      },
      {
        device: "/dev/vda5",
        make: ["mkswap", "-q", "-U", "6d6f6e64-6f00-4000-8000-000000000305"],
        source: "UUID=6d6f6e64-6f00-4000-8000-000000000305",
        mountPoint: "none",
        fsType: "swap",
        options: "sw",
      },
    ],
  },
  biosMdLvm,
  uefiMdLvm,
  uefiLuksLvm,
  raid5Xfs,
  lvmCache,
  uefi4k,
  biosMdTable,
  lvmThin,
  lvmDatabase,
  btrfsSubvolumes,
  btrfsRaid1,
  dualBoot,
  systemdBoot,
  biosById,
  uefiEspMirror,
  extlinux,
  dataDisk,
  dracutMdLvm,
  selinux,
  grub2Usr,
  xbootldr,
  debian11,
  debian13,
  arm64Uefi,
];

/** The machine of that name; throws for an unknown one. */
export function machineNamed(name: string): GuestMachine {
  const found = machines.find((machine) => machine.name === name);
  if (found === undefined)
    throw new Error(`no machine ${name}: there are ${machines.map((one) => one.name).join(", ")}`);
  return found;
}
