/**
 * Partition tables in the first 32 KiB of an ISO image that also starts from a stick (isohybrid): an MBR and a GPT, of
 * which one partition is the image itself. Sectors are of 512 bytes.
 */
import { viewOf } from "../../base/bytes.ts";
import { alignUp } from "../../base/units.ts";
import { crc32 } from "../archive/crc32.ts";
import { gptHeader } from "./gpt.ts";

const SECTOR = 512;
const HEADER_BYTES = 92;
/** Fields of a GPT header and an entry. Source: UEFI specification 2.10, 5.3.2 and 5.3.3. */
const HEADER = { crc: 16, own: 24, backup: 32, lastUsable: 48, entries: 72, entriesCrc: 88 } as const;
const ENTRY = { last: 40 } as const;
/** Of an MBR: four entries of 16 bytes. */
const MBR = { entries: [446, 462, 478, 494], endChs: 5, start: 8, sectors: 12 } as const;
/** The geometry of hybrid images: cylinders of 1 MiB. */
const [HEADS, TRACK] = [64, 32];
/** The partition that is the image ends one sector before the last that it could have, or fewer. */
const MOST_GAP = 4;
const MOST_SECTORS = 2 ** 32 - 1;

/** The GPT of an image. */
export interface GptOfIso {
  /** Where its partitions end at the latest; behind it comes the backup. */
  readonly endOffset: number;
  /** From there to the end of the image. */
  readonly backupBytes: number;
}

function headerOf(front: Uint8Array) {
  const header = gptHeader(front.subarray(SECTOR, 2 * SECTOR), 1);
  if (!header) return undefined;
  const { entriesSector, entryCount, entryBytes } = header;
  return { ...header, array: { offset: entriesSector * SECTOR, length: entryCount * entryBytes } };
}

/** The GPT in the start of an image; undefined: it has none. */
export function gptOfIso(front: Uint8Array): GptOfIso | undefined {
  const header = headerOf(front);
  if (!header) return undefined;
  const endOffset = (header.lastUsableSector + 1) * SECTOR;
  return { endOffset, backupBytes: (header.backupSector + 1) * SECTOR - endOffset };
}

/** Cylinder, head and sector of a last sector, or the mark that it lies beyond what they reach. */
function chsOf(last: number): readonly number[] {
  const cylinder = Math.floor(last / (HEADS * TRACK));
  if (cylinder > 1023) return [0xfe, 0xff, 0xff];
  const head = Math.floor(last / TRACK) % HEADS;
  return [head, ((cylinder >> 8) << 6) | ((last % TRACK) + 1), cylinder & 0xff];
}

/** The MBR's partition that is the image. */
function moveMbr(front: Uint8Array, from: number, to: number): void {
  const view = viewOf(front);
  for (const at of MBR.entries) {
    const start = view.getUint32(at + MBR.start, true);
    const sectors = view.getUint32(at + MBR.sectors, true);
    if (sectors === 0 || start + sectors !== from) continue;
    view.setUint32(at + MBR.sectors, Math.min(MOST_SECTORS, to - start), true);
    front.set(chsOf(to - 1), at + MBR.endChs);
  }
}

function setSector(bytes: Uint8Array, at: number, sector: number): void {
  viewOf(bytes).setBigUint64(at, BigInt(sector), true);
}

function seal(header: Uint8Array): void {
  header.fill(0, HEADER.crc, HEADER.crc + 4);
  viewOf(header).setUint32(HEADER.crc, crc32(header.subarray(0, HEADER_BYTES)), true);
}

/**
 * Puts the tables in the start of an image right after its length has changed, there and then. Returns the GPT's
 * backup, which is the end of the image; undefined: it has none. Lengths are multiples of 512.
 */
export function fitTablesOfIso(front: Uint8Array, oldBytes: number, newBytes: number): Uint8Array | undefined {
  const [from, to] = [oldBytes / SECTOR, newBytes / SECTOR];
  moveMbr(front, from, to);
  const before = headerOf(front);
  if (!before) return undefined;
  const { array, entryBytes, lastUsableSector, backupSector } = before;
  const reserved = backupSector - lastUsableSector;
  const lastUsable = to - 1 - reserved;
  const entries = front.subarray(array.offset, array.offset + array.length);
  for (let at = 0; at < array.length; at += entryBytes) {
    const entry = entries.subarray(at, at + entryBytes);
    const gap = lastUsableSector - Number(viewOf(entry).getBigUint64(ENTRY.last, true));
    if (gap >= 0 && gap < MOST_GAP) setSector(entry, ENTRY.last, lastUsable - gap);
  }
  const header = front.subarray(SECTOR, 2 * SECTOR);
  setSector(header, HEADER.backup, to - 1);
  setSector(header, HEADER.lastUsable, lastUsable);
  viewOf(header).setUint32(HEADER.entriesCrc, crc32(entries), true);
  seal(header);
  const backup = new Uint8Array(reserved * SECTOR);
  const arrayBytes = alignUp(array.length, SECTOR);
  const own = backup.subarray(backup.byteLength - SECTOR);
  backup.set(entries, backup.byteLength - SECTOR - arrayBytes);
  own.set(header);
  setSector(own, HEADER.own, to - 1);
  setSector(own, HEADER.backup, 1);
  setSector(own, HEADER.entries, to - 1 - arrayBytes / SECTOR);
  seal(own);
  return backup;
}
