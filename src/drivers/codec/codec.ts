export type CodecName = "zstd" | "gzip" | "xz" | "none";

/** What the caller of a compressor has already. */
export interface CompressorAid {
  /** Memory that the frame may take, if it is large enough. */
  readonly room?: ArrayBuffer;
  /** XXH64 (seed 0) of the input. */
  readonly xxh64?: bigint;
}

/** Turns one block of bytes into one frame. Not for sharing between threads. */
export interface Compressor {
  /** The frame, in memory that the caller may keep or hand on: in the `room` given, or its own. */
  compress(input: Uint8Array, aid?: CompressorAid): Uint8Array<ArrayBuffer>;
}

/**
 * Memory of at least `length` bytes for a frame. New memory costs a page fault for every 4 KiB: `room` is used when it
 * is enough.
 */
export function frameRoom(length: number, room?: ArrayBuffer): Uint8Array<ArrayBuffer> {
  return room && room.byteLength >= length ? new Uint8Array(room) : new Uint8Array(length);
}

/** Turns one frame back. Not for sharing between threads. */
export interface Decompressor {
  /** A view, valid until the next call. MondoError `damaged` unless it gives exactly `length` bytes. */
  decompress(frame: Uint8Array, length: number): Uint8Array;
}

/** Decompresses gzip members to `most` bytes at most, over all of them; throws beyond that. */
export type BoundedGunzip = (bytes: Uint8Array, most: number) => Uint8Array;

/** How frames are compressed. Frames stand alone; one behind the other they are a file of the codec's stock tool. */
export interface Codec {
  readonly type: CodecName;
  /** What names of volumes end in: `.tar.zst`. */
  readonly ending: string;
  /** Shell command of the stock tool that decompresses standard input. */
  readonly command: string;
  /** `level`: Mondo's 0 (stored) to 9. What a sample shows to be incompressible is stored at any level. */
  compressor(level: number): Compressor;
  /** `gunzip` bounds what gzip gives; default: for frames that are one's own. */
  decompressor(gunzip?: BoundedGunzip): Decompressor;
}
