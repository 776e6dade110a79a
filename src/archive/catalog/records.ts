import { PackedReader, PackedWriter } from "../../formats/archive/packed-bytes.ts";
import type { FrameInfo, Piece } from "../entry.ts";

export const RecordType = { frame: 1, entry: 2, piece: 3, end: 4 } as const;

/** Totals at the end of a catalog: one without them is incomplete. */
export interface CatalogEnd {
  readonly entries: number;
  readonly frames: number;
  readonly contentBytes: number;
}

const body = new PackedWriter();

/** Appends a record by its body. */
export function putRecord(into: PackedWriter, type: number, bytes: Uint8Array): void {
  into.u8(type);
  into.block(bytes);
}

function finish(into: PackedWriter, type: number): void {
  putRecord(into, type, body.bytes());
}

export function encodeFrame(into: PackedWriter, frame: FrameInfo): void {
  body.clear();
  body.varint(frame.volume);
  body.varint(frame.offset);
  body.varint(frame.storedBytes);
  body.varint(frame.tarBytes);
  finish(into, RecordType.frame);
}

export function decodeFrame(bytes: Uint8Array): FrameInfo {
  const reader = new PackedReader(bytes);
  return {
    volume: reader.varint(),
    offset: reader.varint(),
    storedBytes: reader.varint(),
    tarBytes: reader.varint(),
  };
}

export function encodePiece(into: PackedWriter, piece: Piece): void {
  body.clear();
  body.varint(piece.dataOffset);
  body.varint(piece.length);
  body.u64(piece.hash);
  finish(into, RecordType.piece);
}

export function decodePiece(bytes: Uint8Array): Piece {
  const reader = new PackedReader(bytes);
  return { dataOffset: reader.varint(), length: reader.varint(), hash: reader.u64() };
}

export function encodeEnd(into: PackedWriter, end: CatalogEnd): void {
  body.clear();
  body.varint(end.entries);
  body.varint(end.frames);
  body.varint(end.contentBytes);
  finish(into, RecordType.end);
}

export function decodeEnd(bytes: Uint8Array): CatalogEnd {
  const reader = new PackedReader(bytes);
  return { entries: reader.varint(), frames: reader.varint(), contentBytes: reader.varint() };
}
