import { decodeText, viewOf } from "../../base/bytes.ts";

/**
 * What the label and the metadata area of an LVM2 physical volume say. Source: lvm2 lib/format_text/layout.h,
 * lib/label/label.h.
 */
export interface LvmPhysicalVolume {
  /** As LVM writes it: groups of 6, 4, 4, 4, 4, 4, 6 characters. */
  readonly uuid: string;
  readonly sizeBytes: number;
  /** Metadata areas on it: 1 as a rule, 2 or 0 by choice. */
  readonly metadataAreas: number;
  /** LVM is told not to use any of these areas. */
  readonly ignored?: true;
  /** It says that no group has taken it; LVM before 2.02.145 says nothing about it. */
  readonly unused?: true;
  /** The text that describes its volume group. Default: it has none that can be read. */
  readonly metadata?: string;
}

type Reader = (offset: number, length: number) => Uint8Array;

const SECTOR = 512;
const LABEL_SECTORS = 4;
const AREA_MAGIC = "\x20\x4c\x56\x4d\x32\x20\x78\x5b\x35\x41\x25\x72\x30\x4e\x2a\x3e";
/** LVM's own limit is the area's size; a group of a thousand volumes needs less than this. */
const MOST_TEXT_BYTES = 16 * 1024 * 1024;
const RAW_LOCATION_IGNORED = 1;

/** `abcdef…` of 32 characters with LVM's hyphens. */
export function lvmUuid(text: string): string {
  return text.replace(/^(.{6})(.{4})(.{4})(.{4})(.{4})(.{4})(.{6})$/, "$1-$2-$3-$4-$5-$6-$7");
}

/** Pairs of offset and size up to the pair of zeros that ends a list; and where the next list begins. */
function locations(view: DataView, from: number): [list: [number, number][], next: number] {
  const list: [number, number][] = [];
  for (let at = from; at + 16 <= view.byteLength; at += 16) {
    const offset = Number(view.getBigUint64(at, true));
    if (offset === 0) return [list, at + 16];
    list.push([offset, Number(view.getBigUint64(at + 8, true))]);
  }
  return [list, view.byteLength];
}

/** What follows the lists of areas. Source: struct pv_header_extension. */
const USED = 1;

function isUnused(view: DataView, at: number): boolean {
  if (at + 8 > view.byteLength || view.getUint32(at, true) < 2) return false;
  return (view.getUint32(at + 4, true) & USED) === 0;
}

const isIgnored = (read: Reader, area: number) => ((read(area, SECTOR)[60] ?? 0) & RAW_LOCATION_IGNORED) !== 0;

/** The text in one metadata area, which is a ring behind its head of one sector. */
function metadataIn(read: Reader, area: number): string | undefined {
  const head = read(area, SECTOR);
  if (head.byteLength < SECTOR || String.fromCharCode(...head.subarray(4, 20)) !== AREA_MAGIC) return undefined;
  const view = viewOf(head);
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const [start, size, offset, length] = [u64(24), u64(32), u64(40), u64(48)];
  const ignored = (view.getUint32(60, true) & RAW_LOCATION_IGNORED) !== 0;
  if (ignored || start !== area || offset < SECTOR || offset >= size || length === 0) return undefined;
  if (length > MOST_TEXT_BYTES || length > size - SECTOR) return undefined;
  const first = Math.min(length, size - offset);
  const bytes = [read(area + offset, first), length > first ? read(area + SECTOR, length - first) : new Uint8Array(0)];
  const text = bytes.map(decodeText).join("");
  return text.replace(/\0+$/, "");
}

/** Looks for a label in the first four sectors; undefined when there is none. */
export function decodeLvmPhysicalVolume(read: Reader): LvmPhysicalVolume | undefined {
  for (let sector = 0; sector < LABEL_SECTORS; sector++) {
    const label = read(sector * SECTOR, SECTOR);
    if (label.byteLength < SECTOR) return undefined;
    const text = String.fromCharCode(...label);
    if (!text.startsWith("LABELONE") || text.slice(24, 32) !== "LVM2 001") continue;
    const view = viewOf(label);
    const at = view.getUint32(20, true);
    if (Number(view.getBigUint64(8, true)) !== sector || at < 32 || at > SECTOR - 72) return undefined;
    const [, areasAt] = locations(view, at + 40);
    const [areas, extensionAt] = locations(view, areasAt);
    const metadata = areas.map(([offset]) => metadataIn(read, offset)).find((found) => found !== undefined);
    return {
      uuid: lvmUuid(text.slice(at, at + 32)),
      sizeBytes: Number(view.getBigUint64(at + 32, true)),
      metadataAreas: areas.length,
      ...(areas.length > 0 && areas.every(([offset]) => isIgnored(read, offset)) ? { ignored: true } : {}),
      ...(isUnused(view, extensionAt) && metadata === undefined ? { unused: true } : {}),
      ...(metadata === undefined ? {} : { metadata }),
    };
  }
  return undefined;
}
