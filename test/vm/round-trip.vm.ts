import { join } from "node:path";
import type { Machine } from "../support/qemu.ts";
import {
  bootRescue,
  bootsAsBefore,
  bootsWithout,
  type DiskDifference,
  emptyDisks,
  type RescueOptions,
  restored,
} from "../support/rescue.ts";
import type { Scenario, ScenarioContext } from "./scenario.ts";

interface RoundTrip {
  readonly machine: string;
  /** Options of mondoarchive. */
  readonly options?: string;
  /** What differs from the usual rescue. */
  readonly rescue?: Partial<RescueOptions>;
  /** What the new disks have otherwise, by index. */
  readonly disks?: readonly DiskDifference[];
  /** Boot the result with empty UEFI variables: by the fall-back path instead of the NVRAM entry. */
  readonly fallBack?: boolean;
  /** Then boot once more without the disk of this index, from the other legs of its mirrors. */
  readonly without?: number;
  /** Which of the new disks comes first, second …, by index of the old ones; in their order when absent. */
  readonly order?: readonly number[];
  /** Fingerprint lines that have to differ. */
  readonly differs?: RegExp;
  /** What commands show in the restored machine. */
  readonly shows?: readonly (readonly [command: string, pattern: RegExp])[];
}

/** Backup from inside, restore on empty disks, boot, compare. */
async function roundTrip({ lab, directory, say }: ScenarioContext, trip: RoundTrip): Promise<void> {
  const started = Date.now();
  const clock = (what: string) => say(`${what} at ${Math.round((Date.now() - started) / 1000)} s`);
  const backup = await lab.backup(trip.machine, trip.options);
  clock("backed up");
  const empty = emptyDisks(backup, directory, trip.disks);
  const disks = trip.order?.flatMap((index) => empty[index] ?? []) ?? empty;
  const rescueDirectory = join(directory, "rescue");
  const vm = await bootRescue(backup, {
    directory: rescueDirectory,
    disks,
    choose: "nuke",
    cpus: 2,
    ...trip.rescue,
  });
  try {
    await restored(vm);
  } finally {
    await vm.kill();
  }
  clock("restored");
  const uefi = backup.machine.firmware === "uefi" && !trip.fallBack;
  const variables = uefi ? join(rescueDirectory, "variables.fd") : undefined;
  const also = async (vm: Machine) => {
    for (const [command, pattern] of trip.shows ?? []) {
      const { output } = await vm.run(command, 600_000);
      if (!pattern.test(output)) throw new Error(`${command} shows no ${pattern}:\n${output}`);
    }
  };
  await bootsAsBefore(backup, disks, { directory: join(directory, "result"), variables, differs: trip.differs, also });
  clock("compared");
  if (trip.without === undefined) return;
  await bootsWithout(backup, disks, trip.without, { directory: join(directory, "without"), variables });
  clock(`booted without disk ${trip.without}`);
}

function scenario(name: string, says: string, ci: boolean, trip: RoundTrip): Scenario {
  return { name, says, ci, run: (context) => roundTrip(context, trip) };
}

/** Disks on another bus need other drivers: the initramfs is made anew. */
const INITRAMFS = /^. [HM] .*\/boot\/initrd\.img-/;

/** The same, and where Debian's tool keeps its checksum. */
const INITRAMFS_STATE = /initrd\.img-| \/var\/lib\/initramfs-tools/;

/**
 * What another disk size changes: the table's end, and places, sizes and geometry of partitions, arrays, volumes, file
 * systems and swap.
 */
const SIZES = new RegExp(
  [
    "^. P \\S+ (last-lba: |part \\d+ : start= *\\d+, size= *\\d+)",
    "^. G \\S+ (Block count|Inode count|Reserved block count|Inodes per group):",
    "^. G \\S+ (meta-data|data +=|log +=)",
    "^. R \\S+ (Avail Dev|Array|Used Dev) Size :",
    "^. V (group|physical|volume)-size ",
    "^. W ",
  ].join("|"),
);

