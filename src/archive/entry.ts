import type { ByteString } from "../base/bytes.ts";
import type { CodecName } from "../drivers/codec/codec.ts";
import type { PlacedImage } from "../effects/effect.ts";

export type EntryKind = "file" | "directory" | "symlink" | "hardlink" | "char" | "block" | "fifo" | "socket";

/** One archived path, as the catalog knows it. Paths are relative to the root, without a leading slash; the root itself is "". */
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
  /** Inode flags (chattr) of a file or directory, those of inode-attributes.ts; absent: none. */
  readonly flags?: number;
  /** Project id (quotas of directory trees) of a file or directory; absent: 0. */
  readonly project?: number;
  /** XXH64 of the stored content (files); a file in pieces has one a piece instead. See FORMAT.md. */
  readonly hash?: bigint;
  /** Ranges that hold data, [offset, length, …], of a file with holes. Absent: all of it is data. */
  readonly extents?: readonly number[];
  /** Where the stored content starts in its frame (decompressed); files that are not in pieces. */
  readonly dataOffset?: number;
  /** How many pieces the content is cut into; 0 or absent: it lies in the frame of its entry. */
  readonly pieces?: number;
  /** What a later backup asks whether a file has changed; absent: it must be read to know. */
  readonly inode?: InodeMark;
}

/** Inode number and change time of a file. Nothing changes a file, or the attributes of one, without the kernel moving its change time. */
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

/** One volume file of a set. */
export interface VolumeInfo {
  /** File name beside the manifest: `volume-0001.tar.zst`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** SHA-256 of the file (the compressed bytes), lower-case hex. */
  readonly sha256: string;
  /** Number of the set's medium that it lies on, from 1; absent: 1. */
  readonly medium?: number;
}

/** Where a file of a set lies: a file of its own, or a range of another (an ISO image that is not mounted). */
export interface FileSpan {
  readonly path: string;
  readonly offset: number;
  readonly sizeBytes: number;
  /** How its frames are compressed, where it belongs to another set; else as the set's manifest says. */
  readonly codec?: CodecName;
}

/** Where a file of a set lies, by its name in the manifest; undefined: it is missing. */
export type Locate = (name: string) => FileSpan | undefined;

/** Where a volume lies, or why it can't be read, as a phrase. */
export type VolumePlace = FileSpan | string;

/** A file that could not be saved as it was. `severity`: `lost` is not in the archive; `changed` is there, but moved while it was read. */
export interface Problem {
  readonly path: string;
  readonly severity: "lost" | "changed" | "note";
  readonly reason: string;
}

/** What belongs to an archive. Paths are absolute as seen below `root` (`/etc`); see scope.ts. */
export interface Scope {
  /** What to take; `/` alone takes everything. */
  readonly include: readonly string[];
  /** What to leave out: the entry itself is kept, its content is not. */
  readonly exclude: readonly string[];
  /** Mount points whose file systems belong to the set. Any other mount point is kept as an empty directory. */
  readonly mounts: readonly string[];
}

/** The set that a differential one builds on. */
export interface ParentRequest {
  /** A file, or where in an image it lies. */
  readonly catalog: string | FileSpan;
  /** Volumes of the parent's parents and its own: the new set's are counted behind them. */
  readonly volumes: number;
  /** Seconds since 1970, when it was begun. */
  readonly created: number;
  /** Paths (`/etc/x`) of which the parent says that they changed while they were saved. */
  readonly troubled: ReadonlySet<string>;
  /** Read every file and compare its content, whatever its inode says. */
  readonly content: boolean;
}

/** The content of a device, to be stored as a file. Sizes and extents are bytes. */
export interface ImageSource {
  readonly entry: string;
  readonly device: string;
  readonly sizeBytes: number;
  /** What is stored; see `Entry.extents`. */
  readonly extents: readonly number[];
  readonly mtimeSec: number;
}

/** Most bytes of a volume; a frame that is larger makes one of its own. */
export type VolumeLimit = number | ((finished: readonly number[]) => number);

export interface ArchiveRequest {
  /** Directory that is archived as `/`. */
  readonly root: string;
  readonly scope: Scope;
  /** Existing directory that receives volumes and catalog. */
  readonly directory: string;
  /** Mondo's -0 … -9. */
  readonly level: number;
  /** zstd when absent. */
  readonly codec?: CodecName;
  /** Compressing Workers; 0 does the work on the calling thread. */
  readonly threads: number;
  /** Cut volumes at this size, or at what is said when one begins, by the sizes of those before it; one volume when absent. */
  readonly volumeBytes?: VolumeLimit;
  /** Content bytes expected, for progress. */
  readonly bytesTotal?: number;
  /** Store only what differs from this set. */
  readonly parent?: ParentRequest;
  /** Stored behind all files, whatever the parent has. */
  readonly images?: readonly ImageSource[];
}

/** Outcome of writing an archive. */
export interface ArchiveResult {
  readonly codec: CodecName;
  readonly entries: number;
  readonly contentBytes: number;
  readonly volumes: readonly VolumeInfo[];
  readonly catalog: VolumeInfo;
  /** Of a differential set: the list of what the parent has and this one has not. */
  readonly removed?: VolumeInfo;
  /** Content in the volumes of this set. */
  readonly storedBytes: number;
  readonly problems: readonly Problem[];
}

/** What the reader needs of a manifest. */
export interface ArchiveSet {
  /** Of the volumes' frames; zstd when absent. */
  readonly codec?: CodecName;
  readonly volumes: readonly VolumeInfo[];
  readonly catalog: VolumeInfo;
  readonly entries: number;
  readonly contentBytes: number;
}

export interface ExtractRequest {
  /** Directory that holds volumes and catalog. */
  readonly directory: string;
  /** Where they lie when not in that directory. */
  readonly locate?: Locate;
  readonly manifest: ArchiveSet;
  /** Existing directory that the archive's root becomes. */
  readonly target: string;
  /** Workers; 0 does the work on the calling thread. */
  readonly threads: number;
  /** Takes only the entries for which it says yes (hard links bring the file that they need along). */
  readonly select?: Choice;
  /** Paths below the root (`/boot/efi`) where owners, modes and xattrs can't be stored: failures there are expected. */
  readonly lenientMounts?: readonly string[];
  /** Entries whose content goes to a device instead of a file. */
  readonly devices?: readonly PlacedImage[];
  /** Leaves what is there already as it is, each such file a Problem; otherwise it is replaced. */
  readonly keepExisting?: boolean;
  /** Passes over damaged parts of the catalog, a Problem, instead of giving up. */
  readonly salvage?: boolean;
  /**
   * Awaited before the content on a medium is read, one medium after the other; nothing of an earlier one is open then. What `locate`
   * doesn't find afterwards is lost, each file a Problem; an error ends the extraction.
   */
  readonly needMedium?: (pass: MediumPass) => Promise<void>;
}

/** What is read while a medium is there. */
export interface MediumPass {
  /** The parent set that the medium is of; absent: the set itself. */
  readonly set?: string;
  /** Number of the medium in its set, from 1. */
  readonly medium: number;
  /** Positions of its volumes in the manifest's list. */
  readonly volumes: ReadonlySet<number>;
}

export interface ExtractResult {
  readonly entries: number;
  readonly bytes: number;
  /** Compressed bytes that were read from the volumes. */
  readonly readBytes: number;
  readonly problems: readonly Problem[];
}
