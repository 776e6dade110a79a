import { decodeText, textBeforeNul, uuidToText, viewOf } from "../../base/bytes.ts";

/** Where the first superblock lies. */
export const BTRFS_SUPERBLOCK_OFFSET = 65536;
/** Bytes of a superblock. */
export const BTRFS_SUPERBLOCK_BYTES = 4096;

/**
 * What a btrfs superblock says; little-endian. Source: linux/btrfs_tree.h, struct btrfs_super_block and btrfs_dev_item.
 */
export interface BtrfsSuperblock {
  readonly uuid: string;
  readonly label: string;
  /** Of all devices. */
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly devices: number;
  readonly sectorBytes: number;
  readonly nodeBytes: number;
  readonly flags: bigint;
  readonly readOnlyCompatible: bigint;
  readonly incompatible: bigint;
  readonly checksumType: number;
  /** The device that this copy lies on. */
  readonly device: { readonly id: number; readonly uuid: string; readonly sizeBytes: number };
  /** Type bits of the block groups that hold the map of all others. */
  readonly systemProfile: bigint;
}

const MAGIC = "_BHRfS_M";
const DEVICE = 201;
const LABEL = 299;
const SYSTEM_CHUNKS = 811;
const KEY_BYTES = 17;
/** Of `type` in struct btrfs_chunk. */
const CHUNK_TYPE = 24;

function isPlausible(view: DataView): boolean {
  const [sector, node] = [view.getUint32(144, true), view.getUint32(148, true)];
  const powerOfTwo = (n: number) => n > 0 && (n & (n - 1)) === 0;
  const systemBytes = view.getUint32(160, true);
  return (
    view.getBigUint64(48, true) === BigInt(BTRFS_SUPERBLOCK_OFFSET) &&
    powerOfTwo(sector) &&
    powerOfTwo(node) &&
    sector >= 512 &&
    node <= 65536 &&
    systemBytes <= 2048
  );
}

/** Reads the 4096 bytes at 64 KiB; undefined when they are no btrfs superblock. */
export function decodeBtrfsSuperblock(bytes: Uint8Array): BtrfsSuperblock | undefined {
  if (bytes.byteLength < BTRFS_SUPERBLOCK_BYTES || decodeText(bytes.subarray(64, 72)) !== MAGIC) return undefined;
  const view = viewOf(bytes);
  if (!isPlausible(view)) return undefined;
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const big = (at: number) => view.getBigUint64(at, true);
  return {
    uuid: uuidToText(bytes.subarray(32, 48)),
    label: textBeforeNul(bytes.subarray(LABEL, LABEL + 256)),
    totalBytes: u64(112),
    usedBytes: u64(120),
    devices: u64(136),
    sectorBytes: view.getUint32(144, true),
    nodeBytes: view.getUint32(148, true),
    flags: big(56),
    readOnlyCompatible: big(180),
    incompatible: big(188),
    checksumType: view.getUint16(196, true),
    device: {
      id: u64(DEVICE),
      uuid: uuidToText(bytes.subarray(DEVICE + 66, DEVICE + 82)),
      sizeBytes: u64(DEVICE + 8),
    },
    systemProfile:
      view.getUint32(160, true) > KEY_BYTES + CHUNK_TYPE ? big(SYSTEM_CHUNKS + KEY_BYTES + CHUNK_TYPE) : 0n,
  };
}
