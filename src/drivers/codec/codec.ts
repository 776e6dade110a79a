export type CodecName = "zstd" | "gzip" | "xz" | "none";

/** Turns one block of bytes into one frame. Not for sharing between threads. */
export interface Compressor {
  /** The frame, in memory of its own that the caller may keep or hand on. */
  compress(input: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** Turns one frame back. Not for sharing between threads. */
export interface Decompressor {
  /** A view, valid until the next call. MondoError `damaged` unless it gives exactly `length` bytes. */
  decompress(frame: Uint8Array, length: number): Uint8Array;
}

/** How frames are compressed. Frames stand alone; one behind the other they are a file of the codec's stock tool. */
export interface Codec {
  readonly type: CodecName;
  /** What names of volumes end in: `.tar.zst`. */
  readonly ending: string;
  /** Shell command of the stock tool that decompresses standard input. */
  readonly command: string;
  /** `level`: Mondo's 0 (stored) to 9. What a sample shows to be incompressible is stored at any level. */
  compressor(level: number): Compressor;
  decompressor(): Decompressor;
}
