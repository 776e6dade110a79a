/**
 * An image that grows: behind what it holds come files of one of its directories, which was empty. Its descriptor, the
 * directory's place in root directory and path tables, and the partition tables of a hybrid image follow.
 */

import { viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { alignUp, KIB, MIB } from "../../base/units.ts";
import { fitTablesOfIso, gptOfIso } from "../storage/isohybrid.ts";
import { FLAG, type ImageReader, ISO_SECTOR, isoNameOf, PVD, RECORD, recordsOf } from "./iso9660.ts";
import { encodeIsoDirectory, extentCount, type PlacedFile, putBoth } from "./iso9660-directory.ts";

/** What is known of an image before it grows. */
export interface IsoFront {
  /** Its start, with all that will change. */
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  /** Where files may follow: what lies behind is padding and the backup of a partition table. */
  readonly endOffset: number;
  /** The record of the empty directory in the root directory, as an offset. */
  readonly recordOffset: number;
  readonly root: IsoRange;
  readonly directory: IsoRange;
}

/** Bytes of an image. */
export interface IsoRange {
  readonly offset: number;
  readonly length: number;
}

/** Bytes that belong to an offset of an image. */
export interface IsoPatch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The end of an image that has grown, and what becomes of its start. */
export interface GrownIso {
  readonly sizeBytes: number;
  /** Its directory, and what comes at its end; what lies between that and the last file is zeros. */
  readonly tail: readonly IsoPatch[];
  /** The image's new start. */
  readonly front: Uint8Array;
  /** What of it is new. The last one makes the files appear: before it, the directory is empty. */
  readonly patches: readonly IsoPatch[];
}

/** Drives read ahead: behind the last file come this many zeros, as mkisofs and xorriso have it (`-pad`). */
const PADDING = 300 * KIB;
/** Partitions of hybrid images end at full cylinders of 64 heads and 32 sectors. */
const CYLINDER = MIB;
/** An image counts its sectors in 32 bits. */
const MOST_BYTES = (2 ** 32 - 1) * ISO_SECTOR;
/** Descriptors, path tables and directories of our images lie in the first sectors; more than this is none of ours. */
const LONGEST_FRONT = MIB;

const unknown = (what: string) => new MondoError("bug", msg`the image that is to grow has ${what}`);

const rangeAt = (bytes: Uint8Array, at: number): IsoRange => ({
  offset: viewOf(bytes).getUint32(at + RECORD.extent, true) * ISO_SECTOR,
  length: viewOf(bytes).getUint32(at + RECORD.size, true),
});

const endOf = ({ offset, length }: IsoRange): number => offset + length;

/** The path tables: places in little-endian and big-endian order. Source: ECMA-119 6.9. */
function pathTables(descriptor: Uint8Array): readonly (IsoRange & { readonly isLittle: boolean })[] {
  const view = viewOf(descriptor);
  const length = view.getUint32(PVD.pathTableBytes, true);
  return [
    { offset: view.getUint32(PVD.pathTableL, true) * ISO_SECTOR, length, isLittle: true },
    { offset: view.getUint32(PVD.pathTableM, false) * ISO_SECTOR, length, isLittle: false },
  ];
}

function directoryRecord(bytes: Uint8Array, root: IsoRange, name: string): number {
  const content = bytes.subarray(root.offset, endOf(root));
  for (const record of recordsOf(content)) {
    const isDirectory = ((record[RECORD.flags] ?? 0) & FLAG.directory) !== 0;
    if (isDirectory && isoNameOf(record) === name) return record.byteOffset - bytes.byteOffset;
  }
  throw unknown(msg`no directory ${name}`);
}

/** Reads what must be known of an image with an empty directory `name` in its root, before it grows. */
export function readIsoFront(read: ImageReader, name: string): IsoFront {
  const descriptor = read(PVD.sector * ISO_SECTOR, ISO_SECTOR);
  const root = rangeAt(descriptor, PVD.rootRecord);
  const length = Math.max(...[...pathTables(descriptor), root].map(endOf));
  if (length > LONGEST_FRONT) throw unknown(msg`its directories behind its files`);
  const draft = read(0, length);
  const recordOffset = directoryRecord(draft, root, name);
  const directory = rangeAt(draft, recordOffset);
  const bytes = read(0, alignUp(Math.max(length, endOf(directory)), ISO_SECTOR));
  if (directory.length !== ISO_SECTOR || bytes.byteLength < endOf(directory)) throw unknown(msg`something in ${name}`);
  const sizeBytes = viewOf(bytes).getUint32(PVD.sector * ISO_SECTOR + PVD.volumeSpace, true) * ISO_SECTOR;
  const endOffset = gptOfIso(bytes)?.endOffset ?? sizeBytes;
  return { bytes, sizeBytes, endOffset: alignUp(endOffset, ISO_SECTOR), recordOffset, root, directory };
}

/** Moves the directory in both path tables. */
function moveInPathTables(front: Uint8Array, from: number, to: number): void {
  for (const { offset, length, isLittle } of pathTables(front.subarray(PVD.sector * ISO_SECTOR))) {
    const table = viewOf(front.subarray(offset, offset + length));
    for (let at = 0; at + 8 <= length; at += 8 + alignUp(table.getUint8(at), 2)) {
      if (table.getUint32(at + 2, isLittle) === from) table.setUint32(at + 2, to, isLittle);
    }
  }
}

/** Sectors that differ, joined where they follow each other, without those of `but`. */
function changes(before: Uint8Array, after: Uint8Array, but: IsoRange): IsoPatch[] {
  const found: { offset: number; length: number }[] = [];
  for (let offset = 0; offset < after.byteLength; offset += ISO_SECTOR) {
    if (offset >= but.offset && offset < endOf(but)) continue;
    const [old, now] = [before, after].map((bytes) => Buffer.from(bytes.subarray(offset, offset + ISO_SECTOR)));
    if (!old || !now || old.equals(now)) continue;
    const last = found.at(-1);
    if (last && endOf(last) === offset) last.length += ISO_SECTOR;
    else found.push({ offset, length: ISO_SECTOR });
  }
  return found.map(({ offset, length }) => ({ offset, bytes: after.subarray(offset, offset + length) }));
}

/**
 * Room that is kept for the directory before the files: what is left of an image that was cut off still has their
 * names. A directory that is longer comes behind them.
 */
export const DIRECTORY_ROOM = 64 * KIB;

/** Bytes that are needed behind the last file, at most, for a directory of files of these lengths. */
export function grownTailBytes({ bytes }: IsoFront, sizes: readonly number[]): number {
  const records = sizes.reduce((sum, sizeBytes) => sum + extentCount(sizeBytes), 0);
  const gpt = gptOfIso(bytes);
  return alignUp(records * 256, ISO_SECTOR) + ISO_SECTOR + PADDING + (gpt ? gpt.backupBytes + CYLINDER : 0);
}

/**
 * What makes an image of one that has grown: its directory with `files`, which lie in it already, and its end. They
 * begin DIRECTORY_ROOM behind where the image ended; `endOffset` is where the last of them ends. Throws `no-space` for
 * an image of more than 8 TiB.
 */
export function growIso(before: IsoFront, files: readonly PlacedFile[], endOffset: number): GrownIso {
  const { bytes, directory, recordOffset, root, sizeBytes: oldBytes } = before;
  const empty = bytes.subarray(directory.offset, endOf(directory));
  const early = encodeIsoDirectory(empty, before.endOffset, files);
  const isEarly = early.byteLength <= DIRECTORY_ROOM;
  const offset = isEarly ? before.endOffset : alignUp(endOffset, ISO_SECTOR);
  const content = isEarly ? early : encodeIsoDirectory(empty, offset, files);
  const gpt = gptOfIso(bytes);
  const padded = alignUp(endOffset, ISO_SECTOR) + (isEarly ? 0 : content.byteLength) + PADDING;
  const sizeBytes = gpt ? alignUp(padded + gpt.backupBytes, CYLINDER) : alignUp(padded, ISO_SECTOR);
  if (sizeBytes > MOST_BYTES) {
    throw new MondoError("no-space", msg`an ISO image takes 8 TiB, and this one would be larger`, {
      hint: msg`Cut the backup into several with -s.`,
    });
  }
  const front = bytes.slice();
  const descriptor = PVD.sector * ISO_SECTOR;
  putBoth(front, descriptor + PVD.volumeSpace, sizeBytes / ISO_SECTOR);
  putBoth(front, recordOffset + RECORD.extent, offset / ISO_SECTOR);
  putBoth(front, recordOffset + RECORD.size, content.byteLength);
  moveInPathTables(front, directory.offset / ISO_SECTOR, offset / ISO_SECTOR);
  const tail: IsoPatch[] = [{ offset, bytes: content }];
  const backup = fitTablesOfIso(front, oldBytes, sizeBytes);
  if (backup) tail.push({ offset: sizeBytes - backup.byteLength, bytes: backup });
  const rootPatch = { offset: root.offset, bytes: front.subarray(root.offset, endOf(root)) };
  return { sizeBytes, tail, front, patches: [...changes(bytes, front, root), rootPatch] };
}
