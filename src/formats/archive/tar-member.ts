/** Members of a tar archive as `encodeTarHeader` writes them, read back without a catalog. */

import type { ByteString } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { paddedLength, parsePaxRecords, parseTarBlock, TAR_BLOCK, type TarBlock, type TarHeader } from "./pax.ts";

/** What a member's headers say, and where it lies in the bytes that were given. */
export interface TarMember extends TarHeader {
  /** Ranges that hold data, [offset, length, …], of a file with holes. */
  readonly extents?: readonly number[];
  /** Where the content starts, behind the map of a file with holes. */
  readonly contentAt: number;
  /** Length of the content: without map and padding. */
  readonly contentBytes: number;
  /** Where the next member starts; behind the end of the bytes when this one goes on. */
  readonly next: number;
}

const XATTR = "SCHILY.xattr.";

const invalid = (what: string) => new MondoError("format", msg`not a tar member: ${what}`);

/** A whole number that a record holds. */
function numberIn(records: ReadonlyMap<string, ByteString>, key: string): number | undefined {
  const text = records.get(key);
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw invalid(msg`"${text}" is no ${key}`);
  return value;
}

/** `-1.75` → two seconds before 1970 and a quarter of one. */
function timeIn(text: ByteString): { readonly mtimeSec: number; readonly mtimeNsec: number } {
  const [, minus, whole = "", fraction = ""] = /^(-?)(\d{1,15})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (whole === "") throw invalid(msg`"${text}" is no time`);
  const [seconds, ns] = [Number(whole), Number(fraction.padEnd(9, "0"))];
  if (minus === "") return { mtimeSec: seconds, mtimeNsec: ns };
  return ns === 0 ? { mtimeSec: 0 - seconds, mtimeNsec: 0 } : { mtimeSec: -seconds - 1, mtimeNsec: 1_000_000_000 - ns };
}

function xattrsIn(records: ReadonlyMap<string, ByteString>): Map<ByteString, Uint8Array> | undefined {
  const found = new Map<ByteString, Uint8Array>();
  for (const [key, value] of records) {
    if (!key.startsWith(XATTR)) continue;
    const name = key.slice(XATTR.length).replaceAll("%3D", "=").replaceAll("%25", "%");
    found.set(name as ByteString, Uint8Array.from(Buffer.from(value, "latin1")));
  }
  return found.size > 0 ? found : undefined;
}

function isAscending(extents: readonly number[], size: number): boolean {
  let end = 0;
  for (let i = 0; i < extents.length; i += 2) {
    const [offset, length] = [extents[i] ?? 0, extents[i + 1] ?? 0];
    if (offset < end || offset + length > size) return false;
    end = offset + length;
  }
  return true;
}

/** The map of a file with holes and its length. Its numbers end in newlines, its padding in a block. */
function mapIn(bytes: Uint8Array, at: number, realSize: number): { extents: number[]; mapBytes: number } {
  let [from, left] = [at, 1];
  const numbers: number[] = [];
  for (; left > 0; left--) {
    const end = bytes.indexOf(0x0a, from);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.max(0, end - from)).toString("latin1");
    if (!/^\d{1,16}$/.test(text)) throw invalid(msg`the map of its holes does not add up`);
    numbers.push(Number(text));
    from = end + 1;
    if (numbers.length === 1) left += 2 * Number(text);
  }
  const [, ...extents] = numbers;
  // GNU tar ends a map with an empty range where the file ends in a hole.
  if (extents.at(-1) === 0 && extents.at(-2) === realSize) extents.splice(-2);
  if (!isAscending(extents, realSize)) throw invalid(msg`the ranges of its map overlap or pass its end`);
  return { extents, mapBytes: paddedLength(from - at) };
}

function nameOf(records: ReadonlyMap<string, ByteString>, block: TarBlock): ByteString {
  const name = records.get("GNU.sparse.name") ?? records.get("path") ?? block.name;
  const path = block.type === "5" ? name.replace(/\/$/, "") : name;
  return (path === "." ? "" : path) as ByteString;
}

/**
 * The member whose headers start at `at`; `undefined` where the archive ends. MondoError `format` or `damaged` for what
 * is no member; its content may go on behind the bytes.
 */
export function readTarMember(bytes: Uint8Array, at: number): TarMember | undefined {
  let block = parseTarBlock(bytes.subarray(at));
  let start = at + TAR_BLOCK;
  let records: ReadonlyMap<string, ByteString> = new Map();
  if (block?.type === "x") {
    if (start + block.size > bytes.length) throw invalid(msg`its extended header is cut short`);
    records = parsePaxRecords(bytes.subarray(start, start + block.size));
    start += paddedLength(block.size) + TAR_BLOCK;
    block = parseTarBlock(bytes.subarray(start - TAR_BLOCK));
  }
  if (!block) return undefined;
  if (!/^[0-6]$/.test(block.type)) throw invalid(msg`it is of type "${block.type}"`);
  const size = block.type === "0" ? (numberIn(records, "size") ?? block.size) : 0;
  const realSize = numberIn(records, "GNU.sparse.realsize");
  const { extents, mapBytes } =
    realSize === undefined ? { extents: undefined, mapBytes: 0 } : mapIn(bytes, start, realSize);
  if (extents && extents.reduce((sum, length, i) => sum + (i % 2) * length, 0) !== size - mapBytes) {
    throw invalid(msg`its map is of more or less data than it has`);
  }
  const time = records.get("mtime");
  const xattrs = xattrsIn(records);
  const fflags = records.get("SCHILY.fflags");
  const project = numberIn(records, "MONDO.project");
  return {
    path: nameOf(records, block),
    type: block.type as TarHeader["type"],
    mode: block.mode & 0o7777,
    uid: numberIn(records, "uid") ?? block.uid,
    gid: numberIn(records, "gid") ?? block.gid,
    size,
    ...(time === undefined ? { mtimeSec: block.mtimeSec, mtimeNsec: 0 } : timeIn(time)),
    ...(block.type === "1" || block.type === "2" ? { link: records.get("linkpath") ?? block.link } : {}),
    ...(block.type === "3" || block.type === "4" ? { rdev: block.rdev } : {}),
    ...(xattrs ? { xattrs } : {}),
    ...(fflags === undefined ? {} : { fflags }),
    ...(project === undefined ? {} : { project }),
    ...(realSize === undefined ? {} : { realSize }),
    ...(extents ? { extents } : {}),
    contentAt: start + mapBytes,
    contentBytes: size - mapBytes,
    next: start + paddedLength(size),
  };
}
