/** The record of an entry in the catalog. See FORMAT.md. */

import type { ByteString } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { PackedReader, PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { type Entry, type EntryKind, type InodeMark, type SharedRanges, storedSize } from "../entry.ts";
import { putRecord, RecordType } from "./records.ts";

const KINDS: readonly EntryKind[] = ["file", "directory", "symlink", "hardlink", "char", "block", "fifo", "socket"];

const KIND_CODES: Readonly<Record<EntryKind, number>> = {
  file: 0,
  directory: 1,
  symlink: 2,
  hardlink: 3,
  char: 4,
  block: 5,
  fifo: 6,
  socket: 7,
};

const body = new PackedWriter();

const Flag = { target: 1, rdev: 2, xattrs: 4, hash: 8, extents: 16, pieces: 32, dataOffset: 64, more: 128 } as const;

/** Bits of the number that `Flag.more` announces. */
const More = { flags: 1, project: 2, inode: 4, shared: 8 } as const;

function entryFlags(entry: Entry): number {
  let flags = 0;
  if (entry.target !== undefined) flags |= Flag.target;
  if (entry.rdev) flags |= Flag.rdev;
  if (entry.xattrs?.size) flags |= Flag.xattrs;
  if (entry.hash !== undefined) flags |= Flag.hash;
  if (entry.extents) flags |= Flag.extents;
  if (entry.pieces) flags |= Flag.pieces;
  if (entry.dataOffset !== undefined) flags |= Flag.dataOffset;
  if (moreOf(entry) !== 0) flags |= Flag.more;
  return flags;
}

function moreOf({ flags, project, inode, shared }: Entry): number {
  const early = (flags ? More.flags : 0) | (project ? More.project : 0) | (inode ? More.inode : 0);
  return early | (shared?.length ? More.shared : 0);
}

function putMore(entry: Entry): void {
  const more = moreOf(entry);
  if (more === 0) return;
  body.varint(more);
  if (entry.flags) body.varint(entry.flags);
  if (entry.project) body.varint(entry.project);
  if (entry.inode) putInode(entry.inode);
  if (entry.shared?.length) putShared(entry.shared);
}

function putShared(shared: readonly SharedRanges[]): void {
  body.varint(shared.length);
  for (const { space, ranges } of shared) {
    body.u32(space);
    body.varint(ranges.length / 3);
    for (const number of ranges) body.varint(number);
  }
}

function putInode({ low, high, ctimeSec, ctimeNsec }: InodeMark): void {
  body.u32(low);
  body.u32(high);
  body.float(ctimeSec);
  body.u32(ctimeNsec);
}

function putXattrs(xattrs: ReadonlyMap<ByteString, Uint8Array>): void {
  body.varint(xattrs.size);
  for (const [name, value] of xattrs) {
    body.text(name);
    body.block(value);
  }
}

/** Appends an entry's record. */
export function encodeEntry(into: PackedWriter, entry: Entry): void {
  body.clear();
  body.u8(KIND_CODES[entry.kind]);
  body.u8(entryFlags(entry));
  body.text(entry.path);
  body.varint(entry.mode);
  body.varint(entry.uid);
  body.varint(entry.gid);
  body.varint(entry.size);
  body.float(entry.mtimeSec);
  body.u32(entry.mtimeNsec);
  if (entry.target !== undefined) body.text(entry.target);
  if (entry.rdev) {
    body.varint(entry.rdev.major);
    body.varint(entry.rdev.minor);
  }
  if (entry.xattrs?.size) putXattrs(entry.xattrs);
  if (entry.hash !== undefined) body.u64(entry.hash);
  if (entry.extents) {
    body.varint(entry.extents.length);
    for (const number of entry.extents) body.varint(number);
  }
  if (entry.pieces) body.varint(entry.pieces);
  if (entry.dataOffset !== undefined) body.varint(entry.dataOffset);
  putMore(entry);
  putRecord(into, RecordType.entry, body.bytes());
}

/** The body of an entry's record, in memory of its own. */
export function entryBody(entry: Entry): Uint8Array {
  const writer = new PackedWriter();
  encodeEntry(writer, entry);
  const reader = new PackedReader(writer.bytes());
  reader.u8();
  return Uint8Array.prototype.slice.call(reader.block());
}

function xattrsOf(reader: PackedReader): Map<ByteString, Uint8Array> {
  const found = new Map<ByteString, Uint8Array>();
  for (let left = reader.varint(); left > 0; left--) found.set(reader.text(), reader.block());
  return found;
}

function extentsOf(reader: PackedReader, size: number): number[] {
  const extents: number[] = [];
  let end = 0;
  for (let left = reader.varint(); left > 0; left -= 2) {
    const [offset, length] = [reader.varint(), reader.varint()];
    if (offset < end || offset + length > size)
      throw new MondoError("damaged", msg`a file's data ranges overlap or pass its end`);
    end = offset + length;
    extents.push(offset, length);
  }
  return extents;
}

function kindOf(code: number): EntryKind {
  const kind = KINDS[code];
  if (!kind) throw new MondoError("damaged", msg`the catalog has an entry of unknown kind ${code}`);
  return kind;
}

function takeMore(reader: PackedReader, entry: { -readonly [K in keyof Entry]: Entry[K] }): void {
  const more = reader.varint();
  if (more & More.flags) entry.flags = reader.varint();
  if (more & More.project) entry.project = reader.varint();
  if (more & More.inode) {
    entry.inode = { low: reader.u32(), high: reader.u32(), ctimeSec: reader.float(), ctimeNsec: reader.u32() };
  }
  if (more & More.shared) entry.shared = sharedOf(reader, entry.size);
}

function sharedOf(reader: PackedReader, size: number): SharedRanges[] {
  const shared: SharedRanges[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const space = reader.u32();
    const ranges: number[] = [];
    let end = 0;
    for (let count = reader.varint(); count > 0; count--) {
      const [offset, length, place] = [reader.varint(), reader.varint(), reader.varint()];
      const isWithin = offset >= end && length > 0 && offset + length <= size;
      if (!isWithin || !Number.isSafeInteger(place + length)) {
        throw new MondoError("damaged", msg`a file's shared ranges overlap or pass its end`);
      }
      end = offset + length;
      ranges.push(offset, length, place);
    }
    shared.push({ space, ranges });
  }
  return shared;
}

/** Reads the body of an entry's record; xattr values are views into it. */
export function decodeEntry(bytes: Uint8Array): Entry {
  const reader = new PackedReader(bytes);
  const kind = kindOf(reader.u8());
  const flags = reader.u8();
  const entry: { -readonly [K in keyof Entry]: Entry[K] } = {
    kind,
    path: reader.text(),
    mode: reader.varint(),
    uid: reader.varint(),
    gid: reader.varint(),
    size: reader.varint(),
    mtimeSec: reader.float(),
    mtimeNsec: reader.u32(),
  };
  if (flags & Flag.target) entry.target = reader.text();
  if (flags & Flag.rdev) entry.rdev = { major: reader.varint(), minor: reader.varint() };
  if (flags & Flag.xattrs) entry.xattrs = xattrsOf(reader);
  if (flags & Flag.hash) entry.hash = reader.u64();
  if (flags & Flag.extents) entry.extents = extentsOf(reader, entry.size);
  if (flags & Flag.pieces) entry.pieces = reader.varint();
  if (flags & Flag.dataOffset) entry.dataOffset = reader.varint();
  if (flags & Flag.more) takeMore(reader, entry);
  return entry;
}

/** What an entry is called, and what it is a link to. */
export type EntryName = Pick<Entry, "kind" | "path" | "target">;

/** Like `decodeEntry`, but only names: what a search through a large catalog needs of most entries. */
export function decodeName(bytes: Uint8Array): EntryName {
  const kind = kindOf(bytes[0] ?? 255);
  if (kind === "hardlink") return decodeEntry(bytes);
  const reader = new PackedReader(bytes);
  reader.u8();
  reader.u8();
  return { kind, path: reader.text() };
}

/** An entry's name with the bytes of its content. */
export interface SizedName {
  readonly kind: EntryKind;
  readonly path: ByteString;
  readonly bytes: number;
}

/** Like `decodeName`, with the size; of a file with holes, what is stored. */
export function decodeSize(bytes: Uint8Array): SizedName {
  const kind = kindOf(bytes[0] ?? 255);
  if (((bytes[1] ?? 0) & Flag.extents) !== 0) {
    const entry = decodeEntry(bytes);
    return { kind, path: entry.path, bytes: storedSize(entry) };
  }
  const reader = new PackedReader(bytes);
  reader.u8();
  reader.u8();
  const path = reader.text();
  for (let skipped = 0; skipped < 3; skipped++) reader.varint();
  return { kind, path, bytes: kind === "file" ? reader.varint() : 0 };
}

/** What is known of an entry without decoding its record. */
export function peekEntry(bytes: Uint8Array): { readonly kind: EntryKind; readonly inPieces: boolean } {
  return { kind: kindOf(bytes[0] ?? 255), inPieces: ((bytes[1] ?? 0) & Flag.pieces) !== 0 };
}

/** Entries of concatenated records. */
export function* entriesOf(records: Uint8Array): Generator<Entry, void, void> {
  for (const reader = new PackedReader(records); !reader.atEnd; ) {
    const type = reader.u8();
    const bytes = reader.block();
    if (type === RecordType.entry) yield decodeEntry(bytes);
  }
}
