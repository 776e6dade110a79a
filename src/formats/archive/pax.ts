/**
 * Headers of pax tar archives as GNU tar and libarchive read them. Source: POSIX.1-2017 pax "pax Interchange Format";
 * GNU tar manual, "Storing Sparse Files, Version 1.0" and "Extended attributes" (SCHILY.xattr). Names and values are
 * bytes.
 */

import { type ByteString, byteStringToBytes } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/** Bytes of a tar block. */
export const TAR_BLOCK = 512;

/** Type flag of a tar header: file, hard link, symlink, character and block device, directory, fifo. */
export type TarType = "0" | "1" | "2" | "3" | "4" | "5" | "6";

/** What a header says. `size` is the length of what follows it in the archive, `realSize` that of a file with holes. */
export interface TarHeader {
  readonly path: ByteString;
  readonly type: TarType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  readonly link?: ByteString;
  readonly rdev?: { readonly major: number; readonly minor: number };
  readonly xattrs?: ReadonlyMap<ByteString, Uint8Array>;
  /** Inode flags by name, comma-separated (`SCHILY.fflags`, which star and libarchive know). */
  readonly fflags?: string;
  /** Project id: a record of our own, which other programs pass over. */
  readonly project?: number;
  /** Set for files with holes: `size` then counts the map and the data. */
  readonly realSize?: number;
  /** What other programs pass over, without a word. */
  readonly comment?: string;
}

const OCTAL_7 = 0o7777777;
const OCTAL_11 = 0o77777777777;

/** Bytes that `length` bytes take in a tar archive. */
export function paddedLength(length: number): number {
  return Math.ceil(length / TAR_BLOCK) * TAR_BLOCK;
}

