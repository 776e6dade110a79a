import { bytesOfText, textOfBytes, viewOf } from "../../base/bytes.ts";

/** What the boot sector of a FAT file system says. Source: Microsoft FAT specification 1.03. */
export interface FatBootSector {
  readonly width: 12 | 16 | 32;
  readonly sectorBytes: number;
  readonly sectorsPerCluster: number;
  readonly reservedSectors: number;
  readonly fats: number;
  readonly rootEntries: number;
  readonly sectors: number;
  readonly media: number;
  readonly sectorsPerTrack: number;
  readonly heads: number;
  readonly hiddenSectors: number;
  /** Eight upper-case hex digits. */
  readonly volumeId: string;
  /** Where the boot sector and its backup hold the label. */
  readonly labelOffsets: readonly number[];
  /** Label field of the boot sector; "" when it is `NO NAME`. The root directory's label is the one that counts. */
  readonly label: string;
  /** Where the root directory begins, in bytes. */
  readonly rootOffset: number;
}

const FAT_LABEL_BYTES = 11;
const powerOfTwo = (value: number) => value > 0 && (value & (value - 1)) === 0;

function cleanLabel(bytes: Uint8Array): string {
  const text = textOfBytes(bytes).trimEnd();
  return text === "NO NAME" ? "" : text;
}

/** Of a field of the boot sector, the same in its copy; 0 and 0xffff stand for none. */
const backupsOf = (sector: number, sectorBytes: number, offset: number) =>
  sector === 0 || sector === 0xffff ? [] : [sector * sectorBytes + offset];

/** Reads sector 0; undefined when it is no FAT boot sector (NTFS and exFAT leave the fields at zero). */
export function decodeFatBootSector(bytes: Uint8Array): FatBootSector | undefined {
  if (bytes.byteLength < 512 || bytes[510] !== 0x55 || bytes[511] !== 0xaa) return undefined;
  const view = viewOf(bytes);
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  const [sectorBytes, sectorsPerCluster, reservedSectors] = [u16(11), view.getUint8(13), u16(14)];
  const [fats, rootEntries, media] = [view.getUint8(16), u16(17), view.getUint8(21)];
  if (![512, 1024, 2048, 4096].includes(sectorBytes) || !powerOfTwo(sectorsPerCluster)) return undefined;
  if (reservedSectors === 0 || fats === 0 || fats > 4 || (media !== 0xf0 && media < 0xf8)) return undefined;
  const fatSectors = u16(22) || u32(36);
  const sectors = u16(19) || u32(32);
  const rootSectors = Math.ceil((rootEntries * 32) / sectorBytes);
  const dataStart = reservedSectors + fats * fatSectors + rootSectors;
  const clusters = Math.floor((sectors - dataStart) / sectorsPerCluster);
  if (fatSectors === 0 || clusters <= 0) return undefined;
  // The specification counts clusters; the kernel and mkfs.fat take "no 16-bit FAT length" for FAT32. They agree but
  // for odd images.
  const width = u16(22) === 0 ? 32 : clusters < 4085 ? 12 : 16;
  const tail = width === 32 ? 64 : 36;
  const rootSector = width === 32 ? dataStart + (u32(44) - 2) * sectorsPerCluster : reservedSectors + fats * fatSectors;
  const labelled = view.getUint8(tail + 2) === 0x29;
  return {
    width,
    sectorBytes,
    sectorsPerCluster,
    reservedSectors,
    fats,
    rootEntries,
    sectors,
    media,
    sectorsPerTrack: u16(24),
    heads: u16(26),
    hiddenSectors: u32(28),
    volumeId:
      labelled || view.getUint8(tail + 2) === 0x28
        ? u32(tail + 3)
            .toString(16)
            .toUpperCase()
            .padStart(8, "0")
        : "00000000",
    labelOffsets: labelled ? [tail + 7, ...(width === 32 ? backupsOf(u16(50), sectorBytes, tail + 7) : [])] : [],
    label: labelled ? cleanLabel(bytes.subarray(tail + 7, tail + 18)) : "",
    rootOffset: rootSector * sectorBytes,
  };
}

/** Where the entry with the volume label is in (the first part of) a root directory; undefined when there is none. */
export function fatLabelEntry(directory: Uint8Array): number | undefined {
  for (let at = 0; at + 32 <= directory.byteLength; at += 32) {
    const first = directory[at];
    if (first === 0) return undefined;
    const attributes = directory[at + 11] ?? 0;
    if (first !== 0xe5 && (attributes & 0x3f) !== 0x0f && (attributes & 0x18) === 0x08) return at;
  }
  return undefined;
}

/** The volume label in (the first part of) a root directory; undefined when there is none. */
export function fatRootLabel(directory: Uint8Array): string | undefined {
  const at = fatLabelEntry(directory);
  return at === undefined ? undefined : cleanLabel(directory.subarray(at, at + FAT_LABEL_BYTES));
}

/** A label as FAT stores it: bytes of a code page, filled up with blanks. */
export function fatLabelBytes(label: string): Uint8Array {
  const bytes = new Uint8Array(FAT_LABEL_BYTES).fill(0x20);
  bytes.set(bytesOfText(label).subarray(0, FAT_LABEL_BYTES));
  return bytes;
}
