import type { ByteString } from "../base/bytes.ts";

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
  /** ns since 1970. */
  readonly mtimeNs: bigint;
  /** Symlink target, or path of the first link of a hard link. */
  readonly target?: ByteString;
  readonly rdev?: { readonly major: number; readonly minor: number };
  readonly xattrs?: ReadonlyMap<ByteString, Uint8Array>;
  /** XXH64 of the content (files), as 16 hex digits. */
  readonly hash?: string;
}

/** One volume file of a set. */
export interface VolumeInfo {
  /** File name beside the manifest: `volume-0001.tar.zst`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** SHA-256 of the file (the compressed bytes), lower-case hex. */
  readonly sha256: string;
}

/** A file that could not be saved as it was. `severity`: `lost` is not in the archive; `changed` is there, but moved while it was read. */
export interface Problem {
  readonly path: string;
  readonly severity: "lost" | "changed" | "note";
  readonly reason: string;
}

/** What an archive run tells while it works; renderers turn it into text. */
export interface ArchiveProgress {
  readonly entries: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Estimate of all content bytes; 0 when unknown. */
  readonly bytesTotal: number;
}

/** Outcome of writing an archive. */
export interface ArchiveResult {
  readonly entries: number;
  readonly contentBytes: number;
  readonly volumes: readonly VolumeInfo[];
  readonly catalog: VolumeInfo;
  readonly problems: readonly Problem[];
}
