/** Files of a set and where they lie. */
import type { CodecName } from "../drivers/codec/codec.ts";

/** One volume file of a set. */
export interface VolumeInfo {
  /** File name beside the manifest: `volume-0001.tar.zst`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** SHA-256 of the file (the compressed bytes), lower-case hex. */
  readonly sha256: string;
  /** Number of the set's medium that it lies on, from 1; default: 1. */
  readonly medium?: number;
}

/** What the reader needs of a manifest. */
export interface ArchiveSet {
  /** Of the volumes' frames; default: zstd. */
  readonly codec?: CodecName;
  readonly volumes: readonly VolumeInfo[];
  readonly catalog: VolumeInfo;
  readonly entries: number;
  readonly contentBytes: number;
  /** Content that files have in common with files before them; default: none is known of. */
  readonly sharedBytes?: number;
}

/** Where a file of a set lies: a file of its own, or a range of another (an ISO image that is not mounted). */
export interface FileSpan {
  readonly path: string;
  readonly offset: number;
  readonly sizeBytes: number;
  /** How its frames are compressed, where it belongs to another set; else as the set's manifest says. */
  readonly codec?: CodecName;
  /** The same file elsewhere, for when it can't be read here. */
  readonly copies?: readonly FileCopy[];
}

/** A file of a set on a further server. */
export interface FileCopy extends FileSpan {
  /** The server's directory, for people. */
  readonly place: string;
  /** Read through before its first use, it must have this SHA-256; default: its frames' checksums count. */
  readonly sha256?: string;
}

/** Where a file of a set lies, by its name in the manifest; undefined: it is missing. */
export type Locate = (name: string) => FileSpan | undefined;

/** Where a volume lies, or why it can't be read, as a phrase. */
export type VolumePlace = FileSpan | string;
