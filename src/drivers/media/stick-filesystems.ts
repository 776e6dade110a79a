/** File systems that keep the sets on a stick: what differs between them. */
import { viewOf } from "../../base/bytes.ts";
import { KIB } from "../../base/units.ts";
import { decodeExfatBootSector, exfatLabel } from "../../formats/fs/exfat-boot-sector.ts";

/** Label of the file system with the sets. */
export const STICK_LABEL = "MONDO";

/** Bytes of the file system with the sets. */
type Reader = (offset: number, length: number) => Uint8Array;

/** A file system for sets. */
export interface StickFilesystem {
  readonly type: "ext4" | "exfat";
  /** Of its partition in a GPT. Sources: UEFI specification 2.10, 5.3.3; Microsoft, PARTITION_INFORMATION_GPT. */
  readonly partitionType: string;
  /** The tool that makes it, and Debian's package with it. */
  readonly tool: string;
  readonly toolPackage: string;
  /** The words of that tool before the device. */
  readonly make: readonly string[];
  /** Mount options of its own, for writing and for reading alone. */
  readonly toWrite: string;
  readonly toRead: string;
  /** Whether files have owners and modes of their own, however it is mounted. */
  readonly hasModes: boolean;
  /** GRUB's module that loads kernels from it. */
  readonly grub: string;
  /** Whether it is part of the GRUB that distributions sign. */
  readonly isInSignedGrub: boolean;
  /** Whether such a file system for sets is there. */
  readonly isThere: (read: Reader) => boolean;
}

/** Where an ext file system has its superblock, in that its magic and label. Source: Linux, fs/ext4/ext4.h. */
const SUPERBLOCK = { at: KIB, magicAt: 0x38, magic: 0xef53, labelAt: 0x78, bytes: 0x88 } as const;

function isLabelledExt(read: Reader): boolean {
  const bytes = read(SUPERBLOCK.at, SUPERBLOCK.bytes);
  if (bytes.byteLength < SUPERBLOCK.bytes || viewOf(bytes).getUint16(SUPERBLOCK.magicAt, true) !== SUPERBLOCK.magic) {
    return false;
  }
  const label = bytes.subarray(SUPERBLOCK.labelAt, SUPERBLOCK.bytes);
  return String.fromCharCode(...label).replace(/\0.*$/s, "") === STICK_LABEL;
}

/** Labels stand among the first entries of the root directory. */
const ROOT_BYTES = 4 * KIB;

function isLabelledExfat(read: Reader): boolean {
  const boot = decodeExfatBootSector(read(0, 512));
  return boot !== undefined && exfatLabel(read(boot.rootOffset, ROOT_BYTES)) === STICK_LABEL;
}

/** Those that GRUB of any age reads, for it loads kernels from there. Source: GRUB 2.02, grub-core/fs/ext2.c. */
const EXT4_FEATURES =
  "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum";

/** The first is made where nothing else is wished. */
export const stickFilesystems: readonly [StickFilesystem, ...StickFilesystem[]] = [
  {
    type: "ext4",
    partitionType: "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
    tool: "mkfs.ext4",
    toolPackage: "e2fsprogs",
    make: ["-q", "-F", "-O", EXT4_FEATURES, "-m", "0", "-L", STICK_LABEL],
    // Not "panic", which a superblock may say.
    toWrite: "errors=remount-ro",
    // Not even its journal is played back.
    toRead: "errors=remount-ro,noload",
    hasModes: true,
    grub: "ext2",
    isInSignedGrub: true,
    isThere: isLabelledExt,
  },
  {
    type: "exfat",
    // That of Windows: it gives no letter to any other.
    partitionType: "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
    tool: "mkfs.exfat",
    toolPackage: "exfatprogs",
    make: ["-L", STICK_LABEL],
    // All is root's alone.
    toWrite: "errors=remount-ro,umask=0077",
    toRead: "errors=remount-ro,umask=0077",
    hasModes: false,
    grub: "exfat",
    isInSignedGrub: false,
    isThere: isLabelledExfat,
  },
];
