/**
 * Pieces of a stream: members of a tar archive that carry a part of a file of a set. Source: FORMAT.md, Streams and
 * tapes.
 */

import { type ByteString, byteStringToBytes } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { KIB, MIB } from "../../base/units.ts";
import { commentLength, encodeTarHeader, paddedLength, parsePaxRecords, parseTarBlock, TAR_BLOCK } from "./pax.ts";

/** What a piece says of itself. */
export interface PieceHead {
  /** UUID of the set, lower-case. */
  readonly set: string;
  /** Counts the pieces of a set, from 0. */
  readonly number: number;
  /** The file of the set that it is a part of. */
  readonly file: string;
  /** Where in that file it belongs. */
  readonly offset: number;
  readonly bytes: number;
  /** Whether the file ends with it. */
  readonly isLast: boolean;
}

/** A piece that was read, and where it ends in the bytes that it was read from. */
export interface Piece extends PieceHead {
  /** A view of those bytes. */
  readonly content: Uint8Array;
  readonly end: number;
}

/** Records of the extended header of a full piece. */
const COMMENT_BYTES = KIB;
/** Both tar headers of a full piece, and those records. */
export const PIECE_HEAD_BYTES = 2 * TAR_BLOCK + COMMENT_BYTES;
/** A piece is this long at most, unless the blocks that it is written in are longer. */
const PIECE_BYTES = MIB;
/** The longest block, and the longest piece that a reader takes. */
export const MOST_BLOCK_BYTES = 4 * MIB;

const MAGIC = "mondo-piece 1";
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,80}$/;
const HEAD =
  /^mondo-piece 1 set=([0-9a-f-]{36}) number=(\d{1,12}) file=(\S{1,80}) offset=(\d{1,16}) bytes=(\d{1,8}) last=([01])$/;

/** Length of a full piece in a stream of blocks of this length, a multiple of 512. */
export const pieceBytes = (blockBytes: number): number => Math.ceil(PIECE_BYTES / blockBytes) * blockBytes;

/** Content of a full piece. */
export const pieceContentBytes = (blockBytes: number): number => pieceBytes(blockBytes) - PIECE_HEAD_BYTES;

/** Whether a file of that name can be in a stream. */
export const isStreamable = (file: string): boolean => NAME.test(file);

const textOf = ({ set, number, file, offset, bytes, isLast }: PieceHead) =>
  `${MAGIC} set=${set} number=${number} file=${file} offset=${offset} bytes=${bytes} last=${isLast ? 1 : 0}`;

/** Of the head and the content: a flipped bit in either is noticed. */
const digestOf = (text: string, content: Uint8Array): string =>
  new Bun.CryptoHasher("sha256").update(text).update(content).digest("hex");

/** What tar calls it: `mondo/volume-0001.tar.zst.000003`, a file that is whole by its own name. */
function memberName({ file, offset, isLast }: PieceHead, full: number): string {
  if (offset === 0 && isLast) return `mondo/${file}`;
  return `mondo/${file}.${String(Math.floor(offset / full) + 1).padStart(6, "0")}`;
}

/** A piece as it is written: whole blocks. `mtimeSec`: what tar shows. */
export function encodePiece(head: PieceHead, content: Uint8Array, blockBytes: number, mtimeSec: number): Uint8Array {
  if (!isStreamable(head.file)) throw new MondoError("bug", msg`a stream has no file of the name ${head.file}`);
  const padded = paddedLength(content.byteLength);
  const bytes = Math.ceil((PIECE_HEAD_BYTES + padded) / blockBytes) * blockBytes;
  const text = textOf(head);
  const comment = `${text} sha256=${digestOf(text, content)}`.padEnd(commentLength(bytes - padded - 2 * TAR_BLOCK));
  const out = new Uint8Array(bytes);
  const at = encodeTarHeader(out, 0, {
    path: memberName(head, pieceContentBytes(blockBytes)) as ByteString,
    ...{ type: "0", mode: 0o600, uid: 0, gid: 0, size: content.byteLength, mtimeSec, mtimeNsec: 0, comment },
  });
  out.set(content, at);
  return out;
}

/** The head that an extended header holds, with its digest; undefined: it is another archive's. */
function headIn(records: Uint8Array): (PieceHead & { readonly sha256: string; readonly text: string }) | undefined {
  const comment = parsePaxRecords(records).get("comment")?.trimEnd() ?? "";
  const [, text = "", sha256 = ""] = /^(.*) sha256=([0-9a-f]{64})$/.exec(comment) ?? [];
  const [, set = "", number, file = "", offset, bytes, last] = HEAD.exec(text) ?? [];
  if (set === "" || !NAME.test(file)) return undefined;
  const [at, length] = [Number(offset), Number(bytes)];
  if (!Number.isSafeInteger(at + length)) return undefined;
  return { set, number: Number(number), file, offset: at, bytes: length, isLast: last === "1", sha256, text };
}

/**
 * The piece that starts at `at`: undefined where there is none that is whole and as it was written; `more`: how many
 * bytes it takes when they have not all been read.
 */
export function decodePiece(bytes: Uint8Array, at: number): Piece | { readonly more: number } | undefined {
  const left = bytes.byteLength - at;
  if (left < TAR_BLOCK) return { more: TAR_BLOCK };
  try {
    const first = parseTarBlock(bytes.subarray(at));
    if (first?.type !== "x" || first.size > MOST_BLOCK_BYTES) return undefined;
    const recordsAt = at + TAR_BLOCK;
    const contentAt = recordsAt + paddedLength(first.size) + TAR_BLOCK;
    if (bytes.byteLength < contentAt) return { more: contentAt - at };
    const head = headIn(bytes.subarray(recordsAt, recordsAt + first.size));
    const second = parseTarBlock(bytes.subarray(contentAt - TAR_BLOCK));
    if (!head || second?.size !== head.bytes || head.bytes > MOST_BLOCK_BYTES) return undefined;
    const end = contentAt + paddedLength(head.bytes);
    if (bytes.byteLength < end) return { more: end - at };
    const { sha256, text, ...piece } = head;
    const content = bytes.subarray(contentAt, contentAt + head.bytes);
    return digestOf(text, content) === sha256 ? { ...piece, content, end } : undefined;
  } catch (error) {
    if (error instanceof MondoError && error.code === "format") return undefined;
    throw error;
  }
}

/** Whether a stream starts with these bytes. */
export function startsStream(bytes: Uint8Array): boolean {
  const text = byteStringToBytes(MAGIC as ByteString);
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 2 * TAR_BLOCK));
  return start.indexOf(Buffer.from(text), TAR_BLOCK) >= 0 && start[156] === 0x78;
}
