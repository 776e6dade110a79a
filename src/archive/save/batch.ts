/**
 * Entries that are packed into one frame, on their way to a Worker and back. A batch goes out as one string, which
 * costs less than an array, and comes back as catalog records. Files that need no packing keep their place among the
 * others both ways.
 */
import type { ByteString } from "../../base/bytes.ts";
import { PackedReader, PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { decodeEntry, encodeEntry } from "../catalog/entry-record.ts";
import { putRecord } from "../catalog/records.ts";
import type { Entry } from "../entry.ts";

/** What follows the path of a regular file: no path starts so. */
const REGULAR = "/";
/** Follows an empty path, and is followed by a number: so many known files that are as they were. */
const SAME = "/=";
/** Follows a regular file that may be as it was. */
const MAYBE = "/?";
/** Follows one that is as it was, but for what it shares. */
const LOOK = "/s";

/** A batch on its way to a Worker. */
export interface BatchTask {
  readonly kind: "batch";
  /** Paths, each followed by one of the marks, or by its first name, or by nothing; each ended by NUL. */
  readonly paths: string;
  /** Entry records of the known files, in order; undefined for unchanged ones. Default: none. */
  readonly known?: readonly (Uint8Array | undefined)[];
}

/** Puts a batch together. */
export class BatchWriter {
  #paths = "";
  #known: (Uint8Array | undefined)[] = [];
  #same = 0;

  /** A regular file, by its first name. */
  regular(path: ByteString): void {
    this.#endSame();
    this.#paths += `${path}\0${REGULAR}\0`;
  }

  /** Anything else; a further name of a file with its first one. */
  other(path: ByteString, firstLink = "" as ByteString): void {
    this.#endSame();
    this.#paths += `${path}\0${firstLink}\0`;
  }

  /** A regular file that may be what the record of an earlier entry says: the Worker compares. */
  maybe(path: ByteString, record: Uint8Array): void {
    this.#endSame();
    this.#known.push(record);
    this.#paths += `${path}\0${MAYBE}\0`;
  }

  /** A known file that is as it was: the Worker looks what it has in common with others by now. */
  look(path: ByteString, record: Uint8Array): void {
    this.#endSame();
    this.#known.push(record);
    this.#paths += `${path}\0${LOOK}\0`;
  }

  /** A known file that is as it was: only its place is kept. */
  same(): void {
    this.#same++;
    this.#known.push(undefined);
  }

  /** The batch, after which another one begins; undefined: it is empty. */
  take(): BatchTask | undefined {
    this.#endSame();
    const [paths, known] = [this.#paths, this.#known];
    this.#paths = "";
    this.#known = [];
    if (paths === "") return undefined;
    return { kind: "batch", paths, ...(known.length > 0 ? { known } : {}) };
  }

  #endSame(): void {
    if (this.#same > 0) this.#paths += `\0${SAME}${this.#same}\0`;
    this.#same = 0;
  }
}

/** A known file: its entry, and its place among the known files of the batch. */
export interface Candidate {
  readonly index: number;
  readonly entry: Entry;
}

/** Takes the items of a batch, in order. */
export interface BatchReader {
  regular(path: ByteString): void;
  other(path: ByteString, firstLink: ByteString): void;
  maybe(path: ByteString, known: Candidate): void;
  look(path: ByteString, known: Candidate): void;
  /** `count` known files from `index` on. */
  same(index: number, count: number): void;
}

/** What is left of a batch that was more than a frame takes. */
export interface BatchRest {
  readonly task: BatchTask;
  /** Place of its first known file among those of the batch. */
  readonly from: number;
}

/** Hands each item of a batch to a reader, until that is full; returns what is left then. */
export function readBatch(
  { paths, known = [] }: BatchTask,
  reader: BatchReader,
  isFull = () => false,
): BatchRest | undefined {
  const parts = paths.split("\0") as ByteString[];
  let index = 0;
  for (let i = 0; i + 1 < parts.length; i += 2) {
    if (i > 0 && isFull()) {
      return { task: { kind: "batch", paths: parts.slice(i).join("\0"), known: known.slice(index) }, from: index };
    }
    const [path, mark] = [parts[i] ?? ("" as ByteString), parts[i + 1] ?? ("" as ByteString)];
    if (mark === REGULAR) reader.regular(path);
    else if (mark === MAYBE || mark === LOOK) {
      const candidate = { index, entry: decodeEntry(known[index] ?? new Uint8Array(0)) };
      if (mark === MAYBE) reader.maybe(path, candidate);
      else reader.look(path, candidate);
      index++;
    } else if (mark.startsWith(SAME)) {
      const count = Number(mark.slice(SAME.length));
      reader.same(index, count);
      index += count;
    } else reader.other(path, mark);
  }
  return undefined;
}

/** A record type that no catalog has. */
const SPLICE = 240;
const body = new PackedWriter();

/** Known files among the records that come back. */
export interface Splice {
  /** The first one's place among the known files of the batch. */
  readonly index: number;
  readonly count: number;
  /** The record of the one file's entry as it is now; absent: it was not read. */
  readonly now?: Uint8Array;
}

/** Marks the place of known files; `now`: the entry of a single one that was read. */
export function putSplice(into: PackedWriter, index: number, count: number, now?: Entry): void {
  body.clear();
  body.varint(index);
  body.varint(count);
  if (now) encodeEntry(body, now);
  putRecord(into, SPLICE, body.bytes());
}

/**
 * What has come back of a batch: records by type and body, and the places of known files. Bytes are views into
 * `records`.
 */
export function* readReturned(
  records: Uint8Array,
): Generator<Splice | { readonly type: number; readonly bytes: Uint8Array }, void, void> {
  for (const reader = new PackedReader(records); !reader.atEnd; ) {
    const type = reader.u8();
    const bytes = reader.block();
    if (type === SPLICE) yield spliceOf(bytes);
    else yield { type, bytes };
  }
}

function spliceOf(bytes: Uint8Array): Splice {
  const reader = new PackedReader(bytes);
  const [index, count] = [reader.varint(), reader.varint()];
  return { index, count, ...(reader.atEnd ? {} : { now: bytes.subarray(reader.position) }) };
}
