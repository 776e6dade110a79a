import { decodeText, viewOf } from "../../base/bytes.ts";

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

/** The label among the first entries of the root directory; undefined when there is none. */
export function exfatLabel(root: Uint8Array): string | undefined {
  for (let at = 0; at + ENTRY_BYTES <= root.byteLength; at += ENTRY_BYTES) {
    if (root[at] === 0) return undefined;
    if (root[at] !== LABEL_ENTRY) continue;
    const length = Math.min(11, root[at + 1] ?? 0) * 2;
    return length === 0 ? undefined : new TextDecoder("utf-16le").decode(root.subarray(at + 2, at + 2 + length));
  }
  return undefined;
}
