import { utf16OfText, viewOf } from "../../base/bytes.ts";
import { crc32 } from "../archive/crc32.ts";
import { gptHeader } from "./gpt.ts";

/** Where the name is in an entry, and its bytes. */
const NAME_OFFSET = 56;
const NAME_BYTES = 72;

/** Bytes that go to an offset. */
export interface GptWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

type Reader = (offset: number, length: number) => Uint8Array;

function named(array: Uint8Array, entryBytes: number, names: ReadonlyMap<number, string>): Uint8Array {
  const copy = array.slice();
  for (const [number, name] of names) {
    const at = (number - 1) * entryBytes + NAME_OFFSET;
    copy.fill(0, at, at + NAME_BYTES);
    copy.set(utf16OfText(name).subarray(0, NAME_BYTES), at);
  }
  return copy;
}

/** A header with the checksum of its entries, and its own. */
function sealed(sector: Uint8Array, array: Uint8Array): Uint8Array {
  const copy = sector.slice();
  const view = viewOf(copy);
  view.setUint32(88, crc32(array), true);
  view.setUint32(16, 0, true);
  view.setUint32(16, crc32(copy.subarray(0, view.getUint32(12, true))), true);
  return copy;
}

function writesAt(read: Reader, sectorBytes: number, at: number, names: ReadonlyMap<number, string>): GptWrite[] {
  const sector = read(at * sectorBytes, sectorBytes);
  const head = gptHeader(sector, at);
  if (!head) return [];
  const offset = head.entriesSector * sectorBytes;
  const array = named(read(offset, head.entryCount * head.entryBytes), head.entryBytes, names);
  return [
    { offset, bytes: array },
    { offset: at * sectorBytes, bytes: sealed(sector, array) },
  ];
}

/**
 * What gives partitions of a GUID partition table other names, by number, in the table and its backup; nothing where
 * there is no whole table. Names are UTF-16, halves of pairs included, and at most 36 units.
 */
export function gptNameWrites(read: Reader, sectorBytes: number, names: ReadonlyMap<number, string>): GptWrite[] {
  const head = gptHeader(read(sectorBytes, sectorBytes), 1);
  if (!head) return [];
  return [1, head.backupSector].flatMap((at) => writesAt(read, sectorBytes, at, names));
}
