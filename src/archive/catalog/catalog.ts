import { toByteString } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Decompressor } from "../../drivers/codec/codec.ts";
import { zstdCodec } from "../../drivers/codec/zstd.ts";
import { PackedReader } from "../../formats/archive/packed-bytes.ts";
import { AT_FDCWD, closeFd, openAt, readFully, statFd } from "../../host/fs-calls.ts";
import { systemError } from "../../host/syscalls.ts";
import type { Entry, FrameInfo, Piece } from "../entry.ts";
import type { FileSpan } from "../set-files.ts";
import { BLOCK_HEADER_BYTES, BLOCK_START, decodeBlockHeader } from "./block-header.ts";
import { CatalogLimit } from "./catalog-limit.ts";
import { decodeEntry, decodeName, decodeSize, type EntryName, type SizedName } from "./entry-record.ts";
import { MOST_BYTES } from "./most-bytes.ts";
import { type CatalogEnd, decodeEnd, decodeFrame, decodePiece, RecordType } from "./records.ts";

/**
 * A record of a catalog, in the order of the archive. An entry's bytes (see `decodeEntry`) are valid until the next
 * record is read.
 */
export type CatalogRecord =
  | { readonly type: "frame"; readonly frame: FrameInfo }
  | { readonly type: "entry"; readonly bytes: Uint8Array }
  | { readonly type: "piece"; readonly piece: Piece }
  | { readonly type: "end"; readonly end: CatalogEnd }
  /**
   * Only when salvaging: records are missing here, and what follows belongs to no frame until the next frame record.
   */
  | { readonly type: "gap" };

function* recordsOf(content: Uint8Array, limit: CatalogLimit): Generator<CatalogRecord, void, void> {
  for (const reader = new PackedReader(content); !reader.atEnd; ) {
    const type = reader.u8();
    // Zeros: no version writes such a record.
    if (type === 0) throw new MondoError("damaged", msg`a record has no type`);
    limit.record();
    const bytes = reader.block();
    if (type === RecordType.entry) yield { type: "entry", bytes };
    else if (type === RecordType.frame) yield { type: "frame", frame: decodeFrame(bytes) };
    else if (type === RecordType.piece) yield { type: "piece", piece: decodePiece(bytes) };
    else if (type === RecordType.end) yield { type: "end", end: decodeEnd(bytes) };
  }
}

/** The block at a place, decompressed, and where the next one starts. */
function readBlock(
  decompressor: Decompressor,
  fd: number,
  at: number,
  end: number,
): { readonly content: Uint8Array; readonly next: number } {
  const header = new Uint8Array(BLOCK_HEADER_BYTES);
  if (readFully(fd, header, 0, header.length, at) !== header.length) {
    throw new MondoError("damaged", msg`it ends in the middle of a block`);
  }
  const block = decodeBlockHeader(header);
  const announced = Math.max(block.storedBytes, block.contentBytes);
  if (announced > MOST_BYTES) throw new MondoError("damaged", msg`a block of ${announced} bytes is announced`);
  const next = at + header.length + block.storedBytes;
  if (next > end) throw new MondoError("damaged", msg`it ends in the middle of a block`);
  const stored = new Uint8Array(block.storedBytes);
  if (readFully(fd, stored, 0, stored.length, at + header.length) !== stored.length) {
    throw new MondoError("damaged", msg`a part of it can't be read`);
  }
  return { content: decompressor.decompress(stored, block.contentBytes), next };
}

const SCAN_BYTES = 1 << 20;

/** Where the next block behind a damaged one starts; `end` when there is none. */
function findBlock(fd: number, from: number, end: number): number {
  const buffer = Buffer.alloc(SCAN_BYTES);
  for (let at = from; at < end; at += SCAN_BYTES - BLOCK_START.length) {
    const got = readFully(fd, buffer, 0, Math.min(SCAN_BYTES, end - at), at);
    const found = got > 0 ? buffer.subarray(0, got).indexOf(BLOCK_START) : -1;
    if (found >= 0) return at + found;
  }
  return end;
}

