import { viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { alignUp, KIB, MIB } from "../../base/units.ts";
import type { Gpt } from "../../formats/storage/gpt.ts";
import type { MediumDriver } from "./medium.ts";
import { type StickFilesystem, stickFilesystems } from "./stick-filesystems.ts";

/** A USB stick, or any disk, that boots and keeps dated sets in a file system of its own. */
export const stickMedium = ({ tool, toolPackage }: StickFilesystem): MediumDriver => ({
  name: "stick",
  liveTools: { sfdisk: "util-linux", [tool]: toolPackage },
});

/**
 * Its partitions in order: GRUB's for BIOS, that of UEFI, that of the sets, whose type depends on the file system. We
 * know a stick of ours by their names. Types: UEFI specification 2.10, 5.3.3; GRUB manual, BIOS installation.
 */
const PARTITIONS = [
  { name: "mondo-bios", startMiB: 1, sizeMiB: 1, type: "21686148-6449-6E6F-744E-656564454649" },
  { name: "mondo-esp", startMiB: 2, sizeMiB: 64, type: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B" },
  { name: "mondo-data", startMiB: 66, sizeMiB: undefined, type: undefined },
] as const;

/** Numbers of its partitions. */
export const STICK_PARTS = { bios: 1, esp: 2, data: 3 } as const;

/** Rescue systems have 60 MiB and more, and a set is there as well. */
export const SMALLEST_STICK = 512 * MIB;

/** Input for sfdisk: the table of a stick of so many bytes, the last partition ending before the table's copy. */
export function stickTable(sizeBytes: number, { partitionType }: StickFilesystem): string {
  const end = Math.floor(sizeBytes / MIB) - 1;
  const lines = PARTITIONS.map(({ name, startMiB, sizeMiB, type = partitionType }) => {
    return `start=${startMiB}MiB, size=${sizeMiB ?? end - startMiB}MiB, type=${type}, name="${name}"`;
  });
  return `label: gpt\n\n${lines.join("\n")}\n`;
}

/** What the sets of a stick of ours are kept in, by its table; undefined: it is none. */
export function stickFilesystemOf({ entries }: Pick<Gpt, "entries">): StickFilesystem | undefined {
  const text = entries.map(({ name, typeGuid }) => `${name} ${typeGuid.toUpperCase()}`).join();
  return stickFilesystems.find(
    ({ partitionType }) => text === PARTITIONS.map(({ name, type = partitionType }) => `${name} ${type}`).join(),
  );
}

/** Whether a file system for sets lies where a stick of ours has it, whatever became of its table. */
export function wasStick(read: (offset: number, length: number) => Uint8Array): boolean {
  const start = PARTITIONS[2].startMiB * MIB;
  return stickFilesystems.some(({ isThere }) => isThere((offset, length) => read(start + offset, length)));
}

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
