import { textOfUtf16, uuidToText, viewOf } from "../../base/bytes.ts";

/** Where the first superblock lies. */
export const F2FS_SUPERBLOCK_OFFSET = 1024;
/** Bytes of the superblock. */
export const F2FS_SUPERBLOCK_BYTES = 3072;

/** What an F2FS superblock says; little-endian. Source: linux/f2fs_fs.h, struct f2fs_super_block. */
export interface F2fsSuperblock {
  readonly uuid: string;
  readonly label: string;
  readonly sectorBytes: number;
  readonly blockBytes: number;
  readonly blocks: number;
  readonly segmentsPerSection: number;
  readonly sectionsPerZone: number;
  /** Blocks that a larger node bitmap takes; 0 as a rule. */
  readonly bitmapBlocks: number;
  readonly features: number;
  /** Of names that are compared without regard to case; 0: none, 1: UTF-8. */
  readonly encoding: number;
  /** 1: names that are no UTF-8 are refused. */
  readonly encodingFlags: number;
  /** It goes on on other devices. */
  readonly severalDevices: boolean;
}

const MAGIC = 0xf2f52010;

function labelOf(bytes: Uint8Array): string {
  const text = textOfUtf16(bytes);
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** Reads the bytes at 1 KiB; undefined when they are no F2FS superblock. */
export function decodeF2fsSuperblock(bytes: Uint8Array): F2fsSuperblock | undefined {
  if (bytes.byteLength < F2FS_SUPERBLOCK_BYTES) return undefined;
  const view = viewOf(bytes);
  const u32 = (at: number) => view.getUint32(at, true);
  if (u32(0) !== MAGIC || u32(8) < 9 || u32(8) > 16 || u32(16) < 12 || u32(16) > 16) return undefined;
  return {
    uuid: uuidToText(bytes.subarray(108, 124)),
    label: labelOf(bytes.subarray(124, 1148)),
    sectorBytes: 2 ** u32(8),
    blockBytes: 2 ** u32(16),
    blocks: Number(view.getBigUint64(36, true)),
    segmentsPerSection: u32(24),
    sectionsPerZone: u32(28),
    bitmapBlocks: u32(1664),
    features: u32(2180),
    encoding: view.getUint16(2758, true),
    encodingFlags: view.getUint16(2760, true),
    severalDevices: bytes[2201] !== 0,
  };
}
