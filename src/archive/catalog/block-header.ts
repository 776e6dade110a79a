/**
 * Blocks of the catalog, each of whole records: a zstd skippable frame (RFC 8878, 3.1.2), then the zstd frame whose
 * lengths it gives. See FORMAT.md.
 */

import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { PackedReader, type PackedWriter } from "../../formats/archive/packed-bytes.ts";

const SKIPPABLE_MAGIC = 0x184d2a50;
const CONTENT_BYTES = 16;
const CATALOG_MAGIC = 0x5441434d; // "MCAT"
const CATALOG_VERSION = 1;
export const BLOCK_HEADER_BYTES = 24;

/** What every block starts with, as bytes. */
export const BLOCK_START = Buffer.from(Uint32Array.of(SKIPPABLE_MAGIC, CONTENT_BYTES, CATALOG_MAGIC).buffer);

/** The zstd frame of a block: its length, and the length of what it decompresses to. */
export interface Block {
  readonly storedBytes: number;
  readonly contentBytes: number;
}

/** Appends a block's header. */
export function encodeBlockHeader(into: PackedWriter, { storedBytes, contentBytes }: Block): void {
  const words = [SKIPPABLE_MAGIC, CONTENT_BYTES, CATALOG_MAGIC, CATALOG_VERSION, storedBytes, contentBytes];
  for (const word of words) into.u32(word);
}

/** Reads a block's header. MondoError `damaged`: it is none; `format`: its version is unknown. */
export function decodeBlockHeader(header: Uint8Array): Block {
  const reader = new PackedReader(header);
  const [skippable, length, magic, version] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
  if (skippable !== SKIPPABLE_MAGIC || length !== CONTENT_BYTES || magic !== CATALOG_MAGIC) {
    throw new MondoError("damaged", msg`it is not a catalog`);
  }
  if (version !== CATALOG_VERSION) throw new MondoError("format", msg`it is a catalog of version ${version}`);
  return { storedBytes: reader.u32(), contentBytes: reader.u32() };
}
