/** Turns one block of bytes into one frame. Not for sharing between threads. */
export interface Compressor {
  /** A view into the compressor's own memory: valid until the next call. */
  compress(input: Uint8Array): Uint8Array;
}

/** Turns one frame back. Not for sharing between threads. */
export interface Decompressor {
  /** A view into the decompressor's own memory: valid until the next call. MondoError `damaged` unless it gives exactly `length` bytes. */
  decompress(frame: Uint8Array, length: number): Uint8Array;
}

/** How frames are compressed. Every codec writes frames that stand alone and carry a checksum of their content. */
export interface Codec {
  readonly type: string;
  /** `level`: Mondo's 0 (none) to 9. */
  compressor(level: number): Compressor;
  decompressor(): Decompressor;
}
