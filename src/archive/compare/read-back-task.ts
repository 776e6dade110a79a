/** What goes to the Workers that read content back while the rest is still extracted, and what comes back. */
import type { ByteString } from "../../base/bytes.ts";
import { MIB } from "../../base/units.ts";
import type { PlacedImage } from "../../effects/effect.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import type { CatalogRecord } from "../catalog/catalog.ts";
import { decodeEntry, decodeName, peekEntry } from "../catalog/entry-record.ts";
import { RangeCursor } from "../catalog/ranges.ts";
import { putRecord, RecordType } from "../catalog/records.ts";
import { type Choice, type Entry, type Piece, storedSize } from "../entry.ts";
import type { Graft } from "../tree/directories.ts";
import type { Shape } from "./compare-content.ts";
import type { Difference } from "./difference.ts";

export interface ReadBackData {
  /** The tree, open in this process. */
  readonly rootFd: number;
  /** What stands in for parts of it, open as well. */
  readonly grafts: readonly Graft[];
  /** Entries whose content is on a device. */
  readonly devices: readonly PlacedImage[];
}

/** A part of a large file: ranges [offset, length, …] in it, and their checksum. */
interface Part {
  readonly ranges: readonly number[];
  readonly hash: bigint;
}

/** Whole files, as entry records. */
export interface FilesTask {
  readonly kind: "files";
  readonly records: Uint8Array;
}

/** Some parts of a file in pieces; with the last ones its shape, for what is not stored of it. */
export interface PartsTask {
  readonly kind: "parts";
  readonly path: ByteString;
  readonly parts: readonly Part[];
  readonly shape?: Shape;
}

/** `settle`: everything in these file systems (descriptors of this process) is to be on their disks. */
export type ReadBackTask = FilesTask | PartsTask | { readonly kind: "settle"; readonly mounts: readonly number[] };

export interface ReadBackResult {
  readonly differences: readonly Difference[];
  readonly bytes: number;
  /** Bytes that their file system keeps in memory: they were not read from a disk. */
  readonly inMemory: number;
}

/** A task, what it reads, and how many items (entries and pieces) of the catalog have to be in place before. */
export interface PlannedReading {
  readonly task: FilesTask | PartsTask;
  readonly bytes: number;
  readonly items: number;
}

const TASK_RECORD_BYTES = 64 * 1024;
const TASK_CONTENT_BYTES = 16 * MIB;

interface LargeFile {
  readonly entry: Entry;
  readonly cursor: RangeCursor;
}

/** Cuts a catalog into tasks, in its order: small files together, large files in parts. */
export class ReadBackPlan {
  readonly #skip: Choice | undefined;
  readonly #records = new PackedWriter(TASK_RECORD_BYTES);
  #items = 0;
  /** Content of what waits for its task. */
  #bytes = 0;
  #large: LargeFile | undefined;
  #parts: Part[] = [];

  /** `skip`: entries that count, but are not read. */
  constructor(skip?: Choice) {
    this.#skip = skip;
  }

  *of(records: Iterable<CatalogRecord>): Generator<PlannedReading, void, void> {
    for (const record of records) {
      if (record.type === "piece") yield* this.#piece(record.piece);
      else if (record.type === "entry") yield* this.#entry(record.bytes);
    }
    yield* this.#endLarge();
    yield* this.#takeFiles();
  }

  *#entry(bytes: Uint8Array): Generator<PlannedReading, void, void> {
    yield* this.#endLarge();
    const { kind, inPieces } = peekEntry(bytes);
    if (this.#skip?.(decodeName(bytes))) {
      // Its pieces count, too, and are none of another file.
    } else if (inPieces) {
      yield* this.#takeFiles();
      const entry = decodeEntry(Uint8Array.prototype.slice.call(bytes));
      this.#large = { entry, cursor: new RangeCursor(entry.extents ?? [0, entry.size]) };
    } else if (kind === "file") {
      if (this.#records.length >= TASK_RECORD_BYTES || this.#bytes >= TASK_CONTENT_BYTES) yield* this.#takeFiles();
      this.#file(bytes);
    }
    this.#items++;
  }

  #file(bytes: Uint8Array): void {
    const size = storedSize(decodeEntry(bytes));
    putRecord(this.#records, RecordType.entry, bytes);
    this.#bytes += size;
  }

  *#piece({ length, hash }: Piece): Generator<PlannedReading, void, void> {
    this.#items++;
    if (!this.#large) return;
    this.#parts.push({ ranges: this.#large.cursor.take(length), hash });
    this.#bytes += length;
    if (this.#bytes >= TASK_CONTENT_BYTES) yield* this.#takeParts(this.#large.entry.path);
  }

  *#takeFiles(): Generator<PlannedReading, void, void> {
    if (this.#records.length === 0) return;
    const records = Uint8Array.prototype.slice.call(this.#records.bytes());
    this.#records.clear();
    yield this.#planned({ kind: "files", records });
  }

  *#takeParts(path: ByteString, shape?: Shape): Generator<PlannedReading, void, void> {
    const parts = this.#parts;
    this.#parts = [];
    yield this.#planned({ kind: "parts", path, parts, ...(shape ? { shape } : {}) });
  }

  *#endLarge(): Generator<PlannedReading, void, void> {
    const large = this.#large;
    this.#large = undefined;
    if (!large) return;
    const { path, extents, size } = large.entry;
    yield* this.#takeParts(path, { size, ...(extents ? { extents } : {}) });
  }

  #planned(task: PlannedReading["task"]): PlannedReading {
    const bytes = this.#bytes;
    this.#bytes = 0;
    return { task, bytes, items: this.#items };
  }
}
