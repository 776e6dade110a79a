import { decodeText, toHex, viewOf } from "../../base/bytes.ts";

type Reader = (offset: number, length: number) => Uint8Array;

/** What an NTFS boot sector says. Sizes and offsets are bytes. */
export interface NtfsBootSector {
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  readonly sectors: number;
  readonly clusters: number;
  readonly tableOffset: number;
  readonly recordBytes: number;
  /** 16 hex digits, upper case, as blkid writes it. */
  readonly serial: string;
}

/** A stretch of clusters: of the volume from `first` on, or of zeros. */
interface Run {
  readonly first: number | undefined;
  readonly clusters: number;
}

const DATA = 0x80;
const VOLUME_INFORMATION = 0x70;
const [TABLE, LOG, VOLUME, BITMAP] = [0, 2, 3, 6];
const DIRTY = 1;
const CLEAN = 2;
const NOBODY = 0xffff;
const PAGE_BYTES = 4096;

/** A power of two: as it is, or as its exponent with a minus before it. */
const scaled = (value: number, unit: number) => (value > 0x80 ? 2 ** (256 - value) : value * unit);

/** Reads the first sector; undefined when it is none of NTFS. Source: linux fs/ntfs3/ntfs.h, struct NTFS_BOOT. */
export function decodeNtfsBootSector(bytes: Uint8Array): NtfsBootSector | undefined {
  if (bytes.byteLength < 512 || decodeText(bytes.subarray(3, 11)) !== "NTFS    ") return undefined;
  const view = viewOf(bytes);
  const sectorBytes = view.getUint16(11, true);
  const clusterBytes = sectorBytes * scaled(view.getUint8(13), 1);
  const recordBytes = scaled(view.getUint8(64), clusterBytes);
  const sectors = Number(view.getBigUint64(40, true));
  const isPower = (value: number) => Number.isInteger(Math.log2(value));
  if (![sectorBytes, clusterBytes, recordBytes].every((size) => size >= 256 && size <= 2 ** 21 && isPower(size)))
    return undefined;
  return {
    ...{ sectorBytes, clusterBytes, recordBytes, sectors },
    clusters: Math.floor((sectors * sectorBytes) / clusterBytes),
    tableOffset: Number(view.getBigUint64(48, true)) * clusterBytes,
    serial: toHex(bytes.slice(72, 80).reverse()).toUpperCase(),
  };
}

/** Undoes what protects a record against torn writes; undefined when one was torn, or it is no record. */
function mended(bytes: Uint8Array, magic: string): Uint8Array | undefined {
  const view = viewOf(bytes);
  if (bytes.byteLength < 48 || decodeText(bytes.subarray(0, 4)) !== magic) return undefined;
  const [at, count] = [view.getUint16(4, true), view.getUint16(6, true)];
  if (at + count * 2 > bytes.byteLength || (count - 1) * 512 > bytes.byteLength) return undefined;
  const number = view.getUint16(at, true);
  for (let sector = 1; sector < count; sector++) {
    const tail = sector * 512 - 2;
    if (view.getUint16(tail, true) !== number) return undefined;
    view.setUint16(tail, view.getUint16(at + sector * 2, true), true);
  }
  return bytes;
}

