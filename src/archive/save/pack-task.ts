/** What goes to the Workers that write an archive, and what comes back. */
import type { ByteString } from "../../base/bytes.ts";
import type { CodecName } from "../../drivers/codec/codec.ts";
import type { Piece, Problem } from "../entry.ts";
import type { Graft } from "../tree/directories.ts";
import type { Unread } from "../tree/unread.ts";
import type { BatchRest, BatchTask } from "./batch.ts";

export interface PackData {
  /** The root, open in this process. */
  readonly rootFd: number;
  /** What stands in for parts of it, open as well. */
  readonly grafts: readonly Graft[];
  readonly level: number;
  readonly codec: CodecName;
  /** Devices (`8:1`) on which files of any size are asked what they share. */
  readonly sharing: readonly string[];
}

/** Reads a part of a large file for its hash alone. */
export interface HashTask {
  readonly kind: "hash";
  readonly fd: number;
  readonly ranges: readonly number[];
}

/** A part of a large file that the main thread holds open. */
export interface PieceTask {
  readonly kind: "piece";
  readonly fd: number;
  /** Headers and sparse map, before the first piece. */
  readonly head?: Uint8Array;
  /** [offset, length, …] in the file. */
  readonly ranges: readonly number[];
  /** Bytes of content before this piece: the last piece is padded. */
  readonly storedBefore: number;
  readonly last: boolean;
}

/** Writes out what is dirty in the file system of an open directory. */
interface SyncTask {
  readonly kind: "sync";
  readonly fd: number;
}

export type PackTask = (BatchTask | PieceTask | HashTask | SyncTask) & {
  /** Memory for the frame. */
  readonly room?: ArrayBuffer;
};

/** A piece as it was read; `unread`: what of it is zeros because it could not be. */
export interface ReadPiece extends Piece {
  readonly unread?: Unread;
}

export interface PackResult {
  readonly frame: Uint8Array<ArrayBuffer>;
  /** Length of the frame's content; 0: there is no frame. */
  readonly tarBytes: number;
  readonly contentBytes: number;
  readonly entries: number;
  /** Of a batch: see `readReturned`. */
  readonly records: Uint8Array;
  readonly problems: readonly Problem[];
  /** Files that have become too large for a batch. */
  readonly deferred: readonly ByteString[];
  /** Entries that could not be read at all, for whatever reason. */
  readonly missing: readonly ByteString[];
  /** Whether an entry of the batch says that it shares something. */
  readonly isShared: boolean;
  readonly piece?: ReadPiece;
  /** What did not fit into the frame, to be packed next. */
  readonly rest?: BatchRest;
}
