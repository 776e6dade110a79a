import { alignUp, MIB } from "../../base/units.ts";
import type { Filesystem } from "../../layout/types.ts";
import { type ExtDetails, extDetails } from "./ext-details.ts";

/** A journal of less can't be made: 1024 blocks. Source: e2fsprogs, ext2fs_add_journal_inode. */
const JOURNAL_BLOCKS = 1024;
/** Of a smaller file system a larger part may be journal. */
const JOURNAL_SHARE = 8;
const MOST_BLOCKS_32 = 2 ** 32 - 1;

const firstBlock = (d: ExtDetails) => (d.blockBytes === 1024 ? 1 : 0);
const groupsOf = (d: ExtDetails, blocks: number) => Math.ceil((blocks - firstBlock(d)) / d.blocksPerGroup);

/** A last group that hasn't room for its own tables is left away by mke2fs. Source: e2fsprogs, ext2fs_initialize. */
function wholeGroups(d: ExtDetails, blocks: number, inodesPerGroup: number): number {
  const rest = (blocks - firstBlock(d)) % d.blocksPerGroup;
  const table = Math.ceil((inodesPerGroup * d.inodeBytes) / d.blockBytes);
  const descriptors = Math.ceil((groupsOf(d, blocks) * 64) / d.blockBytes) + d.blockBytes / 4;
  const tooSmall = rest > 0 && rest < 2 + table + 1 + descriptors + 50;
  return tooSmall && blocks - rest > d.blocksPerGroup ? blocks - rest : blocks;
}

/** As many inodes as its files need, with some to spare; all that there were when nobody counted. */
function neededInodes(fs: Filesystem): number {
  const { inodes } = extDetails(fs);
  return fs.usedInodes === undefined ? inodes : Math.min(inodes, Math.ceil(fs.usedInodes * 1.1) + 1024);
}

/** At least the density that it had; more where a smaller one would have too few. */
function inodesPerGroup(fs: Filesystem, groups: number): number {
  const d = extDetails(fs);
  const before = Math.ceil(d.inodes / Math.max(1, groupsOf(d, d.blocks)));
  if (before * groups >= neededInodes(fs)) return before;
  const unit = Math.max(8, d.blockBytes / d.inodeBytes);
  return Math.min(8 * d.blockBytes - unit, alignUp(Math.ceil(neededInodes(fs) / groups), unit));
}

function journalBytes(d: ExtDetails, bytes: number): number {
  if (d.journalBytes === 0 || d.journalBytes <= bytes / JOURNAL_SHARE) return d.journalBytes;
  const least = alignUp(JOURNAL_BLOCKS * d.blockBytes, MIB);
  return Math.min(d.journalBytes, Math.max(least, Math.floor(bytes / JOURNAL_SHARE / MIB) * MIB));
}

/** Whether its geometry follows from blocks and groups alone. */
function isPlain(d: ExtDetails): boolean {
  return !["bigalloc", "sparse_super2", "meta_bg"].some((feature) => d.features.includes(feature));
}

/** The same file system with another size: same density of inodes and reserve, same journal where it has room. */
export function resizedExt(fs: Filesystem, bytes: number): Filesystem | undefined {
  const d = extDetails(fs);
  if (!isPlain(d)) return undefined;
  if (Math.floor(bytes / d.blockBytes) === d.blocks) return fs;
  const most = d.features.includes("64bit") ? Number.MAX_SAFE_INTEGER : MOST_BLOCKS_32;
  const wanted = Math.min(most, Math.floor(bytes / d.blockBytes));
  const blocks = wholeGroups(d, wanted, inodesPerGroup(fs, groupsOf(d, wanted)));
  const groups = groupsOf(d, blocks);
  const changed = {
    blocks,
    inodes: inodesPerGroup(fs, groups) * groups,
    reservedBlocks: Math.floor((d.reservedBlocks * blocks) / d.blocks),
    journalBytes: journalBytes(d, blocks * d.blockBytes),
  };
  return { ...fs, sizeBytes: blocks * d.blockBytes, details: { ...fs.details, ...changed } };
}

/**
 * Smallest size for what it holds: files, inode tables, journal, reserve, and a tenth and 32 MiB of room for the
 * restored system to work.
 */
export function minimumExtBytes(fs: Filesystem): number {
  const d = extDetails(fs);
  if (fs.usedBytes === undefined || !isPlain(d)) return fs.sizeBytes;
  const tables = d.inodes * d.inodeBytes;
  const files = Math.max(0, fs.usedBytes - tables - d.journalBytes);
  const room = Math.min(32 * MIB, fs.sizeBytes / 16);
  const perByte = (d.inodes * d.inodeBytes + d.reservedBlocks * d.blockBytes) / (d.blocks * d.blockBytes);
  const wanted = (files * 1.1 + room) / Math.max(0.1, 1 - perByte - 0.01);
  // More inodes than the density gives take tables of their own.
  const dense = (neededInodes(fs) * d.inodeBytes) / Math.max(1, wanted);
  const extra = Math.max(0, dense - tables / fs.sizeBytes) * wanted;
  const journal = Math.min(d.journalBytes, Math.max(JOURNAL_BLOCKS * d.blockBytes + MIB, wanted / JOURNAL_SHARE));
  return Math.min(fs.sizeBytes, Math.ceil(wanted + extra + journal + 2 * MIB));
}