/** The attribute of that type without a name, from its head on; undefined when the record has none. */
function attributeOf(record: Uint8Array, type: number): Uint8Array | undefined {
  const view = viewOf(record);
  for (let at = view.getUint16(20, true); at + 24 <= record.byteLength; ) {
    const [found, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    if (found === 0xffffffff || length < 24 || at + length > record.byteLength) return undefined;
    if (found === type && view.getUint8(at + 9) === 0) return record.subarray(at, at + length);
    at += length;
  }
  return undefined;
}

/** Little-endian, with a sign. */
function signed(bytes: Uint8Array): number {
  const value = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return (bytes.at(-1) ?? 0) > 127 ? value - 256 ** bytes.byteLength : value;
}

/**
 * Where the content of an attribute lies; undefined when that is not all in this one. Source: Linux-NTFS documentation,
 * "data runs".
 */
function runsOf(attribute: Uint8Array | undefined): Run[] | undefined {
  if (!attribute || attribute.byteLength < 64 || attribute[8] === 0) return undefined;
  const view = viewOf(attribute);
  const wanted = Number(view.getBigUint64(24, true)) + 1;
  const runs: Run[] = [];
  let [at, place, sum] = [view.getUint16(32, true), 0, 0];
  while (at < attribute.byteLength && attribute[at]) {
    const head = attribute[at] ?? 0;
    const [lengthBytes, placeBytes] = [head & 15, head >> 4];
    const clusters = signed(attribute.subarray(at + 1, at + 1 + lengthBytes));
    at += 1 + lengthBytes + placeBytes;
    if (clusters <= 0) return undefined;
    place += signed(attribute.subarray(at - placeBytes, at));
    runs.push({ first: placeBytes === 0 ? undefined : place, clusters });
    sum += clusters;
  }
  return viewOf(attribute).getBigUint64(16, true) === 0n && sum === wanted ? runs : undefined;
}

/** The metadata files of a volume, as far as they tell which clusters are in use. */
class NtfsVolume {
  readonly #read: Reader;
  readonly #boot: NtfsBootSector;

  constructor(read: Reader, boot: NtfsBootSector) {
    this.#read = read;
    this.#boot = boot;
  }

  record(number: number): Uint8Array | undefined {
    const { tableOffset, recordBytes } = this.#boot;
    // The first records lie together at the start of the table, whatever became of the rest.
    return mended(this.#read(tableOffset + number * recordBytes, recordBytes).slice(), "FILE");
  }

  runs(number: number): Run[] | undefined {
    const record = this.record(number);
    return record && runsOf(attributeOf(record, DATA));
  }

  /** Neither marked as dirty, nor changes in its journal that are still to be made. */
  isClean(): boolean {
    const volume = this.record(VOLUME);
    const information = volume && attributeOf(volume, VOLUME_INFORMATION);
    const at = information ? viewOf(information).getUint16(20, true) : 0;
    if (!information || at + 12 > information.byteLength) return false;
    const [log] = this.runs(LOG) ?? [];
    if ((viewOf(information).getUint16(at + 10, true) & DIRTY) !== 0 || log?.first === undefined) return false;
    const start = log.first * this.#boot.clusterBytes;
    const pages = [start, start + PAGE_BYTES].map((offset) => this.#read(offset, PAGE_BYTES));
    return pages.every((page) => page.every((byte) => byte === 0xff)) || pages.every(isCleanPage);
  }

  /** The map of clusters, a bit each, in pieces. */
  *bitmap(): Generator<Uint8Array> {
    const { clusterBytes } = this.#boot;
    for (const { first, clusters } of this.runs(BITMAP) ?? []) {
      for (let done = 0; done < clusters; ) {
        const count = Math.min(clusters - done, Math.max(1, Math.floor(2 ** 20 / clusterBytes)));
        const length = count * clusterBytes;
        yield first === undefined ? new Uint8Array(length) : this.#read((first + done) * clusterBytes, length);
        done += count;
      }
    }
  }
}

/** One of the two heads of the journal. Source: linux fs/ntfs3/fslog.c, struct RESTART_HDR and RESTART_AREA. */
function isCleanPage(page: Uint8Array): boolean {
  if (page.byteLength < PAGE_BYTES || decodeText(page.subarray(0, 4)) !== "RSTR") return false;
  const view = viewOf(page);
  const [area, major] = [view.getUint16(24, true), view.getUint16(28, true)];
  if (area + 16 > PAGE_BYTES || major !== 1) return false;
  return view.getUint16(area + 12, true) === NOBODY || (view.getUint16(area + 14, true) & CLEAN) !== 0;
}

/**
 * Stretches of clusters in use ([first, number, …]) of a volume that was left clean; undefined when its own map can't
 * be relied on: it is dirty, in use by a system that hibernates, or not understood. The copy of the boot sector behind
 * the last cluster is none of them.
 */
export function ntfsUsedClusters(read: Reader, sizeBytes: number): number[] | undefined {
  const boot = decodeNtfsBootSector(read(0, 512));
  if (!boot || boot.sectors * boot.sectorBytes > sizeBytes) return undefined;
  const volume = new NtfsVolume(read, boot);
  if (!volume.record(TABLE) || !volume.isClean() || !volume.runs(BITMAP)) return undefined;
  const used: number[] = [];
  let [at, from] = [0, -1];
  const see = (cluster: number, bit: number) => {
    if (bit === 1 && from < 0) from = cluster;
    if (bit === 1 || from < 0) return;
    used.push(from, cluster - from);
    from = -1;
  };
  for (const bytes of volume.bitmap()) {
    for (let i = 0; i < bytes.byteLength && at < boot.clusters; i++, at += 8) {
      const byte = bytes[i] ?? 0;
      const bits = Math.min(8, boot.clusters - at);
      // Eight alike, the usual case, need no look at each.
      if (bits === 8 && (byte === 0 || byte === 0xff)) see(at, byte & 1);
      else for (let bit = 0; bit < bits; bit++) see(at + bit, (byte >> bit) & 1);
    }
    if (at >= boot.clusters) break;
  }
  if (at < boot.clusters) return undefined;
  if (from >= 0) used.push(from, boot.clusters - from);
  return used;
}
