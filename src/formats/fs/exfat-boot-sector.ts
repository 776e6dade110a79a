import { decodeText, textOfUtf16, utf16OfText, viewOf } from "../../base/bytes.ts";

/** What an exFAT boot sector says. Source: Microsoft, "exFAT file system specification", 3.1. */
export interface ExfatBootSector {
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  readonly sizeBytes: number;
  /** Eight hex digits, upper case, with a hyphen, as blkid writes it. */
  readonly serial: string;
  /** Byte offset of the root directory. */
  readonly rootOffset: number;
}

const LABEL_ENTRY = 0x83;
const ENTRY_BYTES = 32;
const MOST_UNITS = 11;

/** Reads the first sector; undefined when it is no exFAT. */
export function decodeExfatBootSector(bytes: Uint8Array): ExfatBootSector | undefined {
  if (bytes.byteLength < 512 || decodeText(bytes.subarray(3, 11)) !== "EXFAT   ") return undefined;
  const view = viewOf(bytes);
  const [sectorBits, clusterBits] = [view.getUint8(108), view.getUint8(109)];
  if (sectorBits < 9 || sectorBits > 12 || sectorBits + clusterBits > 25) return undefined;
  const sectorBytes = 2 ** sectorBits;
  const clusterBytes = sectorBytes * 2 ** clusterBits;
  const serial = view.getUint32(100, true).toString(16).toUpperCase().padStart(8, "0");
  return {
    sectorBytes,
    clusterBytes,
    sizeBytes: Number(view.getBigUint64(72, true)) * sectorBytes,
    serial: `${serial.slice(0, 4)}-${serial.slice(4)}`,
    rootOffset: view.getUint32(88, true) * sectorBytes + (view.getUint32(96, true) - 2) * clusterBytes,
  };
}

/** Where the entry of the label is among the first entries of the root directory; undefined when there is none. */
export function exfatLabelEntry(root: Uint8Array): number | undefined {
  for (let at = 0; at + ENTRY_BYTES <= root.byteLength; at += ENTRY_BYTES) {
    if (root[at] === 0) return undefined;
    if (root[at] === LABEL_ENTRY) return at;
  }
  return undefined;
}

/** The label among the first entries of the root directory; undefined when there is none. */
export function exfatLabel(root: Uint8Array): string | undefined {
  const at = exfatLabelEntry(root);
  if (at === undefined) return undefined;
  const length = Math.min(MOST_UNITS, root[at + 1] ?? 0) * 2;
  return length === 0 ? undefined : textOfUtf16(root.subarray(at + 2, at + 2 + length));
}

/** The beginning of an entry that holds this label. */
export function exfatLabelBytes(label: string): Uint8Array {
  const text = label.slice(0, MOST_UNITS);
  const bytes = new Uint8Array(2 + 2 * MOST_UNITS);
  bytes.set([LABEL_ENTRY, text.length]);
  bytes.set(utf16OfText(text), 2);
  return bytes;
}
