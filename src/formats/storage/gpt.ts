import { guidToText, textOfUtf16, viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { crc32 } from "../archive/crc32.ts";

/** One used entry of a GUID partition table. Sectors are logical ones. */
export interface GptEntry {
  readonly number: number;
  readonly typeGuid: string;
  readonly guid: string;
  readonly firstSector: number;
  /** Inclusive. */
  readonly lastSector: number;
  readonly attributes: bigint;
  readonly name: string;
}

/** A GUID partition table. Source: UEFI specification 2.10, chapter 5.3. */
export interface Gpt {
  readonly diskGuid: string;
  readonly entryCount: number;
  readonly firstUsableSector: number;
  readonly lastUsableSector: number;
  /** Where its backup lies: the last sector of the device that it was made for. */
  readonly backupSector: number;
  readonly entries: readonly GptEntry[];
}

const SIGNATURE = "EFI PART";
const ZERO_GUID = "00000000-0000-0000-0000-000000000000";

/** What a header says; undefined when it is none, or its checksum is wrong. `at` is its sector. */
export function gptHeader(sector: Uint8Array, at: number) {
  const view = viewOf(sector);
  const text = String.fromCharCode(...sector.subarray(0, 8));
  const length = sector.byteLength >= 512 ? view.getUint32(12, true) : 0;
  if (text !== SIGNATURE || length < 92 || length > sector.byteLength) return undefined;
  const copy = sector.slice(0, length);
  copy.fill(0, 16, 20);
  if (crc32(copy) !== view.getUint32(16, true) || view.getBigUint64(24, true) !== BigInt(at)) return undefined;
  return {
    backupSector: Math.max(at, Number(view.getBigUint64(32, true))),
    firstUsableSector: Number(view.getBigUint64(40, true)),
    lastUsableSector: Number(view.getBigUint64(48, true)),
    diskGuid: guidToText(sector.subarray(56, 72)),
    entriesSector: Number(view.getBigUint64(72, true)),
    entryCount: view.getUint32(80, true),
    entryBytes: view.getUint32(84, true),
    entriesCrc: view.getUint32(88, true),
  };
}

function decodeEntry(bytes: Uint8Array, number: number): GptEntry | undefined {
  const typeGuid = guidToText(bytes.subarray(0, 16));
  if (typeGuid === ZERO_GUID) return undefined;
  const view = viewOf(bytes);
  const name = textOfUtf16(bytes.subarray(56, 128));
  return {
    number,
    typeGuid,
    guid: guidToText(bytes.subarray(16, 32)),
    firstSector: Number(view.getBigUint64(32, true)),
    lastSector: Number(view.getBigUint64(40, true)),
    attributes: view.getBigUint64(48, true),
    name: name.includes("\0") ? name.slice(0, name.indexOf("\0")) : name,
  };
}

/** The table whose header is at `at` (in sectors): undefined when there is none or its checksums are wrong. */
function tableAt(read: (offset: number, length: number) => Uint8Array, sectorBytes: number, at: number) {
  const head = gptHeader(read(at * sectorBytes, sectorBytes), at);
  if (!head || head.entryBytes < 128 || head.entryBytes > 4096 || head.entryCount > 4096) return undefined;
  const size = head.entryCount * head.entryBytes;
  const array = read(head.entriesSector * sectorBytes, size);
  if (array.byteLength < size || crc32(array) !== head.entriesCrc) return undefined;
  const entries: GptEntry[] = [];
  for (let i = 0; i < head.entryCount; i++) {
    const entry = decodeEntry(array.subarray(i * head.entryBytes, (i + 1) * head.entryBytes), i + 1);
    if (entry) entries.push(entry);
  }
  const { diskGuid, entryCount, firstUsableSector, lastUsableSector, backupSector } = head;
  return { diskGuid, entryCount, firstUsableSector, lastUsableSector, backupSector, entries };
}

/** Reads the table, from its backup at the end when the first one is damaged. `format` when neither is whole. */
export function decodeGpt(
  read: (offset: number, length: number) => Uint8Array,
  sectorBytes: number,
  sizeBytes: number,
): Gpt {
  const last = Math.floor(sizeBytes / sectorBytes) - 1;
  const table = tableAt(read, sectorBytes, 1) ?? (last > 1 ? tableAt(read, sectorBytes, last) : undefined);
  if (!table) {
    throw new MondoError("format", msg`the GUID partition table is damaged, and so is its backup`, {
      hint: msg`Repair it (sgdisk --verify, gdisk) before the backup.`,
    });
  }
  return table;
}

const NAMED_BITS: readonly (readonly [bit: number, name: string])[] = [
  [0, "RequiredPartition"],
  [1, "NoBlockIOProtocol"],
  [2, "LegacyBIOSBootable"],
];

/**
 * Attribute bits as sfdisk writes and reads them: `RequiredPartition LegacyBIOSBootable GUID:62,63`; "" when none is
 * set.
 */
export function gptAttributesText(attributes: bigint): string {
  const words = NAMED_BITS.filter(([bit]) => (attributes >> BigInt(bit)) & 1n).map(([, name]) => name);
  const own: number[] = [];
  for (let bit = 48; bit < 64; bit++) if ((attributes >> BigInt(bit)) & 1n) own.push(bit);
  return [...words, ...(own.length > 0 ? [`GUID:${own.join(",")}`] : [])].join(" ");
}