export const scenarios: readonly Scenario[] = [
  scenario("bios-gpt-ext4", "BIOS, GPT, ext4: nuke onto the same disk, blank; boots and is the same", true, {
    machine: "bios-gpt-ext4",
  }),
  scenario("uefi-gpt-xfs", "UEFI, GPT, XFS on NVMe: boots by its NVRAM entry and is the same", true, {
    machine: "uefi-gpt-xfs",
  }),
  scenario(
    "bios-mbr-logical",
    "BIOS, MBR with logical partitions, onto another disk of that size, 512 MiB of RAM",
    false,
    {
      machine: "bios-mbr-logical",
      disks: [{ serial: "REPLACEMENT-9" }],
      rescue: { memoryMiB: 512, cpus: 1 },
    },
  ),
  scenario(
    "bios-md-lvm",
    "BIOS, LVM on a mirror: boots from both disks and is the same, then without the first",
    false,
    {
      machine: "bios-md-lvm",
      without: 0,
    },
  ),
  scenario(
    "uefi-md-lvm",
    "UEFI, two ESPs, LVM on a mirror: boots by its NVRAM entry, then by that of the other disk",
    false,
    {
      machine: "uefi-md-lvm",
      without: 0,
    },
  ),
  scenario(
    "raid5-xfs",
    "XFS on RAID 5 of three whole disks with sectors of 4 KiB: is the same, then without one",
    false,
    {
      machine: "raid5-xfs",
      without: 2,
    },
  ),
  scenario("disks-swapped", "a mirror restored on disks of another bus in another order, with new serials", false, {
    machine: "bios-md-lvm",
    disks: [
      { bus: "scsi", serial: "NEW-1" },
      { bus: "scsi", serial: "NEW-2" },
    ],
    order: [1, 0],
    // Made anew, with the drivers of the other bus.
    differs: / \/(boot\/initrd\.img|var\/lib\/initramfs-tools)/,
  }),
  scenario(
    "bios-md-table",
    "a GPT on a mirror of two whole disks: boots and is the same, then without the first",
    false,
    {
      machine: "bios-md-table",
      without: 0,
    },
  ),
  scenario("uefi-4k", "UEFI from an NVMe disk with sectors of 4 KiB: table, ESP, XFS root, swap", false, {
    machine: "uefi-4k",
    shows: [["cat /sys/block/nvme0n1/queue/logical_block_size", /^4096$/m]],
  }),
  scenario("lvm-thin", "thin volumes that promise more than their pool has, and a snapshot: are the same", false, {
    machine: "lvm-thin",
    // It is a volume of its own by then.
    differs: /^. V volume +thin-vg +before /,
  }),
  scenario("lvm-cache", "volumes behind a write-back cache and a write cache: come back so and are the same", false, {
    machine: "lvm-cache",
    shows: [
      ["lvs --noheadings -o lv_name,segtype,cache_mode cache-vg", /data +cache +writeback/],
      ["dmsetup table --target writecache", /^cache--vg-home: .* high_watermark 60/m],
    ],
  }),
  scenario(
    "btrfs-subvolumes",
    "btrfs with mounted, nested and read-only subvolumes, compression, nodatacow and a swap file",
    false,
    {
      machine: "btrfs-subvolumes",
    },
  ),
  scenario("btrfs-raid1", "btrfs raid1 over two disks of different sizes, onto disks of another bus", false, {
    machine: "btrfs-raid1",
    disks: [{ bus: "scsi" }, { bus: "scsi" }],
    differs: INITRAMFS,
  }),
  scenario("dual-boot", "an NTFS and a NILFS2 beside Linux come back from their images, to the last byte", false, {
    machine: "dual-boot",
    options: "-x '/dev/vda1 /dev/vda3'",
  }),
  scenario("extlinux", "BIOS, GPT, extlinux on an ext4 /boot, onto another disk of another bus", false, {
    machine: "extlinux",
    disks: [{ bus: "scsi", serial: "OTHER-3" }],
    differs: INITRAMFS_STATE,
  }),
  scenario(
    "systemd-boot",
    "UEFI, systemd-boot with kernels on the ESP, onto a disk of another bus: by its NVRAM entry, with a new initramfs",
    false,
    {
      machine: "systemd-boot",
      disks: [{ bus: "scsi", serial: "OTHER-1" }],
      // Made anew, and copied to the ESP by kernel-install, which lists the modules anew, too.
      differs: new RegExp(`${INITRAMFS_STATE.source}|^. M /usr/lib/modules/[^/]+(/modules\\.|\\|d )`),
      shows: [["bootctl status", /Product: systemd-boot/]],
    },
  ),
  scenario("systemd-boot-fall-back", "UEFI variables lost as well: systemd-boot starts by the fall-back path", false, {
    machine: "systemd-boot",
    fallBack: true,
  }),
  scenario(
    "bios-by-id",
    "fstab, kernel and resume by serial number and kernel names, onto another disk of another bus",
    false,
    {
      machine: "bios-by-id",
      disks: [{ bus: "scsi", serial: "OTHER-2" }],
      differs:
        /initrd\.img-| \/var\/lib\/initramfs-tools| \/etc\/(fstab|default\/grub)\b| \/boot\/grub\/grub\.cfg\b|^. M \/etc(\/default)?\|d /,
      shows: [
        ["cat /proc/cmdline", /root=PARTUUID=\S+-02 .*resume=UUID=6d6f6e64-6f00-4000-8000-000000001003\b/],
        [
          "cat /etc/fstab",
          /^UUID=6d6f6e64-6f00-4000-8000-000000001002 \/ .*^PARTUUID=\S+-01 \/boot .*^PARTUUID=\S+-03 none /ms,
        ],
        ["swapon --show=NAME --noheadings", /^\/dev\/sda3$/m],
      ],
    },
  ),
  scenario(
    "uefi-esp-mirror",
    "UEFI, the ESP on a mirror (metadata 1.0), LVM on another: then without the first disk",
    false,
    {
      machine: "uefi-esp-mirror",
      without: 0,
    },
  ),
  scenario("uefi-fall-back", "UEFI variables lost as well: boots by the fall-back path", false, {
    machine: "uefi-gpt-xfs",
    fallBack: true,
  }),
  scenario("low-memory-uefi", "512 MiB of RAM are enough to restore by UEFI", false, {
    machine: "uefi-gpt-xfs",
    rescue: { memoryMiB: 512, cpus: 1 },
  }),
  scenario("debian-11", "Debian 11 (Linux 5.10), BIOS, MBR, ext4 and XFS: is the same", false, {
    machine: "debian-11",
  }),
  {
    ...scenario("arm64-uefi", "aarch64: GRUB behind shim by UEFI: boots by its NVRAM entry and is the same", false, {
      machine: "arm64-uefi",
      shows: [["uname -m", /^aarch64$/m]],
    }),
  },
  scenario(
    "debian-13",
    "Debian 13 (Linux 6.12), UEFI, ext4 with orphan_file: boots by its NVRAM entry and is the same",
    false,
    {
      machine: "debian-13",
      shows: [
        [
          "dumpe2fs -h /dev/vda2",
          /features:.* orphan_file .*metadata_csum_seed|features:.* metadata_csum_seed .*orphan_file/,
        ],
      ],
    },
  ),
  {
    ...scenario("dracut", "dracut (hostonly), LVM on a mirror, onto disks of another bus with new serials", false, {
      machine: "dracut-md-lvm",
      disks: [
        { bus: "scsi", serial: "DRACUT-NEW-1" },
        { bus: "scsi", serial: "DRACUT-NEW-2" },
      ],
      differs: INITRAMFS,
      shows: [
        ["lsinitrd -f etc/cmdline.d/90lvm.conf /boot/initrd.img-*", /rd\.lvm\.lv=mondo-vg\/root/],
        ["lsinitrd -f etc/cmdline.d/90mdraid.conf /boot/initrd.img-*", /rd\.md\.uuid=6d6f6e64:/],
        ["lsinitrd /boot/initrd.img-*", /hostonly[\s\S]*virtio_scsi\.ko/],
        ["lsinitrd /boot/initrd.img-* | grep systemd", /lib\/systemd\/systemd$/m],
      ],
    }),
  },
  scenario("selinux", "SELinux enforcing, onto a disk of another bus: enforcing again, with every label", false, {
    machine: "selinux",
    disks: [{ bus: "scsi", serial: "SELINUX-NEW-1" }],
    differs: INITRAMFS_STATE,
    shows: [
      ["getenforce", /^Enforcing$/m],
      ["find / /boot /var -xdev -context '*:unlabeled_t:*' | sed 's/^/bare /'; echo looked", /^looked\s*$/],
      ["ls -Z /boot/initrd.img-*", /:boot_t:s0 /],
      ["journalctl -k -o cat | grep 'avc:.*denied.*unlabeled_t'; echo no more", /^no more\s*$/],
    ],
  }),
  {
    ...scenario(
      "grub2-usr",
      "GRUB in /boot/grub2 with tools called grub2-*, /usr an XFS of its own: is the same",
      false,
      {
        machine: "grub2-usr",
        disks: [{ serial: "GRUB2-NEW-1" }],
        // Written by grub2-install, and by GRUB at boot.
        differs: /^. [MHX] .*\/boot\/grub2(\||\/(i386-pc|fonts|locale|grubenv)\b)/,
        shows: [
          ["findmnt -no FSTYPE,SOURCE /usr", /^xfs /m],
          ["ls /usr/sbin/grub*-install", /^\/usr\/sbin\/grub2-install\s*$/],
        ],
      },
    ),
  },
  {
    ...scenario(
      "xbootldr",
      "UEFI, systemd-boot on /efi, kernels on an extended boot loader partition: by its NVRAM entry",
      false,
      {
        machine: "xbootldr",
        disks: [{ serial: "XBOOTLDR-NEW-1" }],
        shows: [
          ["bootctl --print-esp-path; bootctl --print-boot-path", /^\/efi\n\/boot$/m],
          ["findmnt -no FSTYPE /boot; findmnt -no FSTYPE /efi; ls /boot/loader/entries", /vfat\nvfat\n[\s\S]*\.conf/],
        ],
      },
    ),
  },
  scenario("restore-by-default", "a disc made with -H restores without a key being touched", false, {
    machine: "bios-gpt-ext4",
    options: "-H",
    rescue: { choose: undefined },
    differs: /mondo-restored\.json/,
  }),
  scenario("old-cpu", "a CPU without AVX restores", false, {
    machine: "bios-mbr-logical",
    rescue: { cpu: "Nehalem" },
  }),
  scenario("stick-bios", "the ISO on a USB stick boots by BIOS and restores", false, {
    machine: "bios-gpt-ext4",
    rescue: { stick: true },
  }),
  scenario("stick-uefi", "the ISO on a USB stick boots by UEFI and restores", false, {
    machine: "uefi-gpt-xfs",
    rescue: { stick: true },
  }),
  scenario("larger-disk", "on a larger disk root grows, and all else is the same", false, {
    machine: "uefi-gpt-xfs",
    disks: [{ serial: "LARGER-1", sizeMiB: 4096 }],
    differs: SIZES,
  }),
  scenario("smaller-disk", "on a smaller disk root shrinks to what fits, and all else is the same", false, {
    machine: "bios-gpt-ext4",
    disks: [{ serial: "SMALLER-1", sizeMiB: 1536 }],
    differs: SIZES,
  }),
  scenario("smaller-xfs", "an XFS shrinks with its disk (UEFI)", false, {
    machine: "uefi-gpt-xfs",
    disks: [{ serial: "SMALLER-2", sizeMiB: 1600 }],
    differs: SIZES,
  }),
  scenario("smaller-mirror", "LVM on a mirror shrinks onto two smaller disks", false, {
    machine: "bios-md-lvm",
    disks: [
      { serial: "SMALLER-4", sizeMiB: 2400 },
      { serial: "SMALLER-5", sizeMiB: 2400 },
    ],
    differs: SIZES,
  }),
  scenario("smaller-logical", "MBR with logical partitions on a smaller disk", false, {
    machine: "bios-mbr-logical",
    disks: [{ serial: "SMALLER-3", sizeMiB: 1400 }],
    differs: SIZES,
  }),
];
