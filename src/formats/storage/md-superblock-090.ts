import { viewOf } from "../../base/bytes.ts";
import { MD_FEATURE, MD_ROLE, type MdSuperblock, mdBitmap, mdHabits } from "./md-superblock.ts";

type Reader = (offset: number, length: number) => Uint8Array;

const MAGIC = 0xa92b4efc;
const SUPERBLOCK_BYTES = 4096;
const RESERVED_BYTES = 65536;
/** Where the internal bitmap begins behind the superblock: always there. */
const BITMAP_OFFSET = 4096;
const DISKS_OFFSET = 512;
const DISK_BYTES = 128;
const THIS_DISK_OFFSET = 3968;
const [FAULTY, SYNC] = [1, 4];
/** Bits 9 and 10 of a disk's state. */
const HABITS_SHIFT = 9;
const BITMAP_PRESENT = 1 << 8;
/** Version 0.91: in mid-reshape. */
const RESHAPED = 91;

/** The last 64 KiB that begin at a multiple of 64 KiB. */
export const md090Offset = (sizeBytes: number) =>
  Math.floor(sizeBytes / RESERVED_BYTES) * RESERVED_BYTES - RESERVED_BYTES;

/**
 * What a superblock of the old version 0.90 says, in the words of version 1; little-endian machines only. Source:
 * linux/raid/md_p.h, mdp_super_t.
 */
export function decodeMd090(read: Reader, sizeBytes: number): MdSuperblock | undefined {
  const offset = md090Offset(sizeBytes);
  const bytes = offset < 0 ? new Uint8Array(0) : read(offset, SUPERBLOCK_BYTES);
  if (bytes.byteLength < SUPERBLOCK_BYTES) return undefined;
  const view = viewOf(bytes);
  const u32 = (at: number) => view.getUint32(at, true);
  const [major, minor] = [u32(4), u32(8)];
  if (u32(0) !== MAGIC || major !== 0 || (minor !== 90 && minor !== RESHAPED)) return undefined;
  const word = (at: number) => u32(at).toString(16).padStart(8, "0");
  const hasBitmap = (u32(132) & BITMAP_PRESENT) !== 0;
  const roles = Array.from({ length: 27 }, (_, number) => {
    const at = DISKS_OFFSET + number * DISK_BYTES;
    const state = u32(at + 16);
    if ((state & FAULTY) !== 0) return MD_ROLE.faulty;
    return (state & SYNC) !== 0 ? u32(at + 12) : MD_ROLE.spare;
  });
  const level = view.getInt32(28, true);
  return {
    version: "0.90",
    features: (hasBitmap ? MD_FEATURE.bitmap : 0) | (minor === RESHAPED ? MD_FEATURE.reshape : 0),
    uuid: [20, 52, 56, 60].map(word).join(":"),
    name: "",
    level,
    layout: u32(256),
    componentBytes: level > 0 ? u32(32) * 1024 : 0,
    chunkBytes: level === 1 ? 0 : u32(260),
    raidDevices: u32(40),
    dataOffsetBytes: 0,
    dataBytes: offset,
    deviceNumber: u32(THIS_DISK_OFFSET),
    events: u32(156) + u32(160) * 2 ** 32,
    roles,
    ...mdHabits(u32(THIS_DISK_OFFSET + 16) >>> HABITS_SHIFT),
    ...(hasBitmap ? mdBitmap(read, offset + BITMAP_OFFSET) : {}),
  };
}
