import { type CatalogPlace, readCatalog } from "../catalog/catalog.ts";
import { decodeEntry } from "../catalog/entry-record.ts";
import { ShareClaims } from "./share-plan.ts";

/** Content of a catalog that files have in common with files before them. Reads it to its end. */
export function sharedBytesIn(place: CatalogPlace): number {
  const claims = new ShareClaims();
  let ordinal = 0;
  for (const record of readCatalog(place)) {
    if (record.type !== "entry") continue;
    const entry = decodeEntry(record.bytes);
    if (entry.shared) claims.add(entry, ordinal);
    ordinal++;
  }
  return claims.plan().bytes;
}
