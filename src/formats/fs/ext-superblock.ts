import { textBeforeNul, uuidToText, viewOf } from "../../base/bytes.ts";

/** What an ext2/3/4 superblock says. Source: fs/ext4/ext4.h, struct ext4_super_block. */
export interface ExtSuperblock {
  readonly inodes: number;
  readonly blocks: number;
  readonly reservedBlocks: number;
  readonly freeBlocks: number;
  readonly blockBytes: number;
  readonly clusterBytes: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly maxMountCount: number;
  readonly errors: number;
  readonly checkIntervalSeconds: number;
  readonly revision: number;
  readonly reservedUid: number;
  readonly reservedGid: number;
  readonly inodeBytes: number;
  readonly compat: number;
  readonly incompat: number;
  readonly roCompat: number;
  readonly uuid: string;
  readonly label: string;
  readonly reservedGdtBlocks: number;
  readonly journalInode: number;
  readonly hashSeed: string;
  readonly hashVersion: number;
  readonly defaultMountOptions: number;
  readonly journalBytes: number;
  /** First block of the internal journal, where the superblock's copy of its block map tells it; 0 otherwise. */
  readonly journalBlock: number;
  readonly stride: number;
  readonly stripeWidth: number;
  readonly flexGroups: number;
  readonly mountOptions: string;
  readonly encoding: number;
  readonly encodingFlags: number;
  readonly projectQuota: boolean;
  readonly userQuota: boolean;
  readonly groupQuota: boolean;
}

/** Byte offset of the superblock. */
export const EXT_SUPERBLOCK_OFFSET = 1024;
/** Bytes of the superblock. */
export const EXT_SUPERBLOCK_BYTES = 1024;

/**
 * Size of the internal journal, from the copy of its inode's block map and size that mke2fs leaves in the superblock.
 */
function journalBytes(view: DataView): number {
  if (view.getUint8(0xfd) !== 1) return 0;
  return view.getUint32(0x10c + 15 * 4, true) * 2 ** 32 + view.getUint32(0x10c + 16 * 4, true);
}

const EXTENT_MAGIC = 0xf30a;

/** Of the same copy: the first block of a map, or of a tree of extents that has no second level. */
function journalBlock(view: DataView): number {
  if (view.getUint8(0xfd) !== 1) return 0;
  if (view.getUint16(0x10c, true) !== EXTENT_MAGIC) return view.getUint32(0x10c, true);
  const depth = view.getUint16(0x10c + 6, true);
  const [high, low] = [view.getUint16(0x10c + 18, true), view.getUint32(0x10c + 20, true)];
  return depth === 0 ? high * 2 ** 32 + low : 0;
}

/** Reads the 1024 bytes at offset 1024; undefined when they are no ext superblock. */
export function decodeExtSuperblock(bytes: Uint8Array): ExtSuperblock | undefined {
  if (bytes.byteLength < EXT_SUPERBLOCK_BYTES) return undefined;
  const view = viewOf(bytes);
  const u32 = (at: number) => view.getUint32(at, true);
  const u16 = (at: number) => view.getUint16(at, true);
  const logBlock = u32(0x18);
  const logCluster = u32(0x1c);
  if (u16(0x38) !== 0xef53 || logBlock > 6 || logCluster > 20 || u32(0x28) === 0) return undefined;
  const revision = u32(0x4c);
  const incompat = revision === 0 ? 0 : u32(0x60);
  const high = (at: number) => ((incompat & 0x80) !== 0 ? u32(at) * 2 ** 32 : 0);
  return {
    inodes: u32(0x0),
    blocks: u32(0x4) + high(0x150),
    reservedBlocks: u32(0x8) + high(0x154),
    freeBlocks: u32(0xc) + high(0x158),
    blockBytes: 1024 << logBlock,
    clusterBytes: 1024 << logCluster,
    blocksPerGroup: u32(0x20),
    inodesPerGroup: u32(0x28),
    maxMountCount: view.getInt16(0x36, true),
    errors: u16(0x3c),
    checkIntervalSeconds: u32(0x44),
    revision,
    reservedUid: u16(0x50),
    reservedGid: u16(0x52),
    inodeBytes: revision === 0 ? 128 : u16(0x58),
    compat: revision === 0 ? 0 : u32(0x5c),
    incompat,
    roCompat: revision === 0 ? 0 : u32(0x64),
    uuid: uuidToText(bytes.subarray(0x68, 0x78)),
    label: textBeforeNul(bytes.subarray(0x78, 0x88)),
    reservedGdtBlocks: u16(0xce),
    journalInode: u32(0xe0),
    hashSeed: uuidToText(bytes.subarray(0xec, 0xfc)),
    hashVersion: view.getUint8(0xfc),
    defaultMountOptions: u32(0x100),
    journalBytes: journalBytes(view),
    journalBlock: journalBlock(view),
    stride: u16(0x164),
    stripeWidth: u32(0x170),
    flexGroups: view.getUint8(0x174) === 0 ? 0 : 2 ** view.getUint8(0x174),
    mountOptions: textBeforeNul(bytes.subarray(0x200, 0x240)),
    userQuota: u32(0x240) !== 0,
    groupQuota: u32(0x244) !== 0,
    projectQuota: u32(0x26c) !== 0,
    encoding: u16(0x27c),
    encodingFlags: u16(0x27e),
  };
}
