/** The media (discs, ISO images) that a set lies on, and what is read of each. */
import { msg } from "../../base/message.ts";
import type { Catalog, CatalogRecord } from "../catalog/catalog.ts";
import { decodeEntry } from "../catalog/entry-record.ts";
import { type Selection, selectionOf } from "../catalog/selection.ts";
import { type Choice, storedSize } from "../entry.ts";
import type { Locate, VolumeInfo, VolumePlace } from "../set-files.ts";

/** What is read while a medium is there. */
export interface MediumPass {
  /** The parent set that the medium belongs to; default: the set itself. */
  readonly set?: string;
  /** Number of the medium in its set, from 1. */
  readonly medium: number;
  /** Positions of its volumes in the manifest's list. */
  readonly volumes: ReadonlySet<number>;
}

/** The set of a volume of a chain: those of parents are named `ID/volume-…`. */
const setOf = (name: string): string | undefined => (name.includes("/") ? name.slice(0, name.indexOf("/")) : undefined);

/**
 * What to read in which order: a pass for each medium that has some of these volumes (positions in the list; all when
 * absent), those of parents first.
 */
export function passesOf(volumes: readonly VolumeInfo[], used?: ReadonlySet<number>): MediumPass[] {
  const passes = new Map<string, { set?: string; medium: number; volumes: Set<number> }>();
  for (const [index, { name, medium = 1 }] of volumes.entries()) {
    if (used && !used.has(index)) continue;
    const set = setOf(name);
    const key = `${set ?? ""}/${medium}`;
    const known = passes.get(key);
    if (known) known.volumes.add(index);
    else passes.set(key, { ...(set === undefined ? {} : { set }), medium, volumes: new Set([index]) });
  }
  return [...passes.values()];
}

/** Positions of the volumes with content of entries that are taken. */
export function volumesUsed(records: Iterable<CatalogRecord>, selection: Selection): ReadonlySet<number> {
  const used = new Set<number>();
  let [volume, isWanted] = [-1, false];
  for (const record of records) {
    if (record.type === "frame") volume = record.frame.volume;
    else if (record.type === "entry") {
      const entry = decodeEntry(record.bytes);
      const isLarge = entry.pieces !== undefined;
      const hasContent = entry.kind === "file" && storedSize(entry) > 0 && selection.take(entry) !== undefined;
      isWanted = isLarge ? hasContent : false;
      if (hasContent && !isLarge) used.add(volume);
    } else if (record.type === "piece" && isWanted) used.add(volume);
  }
  return used;
}

/** Numbers of the set's own media with content of what is chosen. */
export function mediaUsed(catalog: Catalog, volumes: readonly VolumeInfo[], select: Choice): ReadonlySet<number> {
  const used = volumesUsed(catalog.records(), selectionOf(catalog.names(), select));
  return new Set(passesOf(volumes, used).flatMap(({ set, medium }) => (set === undefined ? [medium] : [])));
}

/** Where a volume lies now; otherwise why not. */
export function placeOf(volume: VolumeInfo, locate: Locate): VolumePlace {
  const { name, medium } = volume;
  const missing =
    medium === undefined ? msg`the volume is missing (${name})` : msg`it lies on medium ${medium}, which is missing`;
  return locate(name) ?? missing;
}