/** `27 mtime=123.5\n`: the number counts itself. */
function record(key: string, value: string): string {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

/** `=` ends a keyword, so GNU tar writes it (and `%`) as in a URL. */
function xattrKey(name: ByteString): string {
  return `SCHILY.xattr.${name.replaceAll("%", "%25").replaceAll("=", "%3D")}`;
}

/** Decimal seconds; a time before 1970 counts its fraction downwards. */
function decimalTime(sec: number, nsec: number): string {
  if (nsec === 0) return String(sec);
  const fraction = (ns: number) => String(ns).padStart(9, "0");
  if (sec >= 0) return `${sec}.${fraction(nsec)}`;
  return `-${-sec - 1}.${fraction(1_000_000_000 - nsec)}`;
}

function extendedRecords(header: TarHeader, name: ByteString): string {
  let out = "";
  if (header.realSize !== undefined) {
    out += record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0");
    out += record("GNU.sparse.name", header.path) + record("GNU.sparse.realsize", String(header.realSize));
  } else if (name.length > 100) out += record("path", name);
  if (header.link !== undefined && header.link.length > 100) out += record("linkpath", header.link);
  if (header.size > OCTAL_11) out += record("size", String(header.size));
  if (header.uid > OCTAL_7) out += record("uid", String(header.uid));
  if (header.gid > OCTAL_7) out += record("gid", String(header.gid));
  if (header.mtimeNsec !== 0 || header.mtimeSec < 0 || header.mtimeSec > OCTAL_11) {
    out += record("mtime", decimalTime(header.mtimeSec, header.mtimeNsec));
  }
  if (header.fflags) out += record("SCHILY.fflags", header.fflags);
  if (header.project) out += record("MONDO.project", String(header.project));
  if (header.comment !== undefined) out += record("comment", header.comment);
  for (const [key, value] of header.xattrs ?? []) out += record(xattrKey(key), Buffer.from(value).toString("latin1"));
  return out;
}

function octal(value: number, digits: number): string {
  const most = 8 ** digits - 1;
  return Math.min(Math.max(value, 0), most).toString(8).padStart(digits, "0");
}

function writeBlock(into: Uint8Array, at: number, name: string, type: string, fields: TarHeader): void {
  const block = Buffer.from(into.buffer, into.byteOffset + at, TAR_BLOCK);
  block.fill(0);
  block.write(name, 0, 100, "latin1");
  block.write(`${octal(fields.mode, 7)}\0${octal(fields.uid, 7)}\0${octal(fields.gid, 7)}\0`, 100, "latin1");
  block.write(`${octal(fields.size, 11)}\0${octal(fields.mtimeSec, 11)}\0        ${type}`, 124, "latin1");
  if (fields.link !== undefined) block.write(fields.link, 157, 100, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  if (fields.rdev) block.write(`${octal(fields.rdev.major, 7)}\0${octal(fields.rdev.minor, 7)}\0`, 329, "latin1");
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += block[i] ?? 0;
  block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
}

/**
 * The name in the ustar block: directories end in a slash, the root is `./`, files with holes get the name GNU tar
 * gives them.
 */
function blockName(header: TarHeader): ByteString {
  const path = header.path === "" ? "." : header.path;
  if (header.type === "5") return `${path}/` as ByteString;
  if (header.realSize === undefined) return path as ByteString;
  const slash = path.lastIndexOf("/");
  return `${slash < 0 ? "." : path.slice(0, slash)}/GNUSparseFile.0/${path.slice(slash + 1)}` as ByteString;
}

/** Characters of a comment whose record is `bytes` long, at least 100. */
export const commentLength = (bytes: number): number => bytes - String(bytes).length - "comment".length - 3;

/** Upper bound of what `encodeTarHeader` writes. */
export function tarHeaderBound(header: TarHeader): number {
  let values = 0;
  for (const [key, value] of header.xattrs ?? []) values += key.length * 3 + value.length + 40;
  return (
    TAR_BLOCK * 4 +
    paddedLength(header.path.length + (header.link?.length ?? 0) + (header.comment?.length ?? 0) + values + 512)
  );
}

/**
 * Writes the blocks that go before an entry's content at `at`; returns where they end. The room is the caller's
 * (`tarHeaderBound`).
 */
export function encodeTarHeader(into: Uint8Array, at: number, header: TarHeader): number {
  const name = blockName(header);
  const extended = extendedRecords(header, name);
  let next = at;
  if (extended !== "") {
    writeBlock(into, next, "./PaxHeaders/x", "x", {
      ...{ path: name, type: "0", mode: 0o644, uid: 0, gid: 0, mtimeSec: 0, mtimeNsec: 0 },
      size: extended.length,
    });
    next += TAR_BLOCK;
    const padded = paddedLength(extended.length);
    into.fill(0, next + extended.length, next + padded);
    Buffer.from(into.buffer, into.byteOffset + next, padded).write(extended, 0, "latin1");
    next += padded;
  }
  writeBlock(into, next, name, header.type, header);
  return next + TAR_BLOCK;
}

/**
 * The map that stands before the data of a file with holes: count, then offset and length of each range, padded to a
 * block.
 */
export function encodeSparseMap(extents: readonly number[], realSize: number): Uint8Array {
  const last = extents.length === 0 ? 0 : (extents.at(-2) ?? 0) + (extents.at(-1) ?? 0);
  // GNU tar ends the map at the file's end with an empty range.
  const ranges = last === realSize && extents.length > 0 ? extents : [...extents, realSize, 0];
  const text = `${ranges.length / 2}\n${ranges.join("\n")}\n` as ByteString;
  const map = new Uint8Array(paddedLength(text.length));
  map.set(byteStringToBytes(text));
  return map;
}

/** The end of an archive: two blocks of zeros. */
export const TAR_END = new Uint8Array(2 * TAR_BLOCK);

function invalid(what: string): MondoError {
  return new MondoError("format", msg`not a tar header: ${what}`);
}

function parseOctal(block: Buffer, at: number, length: number): number {
  const text = block
    .toString("latin1", at, at + length)
    .replace(/[\0 ]+$/, "")
    .trimStart();
  if (!/^[0-7]*$/.test(text)) throw invalid(msg`"${text}" is not octal`);
  return text === "" ? 0 : Number.parseInt(text, 8);
}

function fieldText(block: Buffer, at: number, length: number): ByteString {
  const text = block.toString("latin1", at, at + length);
  const end = text.indexOf("\0");
  return (end < 0 ? text : text.slice(0, end)) as ByteString;
}

/** Records of an extended header. MondoError `format` when they don't add up. */
export function parsePaxRecords(bytes: Uint8Array): Map<string, ByteString> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const records = new Map<string, ByteString>();
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(" ", at);
    const length = space < 0 || space - at > 10 ? Number.NaN : Number(text.slice(at, space));
    const equals = text.indexOf("=", space);
    const end = at + length;
    if (!Number.isInteger(length) || equals < 0 || equals >= end || end > text.length || text[end - 1] !== "\n") {
      throw invalid(msg`an extended record doesn't add up`);
    }
    records.set(text.slice(space + 1, equals), text.slice(equals + 1, end - 1) as ByteString);
    at = end;
  }
  return records;
}

/** The fields of a ustar block. */
export interface TarBlock {
  readonly name: ByteString;
  readonly type: string;
  readonly size: number;
  readonly link: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSec: number;
  readonly rdev: { readonly major: number; readonly minor: number };
}

/** One ustar block as it is. MondoError `format` when its checksum is wrong. `undefined` for a block of zeros. */
export function parseTarBlock(bytes: Uint8Array): TarBlock | undefined {
  if (bytes.byteLength < TAR_BLOCK) throw invalid(msg`it is cut short`);
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, TAR_BLOCK);
  let sum = 8 * 32;
  for (let i = 0; i < TAR_BLOCK; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  if (sum === 8 * 32) return undefined;
  if (parseOctal(block, 148, 8) !== sum) throw invalid(msg`its checksum is wrong`);
  return {
    name: fieldText(block, 0, 100),
    mode: parseOctal(block, 100, 8),
    uid: parseOctal(block, 108, 8),
    gid: parseOctal(block, 116, 8),
    mtimeSec: parseOctal(block, 136, 12),
    rdev: { major: parseOctal(block, 329, 8), minor: parseOctal(block, 337, 8) },
    size: parseOctal(block, 124, 12),
    type: String.fromCharCode(block[156] ?? 0),
    link: fieldText(block, 157, 100),
  };
}