const isDamage = (error: unknown): error is MondoError =>
  error instanceof MondoError && (error.code === "damaged" || error.code === "format");

/** Kept for the next reader: making one costs more than reading a small catalog, and its memory is freed late. */
const spare: Decompressor[] = [];

/**
 * Blocks of a catalog that lies in `start` to `end` of an open file; without content: a damaged part was passed over.
 */
function* blocksOf(fd: number, start: number, end: number, passOver: boolean) {
  const decompressor = spare.pop() ?? zstdCodec.decompressor();
  try {
    for (let at = start; at < end; ) {
      let block: ReturnType<typeof readBlock> | undefined;
      try {
        block = readBlock(decompressor, fd, at, end);
      } catch (error) {
        if (!passOver || !isDamage(error)) throw error;
      }
      yield { content: block?.content, storedBytes: block ? block.next - at : 0 };
      at = block?.next ?? findBlock(fd, at + 1, end);
    }
  } finally {
    spare.push(decompressor);
  }
}

/** A catalog: a file of its own by its path, or a range of an ISO image. */
export type CatalogPlace = string | FileSpan;

/**
 * Reads a catalog from start to end. MondoError `damaged` gives the file; a catalog without an end record is damaged.
 * With `salvage` damaged parts are passed over, each a `gap`.
 */
export function* readCatalog(place: CatalogPlace, salvage = false): Generator<CatalogRecord, void, void> {
  const path = typeof place === "string" ? place : place.path;
  const fd = openAt(AT_FDCWD, toByteString(path), 0);
  if (fd < 0) throw systemError(msg`open`, path, -fd);
  try {
    const stat = statFd(fd);
    if (typeof stat === "number") throw systemError(msg`stat`, path, -stat);
    const [start, end] = typeof place === "string" ? [0, stat.size] : [place.offset, place.offset + place.sizeBytes];
    let ended = false;
    const limit = new CatalogLimit();
    for (const { content, storedBytes } of blocksOf(fd, start, end, salvage)) {
      if (!content) yield { type: "gap" };
      else limit.block(storedBytes, content.length);
      for (const record of content ? recordsOf(content, limit) : []) {
        ended = record.type === "end";
        yield record;
      }
    }
    if (ended) return;
    if (!salvage) throw new MondoError("damaged", msg`it ends too early`);
    yield { type: "gap" };
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new MondoError(
      error.code,
      msg`the catalog ${typeof place === "string" ? path : msg`in ${path}`} is damaged: ${error.message}`,
      { cause: error },
    );
  } finally {
    closeFd(fd);
  }
}

/** A catalog as a list of entries. */
export interface Catalog {
  /** In the order of the archive; everything in them stays valid. */
  entries(): Generator<Entry, void, void>;
  /** The same, names only: several times faster. */
  names(): Generator<EntryName, void, void>;
  /** The same, names and sizes only. */
  sizes(): Generator<SizedName, void, void>;
  /** Everything in it, undecoded. */
  records(): Generator<CatalogRecord, void, void>;
  /** Totals, by reading it to its end. */
  end(): CatalogEnd;
}

/** Opens a catalog. It is read when its entries are. */
export function openCatalog(place: CatalogPlace): Catalog {
  return {
    records: () => readCatalog(place),
    *entries() {
      for (const record of readCatalog(place)) {
        if (record.type === "entry") yield decodeEntry(Uint8Array.prototype.slice.call(record.bytes));
      }
    },
    *names() {
      for (const record of readCatalog(place)) if (record.type === "entry") yield decodeName(record.bytes);
    },
    *sizes() {
      for (const record of readCatalog(place)) if (record.type === "entry") yield decodeSize(record.bytes);
    },
    end() {
      for (const record of readCatalog(place)) if (record.type === "end") return record.end;
      throw new MondoError("damaged", msg`the catalog ends too early`); // never: readCatalog() has thrown
    },
  };
}
