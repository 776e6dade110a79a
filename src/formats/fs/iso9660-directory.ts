import { concatBytes, encodeText, viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { alignUp } from "../../base/units.ts";
import { FLAG, ISO_SECTOR, RECORD, recordsOf } from "./iso9660.ts";

/** A file whose content lies in an image and that gets an entry in a directory. `offset` is that of a sector. */
export interface PlacedFile {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Longest extent: its length has 32 bits, and only the last one of a file may end within a sector. */
const LONGEST_EXTENT = 2 ** 32 - ISO_SECTOR;
/** Longest file identifier, without `;1`. Source: ECMA-119 7.5, with the relaxed length that mkisofs introduced. */
const NAME_LENGTH = 31;
const LONGEST_RECORD = 254;
/** A file that everybody may read and nobody changes. */
const FILE_MODE = 0o100444;
/** TF: times of change, access and attributes, each as in the record. */
const TIMES = { flags: 0x0e, count: 3, dateBytes: 7 } as const;

/** Writes a number of 32 bits in both byte orders (ECMA-119 7.3.3). */
export function putBoth(bytes: Uint8Array, at: number, value: number): void {
  viewOf(bytes).setUint32(at, value, true);
  viewOf(bytes).setUint32(at + 4, value, false);
}

/** What ISO 9660 calls a file: capitals, digits and `_`, one dot. The name that people see is in Rock Ridge. */
function identifierOf(name: string, taken: Set<string>): string {
  const clean = name.toUpperCase().replace(/[^A-Z0-9.]/g, "_");
  const dot = clean.lastIndexOf(".");
  const [base, suffix] = dot < 0 ? [clean, ""] : [clean.slice(0, dot).replaceAll(".", "_"), clean.slice(dot + 1)];
  const end = suffix.slice(0, 8);
  for (let number = 0; ; number++) {
    const mark = number === 0 ? "" : String(number);
    const identifier = `${base.slice(0, NAME_LENGTH - 1 - end.length - mark.length)}${mark}.${end};1`;
    if (taken.has(identifier)) continue;
    taken.add(identifier);
    return identifier;
  }
}

/** An entry of a system use area: signature, length, version 1, content. Source: IEEE P1281 4. */
function useEntry(signature: string, content: Uint8Array): Uint8Array {
  return concatBytes([encodeText(signature), new Uint8Array([content.byteLength + 4, 1]), content]);
}

/** PX, TF and NM of a file. Source: IEEE P1282 4.1.1, 4.1.6, 4.1.4; without the serial numbers of version 1.12. */
function rockRidge(name: string, date: Uint8Array): Uint8Array {
  const attributes = new Uint8Array(32);
  putBoth(attributes, 0, FILE_MODE);
  putBoth(attributes, 8, 1);
  const times = [new Uint8Array([TIMES.flags]), ...Array.from({ length: TIMES.count }, () => date)];
  const called = concatBytes([new Uint8Array(1), encodeText(name)]);
  return concatBytes([useEntry("PX", attributes), useEntry("TF", concatBytes(times)), useEntry("NM", called)]);
}

interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly hasMore: boolean;
}

/** Extents, and so records, of a file. */
export function extentCount(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / LONGEST_EXTENT));
}

/** The extents of a file: one behind the other. */
function extentsOf({ offset, sizeBytes }: PlacedFile): Extent[] {
  const count = extentCount(sizeBytes);
  return Array.from({ length: count }, (_, index) => {
    const before = index * LONGEST_EXTENT;
    const length = Math.min(LONGEST_EXTENT, sizeBytes - before);
    return { offset: offset + before, length, hasMore: index < count - 1 };
  });
}

function recordOf(identifier: string, use: Uint8Array, date: Uint8Array, extent: Extent): Uint8Array {
  const nameEnd = RECORD.name + alignUp(identifier.length + 1, 2) - 1;
  const record = new Uint8Array(alignUp(nameEnd + use.byteLength, 2));
  if (record.byteLength > LONGEST_RECORD) throw new MondoError("bug", msg`the name of ${identifier} is too long`);
  record[0] = record.byteLength;
  putBoth(record, RECORD.extent, extent.offset / ISO_SECTOR);
  putBoth(record, RECORD.size, extent.length);
  record.set(date, RECORD.date);
  record[RECORD.flags] = extent.hasMore ? FLAG.moreExtents : 0;
  viewOf(record).setUint16(RECORD.volume, 1, true);
  viewOf(record).setUint16(RECORD.volume + 2, 1, false);
  record[RECORD.nameLength] = identifier.length;
  record.set(encodeText(identifier), RECORD.name);
  record.set(use, nameEnd);
  return record;
}

/** Records one behind the other, none across the end of a sector. */
function inSectors(records: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const record of records) {
    const gap = (size % ISO_SECTOR) + record.byteLength > ISO_SECTOR ? alignUp(size, ISO_SECTOR) - size : 0;
    parts.push(new Uint8Array(gap), record);
    size += gap + record.byteLength;
  }
  return concatBytes([...parts, new Uint8Array(alignUp(size, ISO_SECTOR) - size)]);
}

/**
 * A directory at `offset` of an image that takes the place of an empty one (`empty`: its content), with the attributes
 * and times of that. Whole sectors. Source: ECMA-119 6.8 and 9.1; level 3 for files of several extents.
 */
export function encodeIsoDirectory(empty: Uint8Array, offset: number, files: readonly PlacedFile[]): Uint8Array {
  const [self, parent] = [...recordsOf(empty)];
  if (!self || !parent) throw new MondoError("bug", msg`a directory of the image has no records of itself`);
  const date = self.slice(RECORD.date, RECORD.date + TIMES.dateBytes);
  const taken = new Set<string>();
  const named = files.map((file) => ({ file, identifier: identifierOf(file.name, taken) }));
  named.sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
  const records = named.flatMap(({ file, identifier }) => {
    const use = rockRidge(file.name, date);
    return extentsOf(file).map((extent) => recordOf(identifier, use, date, extent));
  });
  const directory = inSectors([self, parent, ...records]);
  putBoth(directory, RECORD.extent, offset / ISO_SECTOR);
  putBoth(directory, RECORD.size, directory.byteLength);
  return directory;
}
