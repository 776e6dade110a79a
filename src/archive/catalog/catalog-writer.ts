import { zstdCodec } from "../../drivers/codec/zstd.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import type { Entry, FrameInfo, Piece } from "../entry.ts";
import { DigestedFile } from "../output-file.ts";
import type { VolumeInfo } from "../set-files.ts";
import { BLOCK_HEADER_BYTES, encodeBlockHeader } from "./block-header.ts";
import { encodeEntry } from "./entry-record.ts";
import { type CatalogEnd, encodeEnd, encodeFrame, encodePiece } from "./records.ts";

export const CATALOG_NAME = "catalog.mcat.zst";
const BLOCK_BYTES = 1 << 20;

/** Writes a catalog, block by block: see block-header.ts. */
export class CatalogWriter {
  readonly #file: DigestedFile;
  readonly #compressor = zstdCodec.compressor(4);
  readonly #records = new PackedWriter(BLOCK_BYTES + (1 << 16));
  readonly #header = new PackedWriter(BLOCK_HEADER_BYTES);
  #frame: FrameInfo | undefined;

  constructor(directory: string) {
    this.#file = new DigestedFile(directory, CATALOG_NAME);
  }

  frame(frame: FrameInfo): void {
    encodeFrame(this.#records, frame);
    this.#frame = frame;
  }

  /** What follows lies in this frame. */
  inFrame(frame: FrameInfo): void {
    if (this.#frame?.volume !== frame.volume || this.#frame.offset !== frame.offset) this.frame(frame);
  }

  /** A record by its type and body. */
  body(type: number, bytes: Uint8Array): void {
    this.#records.u8(type);
    this.#records.block(bytes);
    this.#flushWhenFull();
  }

  entry(entry: Entry): void {
    encodeEntry(this.#records, entry);
    this.#flushWhenFull();
  }

  piece(piece: Piece): void {
    encodePiece(this.#records, piece);
  }

  /** Records that a Worker has encoded. */
  records(bytes: Uint8Array): void {
    this.#records.raw(bytes);
    this.#flushWhenFull();
  }

  finish(end: CatalogEnd): VolumeInfo {
    encodeEnd(this.#records, end);
    this.#flush();
    return this.#file.finish();
  }

  discard(): void {
    this.#file.discard();
  }

  #flushWhenFull(): void {
    if (this.#records.length >= BLOCK_BYTES) this.#flush();
  }

  #flush(): void {
    const content = this.#records.bytes();
    const frame = this.#compressor.compress(content);
    this.#header.clear();
    encodeBlockHeader(this.#header, { storedBytes: frame.length, contentBytes: content.length });
    this.#file.write(this.#header.bytes());
    this.#file.write(frame);
    this.#records.clear();
  }
}
