import { textOfBytes, toHex, viewOf } from "../../base/bytes.ts";

/**
 * What a superblock of Linux software RAID says, in the words of version 1. Source: linux/raid/md_p.h, struct
 * mdp_superblock_1.
 */
export interface MdSuperblock {
  /** By where it lies: `0.90` in the last 64 KiB, `1.0` at the end, `1.1` at the start, `1.2` 4 KiB behind it. */
  readonly version: "0.90" | "1.0" | "1.1" | "1.2";
  readonly features: number;
  /** As mdadm writes it: four groups of 8 hex digits with colons. */
  readonly uuid: string;
  /** `host:name` as a rule. */
  readonly name: string;
  readonly level: number;
  readonly layout: number;
  /** Bytes of each member that the array uses; 0 for levels without redundancy. */
  readonly componentBytes: number;
  readonly chunkBytes: number;
  readonly raidDevices: number;
  readonly dataOffsetBytes: number;
  readonly dataBytes: number;
  /** Number of this member: index into `roles`. */
  readonly deviceNumber: number;
  readonly events: number;
  /** By device number: the slot, or one of `MD_ROLE`. */
  readonly roles: readonly number[];
  /** How md treats this member. Default: like any other. */
  readonly habits?: readonly MdHabit[];
  /** 0 when the bitmap's own head can't be read. Default: there is no internal bitmap. */
  readonly bitmapChunkBytes?: number;
  /** Writes that may be under way to `writemostly` members when a write ends already. Default: none. */
  readonly writeBehind?: number;
}

/** As sysfs takes it: read from only when nothing else is left; given up at the first error. */
export type MdHabit = "writemostly" | "failfast";

/** Out of two bits, that of the first habit being the lower. */
export function mdHabits(bits: number): Pick<MdSuperblock, "habits"> {
  const names: readonly MdHabit[] = ["writemostly", "failfast"];
  const habits = names.filter((_, at) => (bits & (1 << at)) !== 0);
  return habits.length === 0 ? {} : { habits };
}

export const MD_ROLE = { spare: 0xffff, faulty: 0xfffe, journal: 0xfffd } as const;
/** Bits of `features` by what they mean for a restore. */
export const MD_FEATURE = {
  bitmap: 1,
  reshape: 4,
  replacement: 16,
  clustered: 256,
  journal: 512,
  partialParityLog: 1024 | 2048,
} as const;

const MAGIC = 0xa92b4efc;
const BITMAP_MAGIC = 0x6d746962;
const SECTOR = 512;
const HEAD_BYTES = 256;
/** Most members that a version-1 superblock of 4 KiB has room for. */
const MOST_DEVICES = 1920;

/** 1.1, 1.2, 1.0 with their place on a device of this size. */
function places(sizeBytes: number): readonly (readonly [MdSuperblock["version"], number])[] {
  const sectors = Math.floor(sizeBytes / SECTOR) - 16;
  return [
    ["1.1", 0],
    ["1.2", 4096],
    ["1.0", (sectors - (sectors % 8)) * SECTOR],
  ];
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return textOfBytes(end < 0 ? bytes : bytes.subarray(0, end));
}

type Reader = (offset: number, length: number) => Uint8Array;

/** What the bitmap at this offset says. Source: drivers/md/md-bitmap.h, struct bitmap_super_s. */
export function mdBitmap(read: Reader, at: number): Pick<MdSuperblock, "bitmapChunkBytes" | "writeBehind"> {
  const head = read(at, 64);
  const view = viewOf(head);
  if (head.byteLength < 64 || view.getUint32(0, true) !== BITMAP_MAGIC) return { bitmapChunkBytes: 0 };
  const writeBehind = view.getUint32(60, true);
  return { bitmapChunkBytes: view.getUint32(52, true), ...(writeBehind === 0 ? {} : { writeBehind }) };
}

function decodeAt(read: Reader, at: number, version: MdSuperblock["version"]): MdSuperblock | undefined {
  const head = read(at, HEAD_BYTES);
  if (head.byteLength < HEAD_BYTES) return undefined;
  const view = viewOf(head);
  const u32 = (offset: number) => view.getUint32(offset, true);
  const u64 = (offset: number) => Number(view.getBigUint64(offset, true));
  const devices = u32(220);
  // The field that says where it lies tells a superblock from a copy of one (an image inside of a partition).
  if (u32(0) !== MAGIC || u32(4) !== 1 || u64(144) * SECTOR !== at || devices > MOST_DEVICES) return undefined;
  const table = viewOf(read(at + HEAD_BYTES, devices * 2));
  if (table.byteLength < devices * 2) return undefined;
  const features = u32(8);
  return {
    version,
    features,
    uuid: toHex(head.subarray(16, 32)).replace(/(.{8})(?=.)/g, "$1:"),
    name: textOf(head.subarray(32, 64)),
    level: view.getInt32(72, true),
    layout: u32(76),
    componentBytes: u64(80) * SECTOR,
    chunkBytes: u32(88) * SECTOR,
    raidDevices: u32(92),
    dataOffsetBytes: u64(128) * SECTOR,
    dataBytes: u64(136) * SECTOR,
    deviceNumber: u32(160),
    events: u64(200),
    roles: Array.from({ length: devices }, (_, index) => table.getUint16(index * 2, true)),
    ...mdHabits(view.getUint8(184)),
    ...((features & MD_FEATURE.bitmap) === 0 ? {} : mdBitmap(read, at + view.getInt32(96, true) * SECTOR)),
  };
}

/** Looks for a superblock at its three places; undefined when there is none of version 1. */
export function decodeMdSuperblock(read: Reader, sizeBytes: number): MdSuperblock | undefined {
  for (const [version, at] of places(sizeBytes)) {
    const found = at < 0 ? undefined : decodeAt(read, at, version);
    if (found) return found;
  }
  return undefined;
}
