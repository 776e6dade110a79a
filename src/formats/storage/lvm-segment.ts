import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { isLvmSection, type LvmSection, type LvmValue } from "./lvm-text.ts";

/** Names of physical or hidden volumes, each with the first extent there. */
export type LvmAreas = readonly (readonly [name: string, extent: number])[];

/**
 * A stretch of a logical volume. Names are those of other logical volumes of the group. Source: lvm2 lib/format_text.
 */
export interface LvmSegment {
  /** `striped` (linear, too), `raid1`, `thin-pool` …, without the flags that LVM appends. */
  readonly type: string;
  /** As the text has it: `cache+CACHE_USES_CACHEVOL`. */
  readonly flaggedType: string;
  readonly extents: number;
  /** Where its stripes lie. */
  readonly areas: LvmAreas;
  /** Where the legs of a mirror of the old kind lie. */
  readonly mirrors: LvmAreas;
  /** Legs of a raid volume, and their records. */
  readonly raids: readonly string[];
  /** Data of a pool of thin volumes, of other pools; and the metadata of both. */
  readonly pool: string | undefined;
  readonly data: string | undefined;
  readonly metadata: string | undefined;
  /** What a snapshot was made of, or what lies behind a cache. */
  readonly origin: string | undefined;
  /** Where a snapshot of the old kind keeps what differs. */
  readonly cowStore: string | undefined;
  readonly cachePool: string | undefined;
  readonly cacheMode: string | undefined;
  readonly writecache: string | undefined;
  /** Where the checksums of a volume with integrity lie. */
  readonly integrityMetadata: string | undefined;
  readonly thinPool: string | undefined;
  readonly vdoPool: string | undefined;
  readonly externalOrigin: string | undefined;
  /** The volume that a snapshot is being merged into. */
  readonly merge: string | undefined;
  /** Of a thin pool: the number of its last change, and its unit. */
  readonly transaction: number;
  readonly chunkSectors: number;
  /** Of a thin volume: its number in the pool. */
  readonly deviceId: number;
  /** Of a cache volume: where its records begin. */
  readonly metadataStart: number;
  /** A thin pool has changes that the kernel doesn't know yet. */
  readonly hasMessages: boolean;
  /** All of it, for writing. */
  readonly section: LvmSection;
}

/** A text of a section; throws `format` where there is none. */
export function requiredText(section: LvmSection, name: string): string {
  const value = section[name];
  if (typeof value !== "string") throw new MondoError("format", msg`LVM metadata: ${name} is missing`);
  return value;
}

/** A number of a section; throws `format` where there is none. */
export function requiredNumber(section: LvmSection, name: string): number {
  const value = section[name];
  if (typeof value !== "number") throw new MondoError("format", msg`LVM metadata: ${name} is missing`);
  return value;
}

/** The strings of a list; none where it is no list. */
export const lvmStrings = (value: LvmValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];

/** Pairs of a list: a name and a number. */
function areasIn(value: LvmValue | undefined): LvmAreas {
  const words: readonly LvmValue[] = Array.isArray(value) ? value : [];
  return words.flatMap((word, at): LvmAreas => {
    const extent = words[at + 1];
    return at % 2 === 0 && typeof word === "string" && typeof extent === "number" ? [[word, extent]] : [];
  });
}

/** Reads one segment; throws `format` without type or length. */
export function decodeLvmSegment(section: LvmSection): LvmSegment {
  const flaggedType = requiredText(section, "type");
  const text = (name: string) => (typeof section[name] === "string" ? section[name] : undefined);
  const number = (name: string) => (typeof section[name] === "number" ? section[name] : 0);
  return {
    type: flaggedType.replace(/\+.*$/, ""),
    flaggedType,
    extents: requiredNumber(section, "extent_count"),
    areas: areasIn(section.stripes),
    mirrors: areasIn(section.mirrors),
    raids: lvmStrings(section.raids),
    pool: text("pool"),
    data: text("data"),
    metadata: text("metadata"),
    origin: text("origin"),
    cowStore: text("cow_store"),
    cachePool: text("cache_pool"),
    cacheMode: text("cache_mode"),
    writecache: text("writecache"),
    integrityMetadata: text("meta_dev"),
    thinPool: text("thin_pool"),
    vdoPool: text("vdo_pool"),
    externalOrigin: text("external_origin"),
    merge: text("merge"),
    transaction: number("transaction_id"),
    chunkSectors: number("chunk_size"),
    deviceId: number("device_id"),
    metadataStart: number("metadata_start"),
    hasMessages: Object.keys(section).some((name) => /^message\d+$/.test(name)),
    section,
  };
}

/** The segments in a volume's section, in order. */
export function segmentsIn(section: LvmSection): LvmSegment[] {
  return Object.entries(section)
    .filter(([name]) => /^segment\d+$/.test(name))
    .flatMap(([, segment]) => (isLvmSection(segment) ? [decodeLvmSegment(segment)] : []));
}
