/** What goes to the Workers that extract an archive, and what comes back. */
import type { ByteString } from "../../base/bytes.ts";
import type { CodecName } from "../../drivers/codec/codec.ts";
import type { Elsewhere } from "../catalog/copies.ts";
import type { FrameInfo, Piece, Problem } from "../entry.ts";
import type { VolumePlace } from "../set-files.ts";
import type { PlaceData } from "./placer.ts";
import type { SharedPart, TaskShares } from "./sharing.ts";

export interface UnpackData extends PlaceData {
  /** Of the frames; default: zstd. */
  readonly codec?: CodecName;
  readonly volumes: readonly VolumePlace[];
}

/**
 * Entries to make (`create`), to link, to give their metadata to (`finish`, directories) or their last flags (`seal`).
 */
export interface EntriesTask {
  readonly kind: "create" | "link" | "finish" | "seal";
  readonly frame?: FrameInfo;
  /** Entry records. */
  readonly records: Uint8Array;
  /** What files of it have in common with files that are there, or come before in it, by their paths. */
  readonly shares?: TaskShares["parts"];
}

/** A part of a large file that the main thread has created and holds open. */
export interface PieceTask {
  readonly kind: "piece";
  readonly frame: FrameInfo;
  readonly piece: Piece;
  readonly fd: number;
  readonly path: ByteString;
  /** Where it belongs: [offset, length, …] in the file. */
  readonly ranges: readonly number[];
  /** It may be in place already. */
  readonly isLeft?: boolean;
  /** What of it is to be had from other files, by offset. */
  readonly shares?: readonly SharedPart[];
}

export type UnpackTask = EntriesTask | PieceTask;

export interface UnpackResult {
  readonly entries: number;
  readonly bytes: number;
  readonly problems: readonly Problem[];
  /** Entries that were not made. */
  readonly failed: readonly ByteString[];
  /** Entries with content in the volumes that is not what was written. */
  readonly damaged: readonly ByteString[];
  /** Records of files that become immutable or append-only at the end, and of directories that were so before. */
  readonly sealed?: Uint8Array;
  /** Bytes of them that were in place already. */
  readonly leftBytes?: number;
  /** Volumes that further servers served from now on. */
  readonly elsewhere?: readonly Elsewhere[];
  /** Compressed bytes read. */
  readonly readBytes: number;
}
