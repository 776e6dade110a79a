import type { ByteString } from "../base/bytes.ts";

export type EntryKind = "file" | "directory" | "symlink" | "hardlink" | "char" | "block" | "fifo" | "socket";

/**
 * One archived path, as the catalog has it. Paths are relative to the root, without a leading slash; the root itself
 * is "".
 */
export interface Entry {
  readonly path: ByteString;
  readonly kind: EntryKind;
  /** Permission bits, 12 of them. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Content length in bytes; 0 for anything but files. */
  readonly size: number;
  /** Seconds since 1970 (may be negative) and the ns on top of them. */
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  /** Symlink target, or path of the first link of a hard link. */
  readonly target?: ByteString;
  readonly rdev?: { readonly major: number; readonly minor: number };
  readonly xattrs?: ReadonlyMap<ByteString, Uint8Array>;
  /** Inode flags (chattr) of a file or directory, those of inode-attributes.ts; default: none. */
  readonly flags?: number;
  /** Project id (quotas of directory trees) of a file or directory; default: 0. */
  readonly project?: number;
  /** XXH64 of the stored content (files); a file in pieces has one for each piece instead. See FORMAT.md. */
  readonly hash?: bigint;
  /** Ranges that hold data, [offset, length, …], of a file with holes. Default: all of it is data. */
  readonly extents?: readonly number[];
  /** Where the stored content starts in its frame (decompressed); files that are not in pieces. */
  readonly dataOffset?: number;
  /** How many pieces the content is cut into; 0 or absent: it lies in the frame of its entry. */
  readonly pieces?: number;
  /** Tells a later backup whether the file has changed; without it, the file must be read to know. */
  readonly inode?: InodeMark;
  /** What other files had on the same blocks (files). Believed by nobody: it tells where to look for equal bytes. */
  readonly shared?: readonly SharedRanges[];
}

/** Ranges of a file on blocks that are not its alone. */
export interface SharedRanges {
  /** Number of the file system that the places belong to. */
  readonly space: number;
  /** [offset, length, place, …], by offset: bytes of files that have one place in one space are the same bytes. */
  readonly ranges: readonly number[];
}

/** Bytes of a file on blocks that are not its alone. */
export function sharedSize({ shared = [] }: Pick<Entry, "shared">): number {
  let sum = 0;
  for (const { ranges } of shared) for (let i = 1; i < ranges.length; i += 3) sum += ranges[i] ?? 0;
  return sum;
}

/**
 * Inode number and change time of a file. Nothing changes a file, or the attributes of one, without the kernel moving
 * its change time.
 */
export interface InodeMark {
  readonly high: number;
  readonly low: number;
  readonly ctimeSec: number;
  readonly ctimeNsec: number;
}

/** Chooses entries by their names. */
export type Choice = (entry: Pick<Entry, "path">) => boolean;

/** Bytes of a file that are stored: all but its holes. */
export function storedSize(entry: Entry): number {
  if (!entry.extents) return entry.size;
  let sum = 0;
  for (let i = 1; i < entry.extents.length; i += 2) sum += entry.extents[i] ?? 0;
  return sum;
}

/** A part of a large file's stored content, in a frame of its own. */
export interface Piece {
  /** Where it starts in the frame (decompressed). */
  readonly dataOffset: number;
  readonly length: number;
  readonly hash: bigint;
}

/** One compressed frame of the archive and where it lies. */
export interface FrameInfo {
  /** Position of the volume in the manifest's list, from 0. */
  readonly volume: number;
  readonly offset: number;
  readonly storedBytes: number;
  /** Decompressed length. */
  readonly tarBytes: number;
}

/**
 * What became of a file or directory that was there before: `kept` as it was, `renamed`, or left in place with the
 * owner, mode and attributes of the backup (`dressed`).
 */
export type PlaceRule = "kept" | "renamed" | "dressed";

/**
 * A file that could not be saved as it was. `severity`: `lost`: it is not in the archive; `changed`: it is,
 * but not as it was; `note`: for information.
 */
export interface Problem {
  readonly path: string;
  readonly severity: "lost" | "changed" | "note";
  readonly reason: string;
  /** Of a note when files are written: what a rule for existing files did. */
  readonly rule?: PlaceRule;
}
