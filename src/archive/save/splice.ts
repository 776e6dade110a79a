/** Entry records of a batch that are put among its others when it is stored: their content lies in frames of the parent. */
import { PackedReader, PackedWriter } from "../../formats/archive/packed-bytes.ts";
import type { CatalogWriter } from "../catalog/catalog-writer.ts";
import { encodeEntry, peekEntry } from "../catalog/entry-record.ts";
import { RecordType } from "../catalog/records.ts";
import { type Entry, type FrameInfo, storedSize } from "../entry.ts";
import type { KnownFile } from "./known-files.ts";

/** A record type that never gets into a catalog. */
const SPLICE = 240;
const body = new PackedWriter();

/** Marks the place of known files, counted from `index` on; of one, with the entry that it has now, where that was read. */
export function putSplice(into: PackedWriter, index: number, count: number, entry?: Entry): void {
  body.clear();
  body.varint(index);
  body.varint(count);
  if (entry) encodeEntry(body, entry);
  into.u8(SPLICE);
  into.block(body.bytes());
}

/** The catalog's records of a file that is as it was. */
export function putKnown(catalog: CatalogWriter, { entry, record, frame, pieces }: KnownFile, now?: Uint8Array): void {
  if (frame && storedSize(entry) > 0) catalog.inFrame(pieces[0]?.frame ?? frame);
  if (now) catalog.records(now);
  else catalog.body(RecordType.entry, record);
  for (const next of pieces) {
    catalog.inFrame(next.frame);
    catalog.piece(next.piece);
  }
}

/** Writes a batch's records; `frame` is where the content of its own files lies. Returns the known files that were written. */
export function spliceRecords(
  catalog: CatalogWriter,
  records: Uint8Array,
  frame: FrameInfo | undefined,
  known: readonly KnownFile[],
): KnownFile[] {
  const written: KnownFile[] = [];
  for (const reader = new PackedReader(records); !reader.atEnd; ) {
    const type = reader.u8();
    const bytes = reader.block();
    if (type === SPLICE) {
      const splice = new PackedReader(bytes);
      const [index, count] = [splice.varint(), splice.varint()];
      const now = splice.atEnd ? undefined : bytes.subarray(splice.position);
      for (const file of known.slice(index, index + count)) {
        putKnown(catalog, file, now);
        written.push(file);
      }
    } else {
      if (frame && peekEntry(bytes).kind === "file") catalog.inFrame(frame);
      catalog.body(type, bytes);
    }
  }
  return written;
}
