import { encodeText, viewOf } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { alignUp } from "../../base/units.ts";

/**
 * A whole FAT16 file system with a few files, for the EFI boot image of a medium. Made here because mtools needs the C
 * library's code-page tables, which small systems lack; and so that the same input gives the same bytes. Source:
 * Microsoft FAT specification (fatgen103), sections "Boot Sector and BPB" and "FAT Directory Structure".
 */
export interface FatImageOptions {
  /** At most 11 characters. */
  readonly label: string;
  /** Volume serial number, 32 bits. */
  readonly serial: number;
}

const SECTOR = 512;
const CLUSTER = 1024;
const ROOT_ENTRIES = 512;
const ENTRY = 32;
/** Between these numbers of clusters a FAT is a FAT16, whatever else it says. */
const FEWEST_CLUSTERS = 4085 + 16;
const MOST_CLUSTERS = 65524;
const FIXED_DISK = 0xf8;
const END_OF_CHAIN = 0xffff;
/** 1980-01-01, the first day that FAT knows. */
const FIRST_DAY = 0x0021;
const Attribute = { label: 0x08, directory: 0x10, archive: 0x20 } as const;

interface Directory {
  readonly kind: "directory";
  readonly children: Map<string, Node>;
}
interface File {
  readonly kind: "file";
  readonly content: Uint8Array;
}
type Node = Directory | File;

/** `grubx64.efi` → `GRUBX64 EFI`. */
function shortName(name: string): string {
  const match = /^([A-Za-z0-9_~-]{1,8})(?:\.([A-Za-z0-9_~-]{1,3}))?$/.exec(name);
  if (!match) throw new MondoError("bug", msg`${name} is not a name of eight characters and three`);
  return `${(match[1] ?? "").padEnd(8)}${(match[2] ?? "").padEnd(3)}`.toUpperCase();
}

function treeOf(files: ReadonlyMap<string, Uint8Array>): Directory {
  const root: Directory = { kind: "directory", children: new Map() };
  for (const [path, content] of files) {
    const parts = path.split("/").map(shortName);
    let at = root;
    for (const part of parts.slice(0, -1)) {
      const next = at.children.get(part) ?? { kind: "directory", children: new Map() };
      if (next.kind !== "directory") throw new MondoError("bug", msg`${path}: a file is in the way`);
      at.children.set(part, next);
      at = next;
    }
    at.children.set(parts.at(-1) ?? "", { kind: "file", content });
  }
  return root;
}

const sizeOf = (node: Node): number =>
  node.kind === "file" ? node.content.byteLength : (node.children.size + 2) * ENTRY;
const clustersOf = (node: Node): number => Math.ceil(sizeOf(node) / CLUSTER);

function totalClusters(directory: Directory): number {
  let sum = 0;
  for (const child of directory.children.values()) {
    sum += clustersOf(child) + (child.kind === "directory" ? totalClusters(child) : 0);
  }
  return sum;
}

function entry(name: string, attributes: number, cluster: number, size: number): Uint8Array {
  const bytes = new Uint8Array(ENTRY);
  bytes.set(encodeText(name));
  const view = viewOf(bytes);
  bytes[11] = attributes;
  for (const at of [16, 18, 24]) view.setUint16(at, FIRST_DAY, true);
  view.setUint16(26, cluster, true);
  view.setUint32(28, size, true);
  return bytes;
}

/** The image under construction: FAT entries and data are filled from the front. */
class FatWriter {
  readonly fat: Uint16Array;
  readonly data: Uint8Array;
  #next = 2;

  constructor(clusters: number) {
    this.fat = new Uint16Array(clusters + 2);
    this.fat[0] = 0xff00 | FIXED_DISK;
    this.fat[1] = END_OF_CHAIN;
    this.data = new Uint8Array(clusters * CLUSTER);
  }

  /** Takes a chain of clusters, in a row; 0 for nothing. */
  #take(count: number): number {
    const first = this.#next;
    for (let i = 0; i < count; i += 1) this.fat[first + i] = i === count - 1 ? END_OF_CHAIN : first + i + 1;
    this.#next += count;
    return count === 0 ? 0 : first;
  }

  /** Entries of a directory, with everything below it written. */
  entries(directory: Directory, own: number): Uint8Array[] {
    return [...directory.children].map(([name, node]) => {
      const cluster = this.#take(clustersOf(node));
      const at = (cluster - 2) * CLUSTER;
      if (node.kind === "file") {
        if (cluster > 0) this.data.set(node.content, at);
        return entry(name, Attribute.archive, cluster, node.content.byteLength);
      }
      const dots = [
        entry(".".padEnd(11), Attribute.directory, cluster, 0),
        entry("..".padEnd(11), Attribute.directory, own, 0),
      ];
      [...dots, ...this.entries(node, cluster)].forEach((bytes, index) => {
        this.data.set(bytes, at + index * ENTRY);
      });
      return entry(name, Attribute.directory, cluster, 0);
    });
  }
}

function bootSector(sectors: number, fatSectors: number, options: FatImageOptions): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  const view = viewOf(bytes);
  bytes.set([0xeb, 0x3c, 0x90]);
  bytes.set(encodeText("MSWIN4.1"), 3);
  view.setUint16(11, SECTOR, true);
  bytes[13] = CLUSTER / SECTOR;
  view.setUint16(14, 1, true); // reserved: this sector
  bytes[16] = 2; // copies of the FAT
  view.setUint16(17, ROOT_ENTRIES, true);
  if (sectors < 0x10000) view.setUint16(19, sectors, true);
  else view.setUint32(32, sectors, true);
  bytes[21] = FIXED_DISK;
  view.setUint16(22, fatSectors, true);
  view.setUint16(24, 32, true); // sectors a track, heads: for BIOSes that ask
  view.setUint16(26, 64, true);
  bytes[36] = 0x80;
  bytes[38] = 0x29; // the three fields that follow are there
  view.setUint32(39, options.serial >>> 0, true);
  bytes.set(encodeText(options.label.slice(0, 11).padEnd(11)), 43);
  bytes.set(encodeText("FAT16   "), 54);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

/** The bytes of a FAT16 file system that holds the files, by path (`EFI/BOOT/BOOTX64.EFI`), with nothing to spare. */
export function encodeFatImage(files: ReadonlyMap<string, Uint8Array>, options: FatImageOptions): Uint8Array {
  const root = treeOf(files);
  const clusters = Math.max(FEWEST_CLUSTERS, totalClusters(root));
  if (clusters > MOST_CLUSTERS) throw new MondoError("bug", msg`the files are too large for a FAT16 image`);
  if (root.children.size + 1 > ROOT_ENTRIES)
    throw new MondoError("bug", msg`too many files at the top of a FAT16 image`);
  const writer = new FatWriter(clusters);
  const top = [entry(options.label.slice(0, 11).padEnd(11), Attribute.label, 0, 0), ...writer.entries(root, 0)];
  const fatBytes = alignUp(writer.fat.byteLength, SECTOR);
  const rootAt = SECTOR + 2 * fatBytes;
  const dataAt = rootAt + ROOT_ENTRIES * ENTRY;
  const image = new Uint8Array(dataAt + writer.data.byteLength);
  image.set(bootSector(image.byteLength / SECTOR, fatBytes / SECTOR, options));
  const fat = new Uint8Array(writer.fat.buffer);
  for (const copy of [0, 1]) image.set(fat, SECTOR + copy * fatBytes);
  top.forEach((bytes, index) => {
    image.set(bytes, rootAt + index * ENTRY);
  });
  image.set(writer.data, dataAt);
  return image;
}
