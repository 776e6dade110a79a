import { decodeText, viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/** Bytes at an offset of an ISO 9660 image; fewer at its end. */
export type ImageReader = (offset: number, length: number) => Uint8Array;

/**
 * A file of an image: where its content lies. Several ranges only where a file of more than 4 GiB was cut into extents.
 */
export interface IsoFile {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly extents: readonly { readonly offset: number; readonly length: number }[];
}

/** Bytes of a sector, in which an image counts. */
export const ISO_SECTOR = 2048;
const SECTOR = ISO_SECTOR;
/** Offsets in the primary volume descriptor. Source: ECMA-119 8.4. */
export const PVD = {
  ...{ sector: 16, id: 1, volumeId: 40, volumeIdEnd: 72, volumeSpace: 80 },
  ...{ pathTableBytes: 132, pathTableL: 140, pathTableM: 148, rootRecord: 156 },
} as const;
/** Offsets in a directory record. Source: ECMA-119 9.1. */
export const RECORD = { extent: 2, size: 10, date: 18, flags: 25, volume: 28, nameLength: 32, name: 33 } as const;
/** Flags of a directory record. */
export const FLAG = { directory: 2, moreExtents: 0x80 } as const;
/** Directories of our images are tiny; more than this is damage. */
const MOST_DIRECTORY_BYTES = 16 << 20;

const broken = (what: string) => new MondoError("damaged", msg`the ISO image is damaged: ${what}`);

/** The Rock Ridge name (IEEE P1282 4.1.4) of a record's system use area, or what ISO 9660 calls it. */
export function isoNameOf(record: Uint8Array): string {
  const length = record[RECORD.nameLength] ?? 0;
  let at = RECORD.name + length + ((length + 1) % 2);
  let name = "";
  while (at + 4 <= record.byteLength) {
    const size = record[at + 2] ?? 0;
    if (size < 4) break;
    if (record[at] === 0x4e && record[at + 1] === 0x4d) name += decodeText(record.subarray(at + 5, at + size));
    at += size;
  }
  return name !== "" ? name : decodeText(record.subarray(RECORD.name, RECORD.name + length)).replace(/;\d+$/, "");
}

/** The records of a directory, the first two of which are itself and the one above it. */
export function* recordsOf(directory: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < directory.byteLength; ) {
    const length = directory[at] ?? 0;
    if (length === 0) {
      at = (Math.floor(at / SECTOR) + 1) * SECTOR;
      continue;
    }
    if (length < RECORD.name + 1 || at + length > directory.byteLength)
      throw broken(msg`a directory record is cut off`);
    yield directory.subarray(at, at + length);
    at += length;
  }
}

const rangeOf = (record: Uint8Array) => ({
  offset: viewOf(record).getUint32(RECORD.extent, true) * SECTOR,
  length: viewOf(record).getUint32(RECORD.size, true),
});

function listRange(read: ImageReader, { offset, length }: { offset: number; length: number }): IsoFile[] {
  if (length > MOST_DIRECTORY_BYTES) throw broken(msg`a directory is larger than any that we write`);
  const bytes = read(offset, length);
  if (bytes.byteLength < length) throw broken(msg`it ends before its directories do`);
  const files: IsoFile[] = [];
  let extents: { offset: number; length: number }[] = [];
  for (const record of recordsOf(bytes)) {
    const first = record[RECORD.name] ?? 0;
    if (record[RECORD.nameLength] === 1 && first <= 1) continue; // "." and ".."
    extents.push(rangeOf(record));
    const flags = record[RECORD.flags] ?? 0;
    if ((flags & FLAG.moreExtents) !== 0) continue;
    files.push({ name: isoNameOf(record), isDirectory: (flags & FLAG.directory) !== 0, extents });
    extents = [];
  }
  return files;
}

/** Bytes that the image says it has, by its primary volume descriptor; `format` when it has none. */
export function isoSizeBytes(read: ImageReader): number {
  return viewOf(descriptorOf(read)).getUint32(PVD.volumeSpace, true) * SECTOR;
}

const volumeIdIn = (descriptor: Uint8Array): string =>
  decodeText(descriptor.subarray(PVD.volumeId, PVD.volumeIdEnd)).trim();

/** The volume id of the primary volume descriptor, without padding; `format` when there is none. */
export function isoVolumeId(read: ImageReader): string {
  return volumeIdIn(descriptorOf(read));
}

/** Where the primary volume descriptor lies. */
export const ISO_DESCRIPTOR = { offset: PVD.sector * SECTOR, length: SECTOR } as const;

/** The volume id in the bytes where a descriptor lies, without padding; `undefined` when they are none. */
export function decodeVolumeId(bytes: Uint8Array): string | undefined {
  return isDescriptor(bytes) ? volumeIdIn(bytes) : undefined;
}

const isDescriptor = (bytes: Uint8Array): boolean =>
  bytes.byteLength >= SECTOR && bytes[0] === 1 && decodeText(bytes.subarray(PVD.id, 6)) === "CD001";

function descriptorOf(read: ImageReader): Uint8Array {
  const descriptor = read(ISO_DESCRIPTOR.offset, ISO_DESCRIPTOR.length);
  if (!isDescriptor(descriptor)) throw new MondoError("format", msg`this is not an ISO 9660 image`);
  return descriptor;
}

/** The files of a directory such as `/mondo`, by their Rock Ridge names. Throws `format`, `damaged` or `not-found`. */
export function listIsoDirectory(read: ImageReader, path: string): IsoFile[] {
  const descriptor = descriptorOf(read);
  let files = listRange(read, rangeOf(descriptor.subarray(PVD.rootRecord, PVD.rootRecord + 34)));
  for (const part of path.split("/").filter((name) => name !== "")) {
    const next = files.find((file) => file.isDirectory && file.name === part);
    const range = next?.extents[0];
    if (!range) throw new MondoError("not-found", msg`the ISO image has no directory ${path}`);
    files = listRange(read, range);
  }
  return files;
}

/** The one range of a file: its extents follow each other in every image that we write. */
export function rangeOfFile(file: IsoFile): { readonly offset: number; readonly length: number } {
  const [first, ...rest] = file.extents;
  if (!first) throw broken(msg`${file.name} has no content`);
  let length = first.length;
  for (const extent of rest) {
    if (extent.offset !== first.offset + length) throw broken(msg`${file.name} is scattered`);
    length += extent.length;
  }
  return { offset: first.offset, length };
}
