import { textBeforeNul, uuidToText, viewOf } from "../../base/bytes.ts";

/** What an XFS superblock says; big-endian. Source: fs/xfs/libxfs/xfs_format.h, struct xfs_dsb. */
export interface XfsSuperblock {
  readonly blockBytes: number;
  readonly dataBlocks: number;
  readonly realtimeBlocks: number;
  readonly uuid: string;
  readonly logStart: number;
  readonly agBlocks: number;
  readonly agCount: number;
  readonly logBlocks: number;
  readonly version: number;
  readonly sectorBytes: number;
  readonly inodeBytes: number;
  readonly label: string;
  readonly inodeMaxPercent: number;
  readonly freeBlocks: number;
  /** In file-system blocks; 0: none. */
  readonly stripeUnit: number;
  readonly stripeWidth: number;
  readonly directoryBlockBytes: number;
  readonly logSectorBytes: number;
  /** Bytes; 0 or 1: none. */
  readonly logStripeBytes: number;
  readonly features2: number;
  readonly compat: number;
  readonly roCompat: number;
  readonly incompat: number;
  readonly versionBits: number;
}

/** Reads the first sector; undefined when it is no XFS superblock. */
export function decodeXfsSuperblock(bytes: Uint8Array): XfsSuperblock | undefined {
  if (bytes.byteLength < 264) return undefined;
  const view = viewOf(bytes);
  const u32 = (at: number) => view.getUint32(at, false);
  const u16 = (at: number) => view.getUint16(at, false);
  const u64 = (at: number) => Number(view.getBigUint64(at, false));
  const blockBytes = u32(4);
  if (u32(0) !== 0x58465342 || blockBytes < 512 || blockBytes > 65536) return undefined;
  const versionBits = u16(100);
  const version = versionBits & 0xf;
  return {
    blockBytes,
    dataBlocks: u64(8),
    realtimeBlocks: u64(16),
    uuid: uuidToText(bytes.subarray(32, 48)),
    logStart: u64(48),
    agBlocks: u32(84),
    agCount: u32(88),
    logBlocks: u32(96),
    version,
    versionBits,
    sectorBytes: u16(102),
    inodeBytes: u16(104),
    label: textBeforeNul(bytes.subarray(108, 120)),
    inodeMaxPercent: view.getUint8(127),
    freeBlocks: u64(144),
    stripeUnit: u32(184),
    stripeWidth: u32(188),
    directoryBlockBytes: blockBytes * 2 ** Math.min(view.getUint8(192), 8),
    logSectorBytes: u16(194),
    logStripeBytes: u32(196),
    features2: u32(200),
    compat: version === 5 ? u32(208) : 0,
    roCompat: version === 5 ? u32(212) : 0,
    incompat: version === 5 ? u32(216) : 0,
  };
}
