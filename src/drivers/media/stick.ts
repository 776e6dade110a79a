import { viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { alignUp, KIB, MIB } from "../../base/units.ts";
import type { Gpt } from "../../formats/storage/gpt.ts";
import type { MediumDriver } from "./medium.ts";

/** A USB stick, or any disk, that boots and keeps dated sets in a file system of its own. */
export const stickMedium: MediumDriver = {
  name: "stick",
  liveTools: { sfdisk: "util-linux", "mkfs.ext4": "e2fsprogs" },
};

/** Label of the file system with the sets. */
export const STICK_LABEL = "MONDO";

/**
 * Its partitions in order: GRUB's for BIOS, that of UEFI, that of the sets. We know a stick of ours by their names.
 * Types: UEFI specification 2.10, 5.3.3; GRUB manual, BIOS installation.
 */
const PARTITIONS = [
  { name: "mondo-bios", startMiB: 1, sizeMiB: 1, type: "21686148-6449-6E6F-744E-656564454649" },
  { name: "mondo-esp", startMiB: 2, sizeMiB: 64, type: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B" },
  { name: "mondo-data", startMiB: 66, sizeMiB: undefined, type: "0FC63DAF-8483-4772-8E79-3D69D8477DE4" },
] as const;

/** Numbers of its partitions. */
export const STICK_PARTS = { bios: 1, esp: 2, data: 3 } as const;

/** Rescue systems have 60 MiB and more, and a set is there as well. */
export const SMALLEST_STICK = 512 * MIB;

/** Input for sfdisk: the table of a stick of so many bytes, the last partition ending before the table's copy. */
export function stickTable(sizeBytes: number): string {
  const end = Math.floor(sizeBytes / MIB) - 1;
  const lines = PARTITIONS.map(({ name, startMiB, sizeMiB, type }) => {
    return `start=${startMiB}MiB, size=${sizeMiB ?? end - startMiB}MiB, type=${type}, name="${name}"`;
  });
  return `label: gpt\n\n${lines.join("\n")}\n`;
}

/** Whether a table is that of a stick of ours. */
export function isStickTable({ entries }: Pick<Gpt, "entries">): boolean {
  const text = entries.map(({ name, typeGuid }) => `${name} ${typeGuid.toUpperCase()}`).join();
  return text === PARTITIONS.map(({ name, type }) => `${name} ${type}`).join();
}

/** Where an ext file system has its superblock, in that its magic and label. Source: Linux, fs/ext4/ext4.h. */
const SUPERBLOCK = { at: KIB, magicAt: 0x38, magic: 0xef53, labelAt: 0x78, bytes: 0x88 } as const;

/** Whether a file system for sets lies where a stick of ours has it, whatever became of its table. */
export function wasStick(read: (offset: number, length: number) => Uint8Array): boolean {
  const bytes = read(PARTITIONS[2].startMiB * MIB + SUPERBLOCK.at, SUPERBLOCK.bytes);
  if (bytes.byteLength < SUPERBLOCK.bytes || viewOf(bytes).getUint16(SUPERBLOCK.magicAt, true) !== SUPERBLOCK.magic) {
    return false;
  }
  const label = bytes.subarray(SUPERBLOCK.labelAt, SUPERBLOCK.bytes);
  return String.fromCharCode(...label).replace(/\0.*$/s, "") === STICK_LABEL;
}

/**
 * Features of the file system with the sets: those that GRUB of any age reads, for it loads kernels from there. Source:
 * GRUB 2.02, grub-core/fs/ext2.c.
 */
export const STICK_FEATURES =
  "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum";

const SECTOR = 512;
/** Where GRUB's boot.img keeps the first sector of its core, and a check for floppies. Source: boot/i386/pc/boot.S. */
const BOOT = { codeBytes: 440, kernelSector: 0x5c, driveCheck: 0x66 } as const;
const NOP_NOP = 0x9090;
/** The first list of blocks, at the end of the core's first sector. Source: GRUB, boot/i386/pc/diskboot.S. */
const FIRST_BLOCKS = SECTOR - 12;
/** Its address in memory, behind that sector, in units of 16 bytes. */
const CORE_SEGMENT = 0x820;

/** The start of a disk for a BIOS. */
export interface BiosSectors {
  /** The first sector, with the partition table that was in it. */
  readonly mbr: Uint8Array;
  /** Belongs into the partition for it. */
  readonly core: Uint8Array;
}

/**
 * GRUB's first two stages, told where they lie: what grub-bios-setup does. `boot` is its boot.img, `core` what
 * grub-mkimage made, `mbr` the disk's first sector, `coreSector` where the core will lie, in sectors of 512 bytes.
 */
export function placeGrub(boot: Uint8Array, core: Uint8Array, mbr: Uint8Array, coreSector: number): BiosSectors {
  const padded = new Uint8Array(alignUp(core.byteLength, SECTOR));
  padded.set(core);
  if (boot.byteLength !== SECTOR || mbr.byteLength !== SECTOR || padded.byteLength > MIB) {
    throw new MondoError("unsupported", msg`GRUB's core has ${Math.ceil(core.byteLength / KIB)} KiB and does not fit`);
  }
  const first = mbr.slice();
  first.set(boot.subarray(0, BOOT.codeBytes));
  const view = viewOf(first);
  view.setBigUint64(BOOT.kernelSector, BigInt(coreSector), true);
  view.setUint16(BOOT.driveCheck, NOP_NOP, true);
  const blocks = viewOf(padded);
  blocks.setBigUint64(FIRST_BLOCKS, BigInt(coreSector + 1), true);
  blocks.setUint16(FIRST_BLOCKS + 8, padded.byteLength / SECTOR - 1, true);
  blocks.setUint16(FIRST_BLOCKS + 10, CORE_SEGMENT, true);
  return { mbr: first, core: padded };
}
