import { storedSize } from "../entry.ts";
import { type CatalogRecord, readCatalog } from "./catalog.ts";
import { decodeEntry, decodeName, peekEntry } from "./entry-record.ts";
import type { Selection } from "./selection.ts";

/** What a choice takes of a catalog: small enough to be kept, so that the catalog isn't read again for every step. */
export interface Subset {
  /** In the catalog's order; an entry's bytes stay valid. */
  readonly records: readonly CatalogRecord[];
  /** Bytes of content in it. */
  readonly contentBytes: number;
}

/** More than this isn't kept. */
const MOST_RECORDS = 20_000;

/**
 * The records of chosen entries, of the directories above them, of their pieces and frames; undefined when there are
 * too many.
 */
export function subsetOf(place: Parameters<typeof readCatalog>[0], selection: Selection): Subset | undefined {
  const records: CatalogRecord[] = [];
  let frame: CatalogRecord | undefined;
  let [contentBytes, isLarge] = [0, false];
  for (const record of readCatalog(place)) {
    if (record.type === "frame") frame = record;
    else if (record.type === "end") records.push(record);
    else if (record.type === "entry") {
      isLarge = false;
      if (!selection.isTouched(decodeName(record.bytes))) continue;
      const bytes = Uint8Array.prototype.slice.call(record.bytes);
      if (frame) records.push(frame);
      frame = undefined;
      records.push({ type: "entry", bytes });
      isLarge = peekEntry(bytes).inPieces;
      contentBytes += storedSize(decodeEntry(bytes));
    } else if (record.type === "piece" && isLarge) {
      if (frame) records.push(frame);
      frame = undefined;
      records.push(record);
    }
    if (records.length > MOST_RECORDS) return undefined;
  }
  return { records, contentBytes };
}
