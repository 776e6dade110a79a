import type { ByteString } from "../../base/bytes.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import type { CatalogRecord } from "../catalog/catalog.ts";
import { decodeEntry, peekEntry } from "../catalog/entry-record.ts";
import { putRecord, RecordType } from "../catalog/records.ts";
import type { FrameInfo, Piece } from "../entry.ts";
import type { CheckTask } from "./check-frame.ts";
/** A catalog cut into tasks: each frame with what lies in it. Counts on the way. */
export class FrameTasks {
  entries = 0;
  frames = 0;
  /** Whether a damaged part of the catalog was passed over. */
  hasGap = false;
  /** Hard links by their own path: they lose what their first link loses. */
  readonly links: { readonly path: ByteString; readonly target: ByteString }[] = [];
  readonly #records = new PackedWriter(1 << 16);
  #pieces: { path: ByteString; piece: Piece }[] = [];
  #frame: FrameInfo | undefined;
  #large: ByteString | undefined;

  *of(records: Iterable<CatalogRecord>): Generator<CheckTask, void, void> {
    for (const record of records) {
      if (record.type === "frame") {
        yield* this.#take();
        this.#frame = record.frame;
        this.frames++;
      } else if (record.type === "gap") {
        yield* this.#take();
        this.#frame = undefined;
        this.#large = undefined;
        this.hasGap = true;
      } else if (record.type === "piece") {
        if (this.#large !== undefined) this.#pieces.push({ path: this.#large, piece: record.piece });
      }
      if (record.type === "entry") this.#entry(record.bytes);
    }
    yield* this.#take();
  }

  #entry(bytes: Uint8Array): void {
    this.entries++;
    const { kind, inPieces } = peekEntry(bytes);
    if (inPieces) this.#large = decodeEntry(bytes).path;
    else if (kind === "file") {
      putRecord(this.#records, RecordType.entry, bytes);
    } else if (kind === "hardlink") {
      const { path, target } = decodeEntry(bytes);
      if (target !== undefined) this.links.push({ path, target });
    }
  }

  *#take(): Generator<CheckTask, void, void> {
    const records = Uint8Array.prototype.slice.call(this.#records.bytes());
    const pieces = this.#pieces;
    this.#records.clear();
    this.#pieces = [];
    if (this.#frame) yield { frame: this.#frame, records, pieces };
    else if (records.length > 0 || pieces.length > 0) yield { records, pieces };
  }
}
