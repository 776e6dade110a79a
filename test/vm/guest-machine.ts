import type { GuestSystem } from "../support/base-system.ts";

export type DiskBus = "virtio" | "nvme" | "scsi";

/** A disk of a guest. While it is made, the first one is /dev/vda, the second one /dev/vdb … */
export interface GuestDisk {
  readonly bus: DiskBus;
  readonly sizeMiB: number;
  readonly serial: string;
  /** Logical and physical; 512 when absent. */
  readonly sectorBytes?: 512 | 4096;
  /** Script for sfdisk; absent: no partition table. */
  readonly table?: string;
  /** BIOS: GRUB goes into its boot sector. The first disk's does when no disk says so. */
  readonly boots?: boolean;
}

/** A file system or swap area of a guest. */
export interface GuestFilesystem {
  /** Device while it is made: `/dev/vda2`, `/dev/md0`, `/dev/vg0/root`. */
  readonly device: string;
  /**
   * mkfs/mkswap with its options; the device is appended. Absent: `volumes` has made it (several subvolumes of one).
   */
  readonly make?: readonly string[];
  /** First field of fstab. */
  readonly source: string;
  /** Mount point; `none` is swap. Root first, then deeper ones. */
  readonly mountPoint: string;
  readonly fsType: string;
  /** For fstab, and while it is made. */
  readonly options?: string;
}

/** A source machine, as data: everything that `guest-disk.ts` needs to make its disks and `qemu.ts` to run it. */
export interface GuestMachine {
  readonly name: string;
  readonly firmware: "bios" | "uefi";
  /** Debian 12 on a PC when absent. */
  readonly system?: GuestSystem;
  /** What starts it; GRUB when absent. */
  readonly loader?: "systemd-boot" | "extlinux";
  readonly disks: readonly GuestDisk[];
  /**
   * Bash lines that make arrays, groups, containers, subvolumes of the partitions, before `make` of the file systems.
   */
  readonly volumes?: string;
  readonly filesystems: readonly GuestFilesystem[];
  /** Further files of the system, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files that its initramfs needs besides, by path there (`/etc/mdadm/mdadm.conf`, `/cryptroot/crypttab`). */
  readonly initramfs?: Readonly<Record<string, string>>;
  /** What its initramfs asks for on the serial console. */
  readonly passPhrase?: string;
  /** Bash lines that are run in its root when all else is made. */
  readonly finish?: string;
  /** SELinux policy after which everything is labelled in the end. */
  readonly policy?: string;
  /** Words added to the kernel command line in /etc/default/grub. */
  readonly kernelWords?: string;
}
