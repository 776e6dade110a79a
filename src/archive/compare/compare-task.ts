/** What goes to the Workers that compare, and what comes back. */
import { MIB } from "../../base/units.ts";
import type { PlacedImage } from "../../effects/effect.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { decodeEntry, decodeName, peekEntry } from "../catalog/entry-record.ts";
import { putRecord, RecordType } from "../catalog/records.ts";
import type { Choice, Piece } from "../entry.ts";
import type { Graft } from "../tree/directories.ts";
import type { Difference } from "./difference.ts";

export interface CompareData {
  /** The tree, open in this process. */
  readonly rootFd: number;
  /** What stands in for parts of it, open as well. */
  readonly grafts: readonly Graft[];
  /** Read files, too. */
  readonly content: boolean;
  /** Paths below the root where owners, modes and xattrs are not kept. */
  readonly lenientMounts: readonly string[];
  /** Entries whose content is on a device. */
  readonly devices: readonly PlacedImage[];
}

export interface CompareTask {
  /** Entry records. */
  readonly records: Uint8Array;
  /** Of the one entry in `records`, when it is a file in pieces. */
  readonly pieces?: readonly Piece[];
}

export interface CompareResult {
  readonly differences: readonly Difference[];
  readonly entries: number;
  readonly bytes: number;
}

const TASK_BYTES = 64 * 1024;
const TASK_CONTENT_BYTES = 16 * MIB;

/** The catalog without what is left out, cut into tasks: entries together, a file in pieces by itself. */
export function* compareTasks(catalog: Catalog, skip?: Choice): Generator<CompareTask, void, void> {
  const records = new PackedWriter(TASK_BYTES);
  let content = 0;
  let large: { readonly records: Uint8Array; readonly pieces: Piece[] } | undefined;
  const take = (): Uint8Array => {
    const bytes = Uint8Array.prototype.slice.call(records.bytes());
    records.clear();
    content = 0;
    return bytes;
  };
  for (const record of catalog.records()) {
    if (record.type === "piece") large?.pieces.push(record.piece);
    if (record.type !== "entry") continue;
    if (large) yield large;
    large = undefined;
    if (skip?.(decodeName(record.bytes))) continue;
    const { inPieces, kind } = peekEntry(record.bytes);
    if (records.length > 0 && (inPieces || records.length >= TASK_BYTES || content >= TASK_CONTENT_BYTES)) {
      yield { records: take() };
    }
    putRecord(records, RecordType.entry, record.bytes);
    if (inPieces) large = { records: take(), pieces: [] };
    else if (kind === "file") content += decodeEntry(record.bytes).size;
  }
  if (large) yield large;
  if (records.length > 0) yield { records: take() };
}
