import type { CatalogRecord } from "../catalog/catalog.ts";
import { peekEntry } from "../catalog/entry-record.ts";
import type { FrameInfo, Piece } from "../entry.ts";
import { EntryTasks } from "./entry-tasks.ts";
import { type Filling, type Fillings, type LargeFile, largeFileOf } from "./filling.ts";
import type { Sharing } from "./sharing.ts";
import type { UnpackTask } from "./unpack-task.ts";
import type { WantedEntries } from "./wanted-entries.ts";

export interface ContentPassParts {
  readonly wanted: WantedEntries;
  readonly fillings: Fillings;
  /** Whether the content of a frame is read in this pass. */
  readonly isMine: (frame: FrameInfo | undefined) => boolean;
  /** Hands a task to a Worker; `filling`: the file that a piece belongs to. */
  readonly send: (task: UnpackTask, filling?: Filling) => Promise<void>;
  /** What files share; undefined: nothing. */
  readonly sharing: Sharing | undefined;
  /** How many tasks have been sent, and waiting until so many are done. */
  readonly sent: { readonly added: number; reach(count: number): Promise<void> };
}

/**
 * One reading of the catalog: makes everything but hard links whose content lies on the medium that is there, frame by
 * frame.
 */
export class ContentPass {
  readonly #parts: ContentPassParts;
  readonly #tasks = new EntryTasks();
  #frame: FrameInfo | undefined;
  #isMine: boolean;
  /** The file in pieces whose entry came last. */
  #large: LargeFile | undefined;
  #largeFiles = 0;
  /** Entries of the catalog, wanted or not. */
  entries = 0;
  /** Entries and pieces that were read; what was sent is of these. */
  items = 0;
  /** Whether a damaged part of the catalog was passed over. */
  hasGap = false;

  constructor(parts: ContentPassParts) {
    this.#parts = parts;
    this.#isMine = parts.isMine(undefined);
  }

  /** Sends all tasks; the last ones may still be under way. */
  async run(): Promise<void> {
    for (const record of this.#parts.wanted.records()) {
      // No promise for each record.
      const work = this.#take(record);
      if (work) await work;
    }
    await this.#flush();
  }

  #take(record: CatalogRecord): Promise<void> | undefined {
    if (record.type === "entry") return this.#entry(record.bytes);
    if (record.type === "piece") return this.#piece(record.piece);
    if (record.type === "frame") return this.#flush(record.frame);
    if (record.type !== "gap") return undefined;
    this.hasGap = true;
    // Pieces behind a gap may be of a file that stood in it.
    this.#large = undefined;
    return this.#flush();
  }

  /** Sends what has been collected; what follows lies in `next`. */
  async #flush(next?: FrameInfo): Promise<void> {
    const task = this.#tasks.take("create", this.#frame);
    this.#frame = next;
    this.#isMine = this.#parts.isMine(next);
    const { send, sharing, sent } = this.#parts;
    if (!task) return;
    const shares = sharing?.takeTask(sent.added);
    if (shares) await sent.reach(shares.after);
    await send(shares && shares.parts.length > 0 ? { ...task, shares: shares.parts } : task);
  }

  #entry(bytes: Uint8Array): Promise<void> | undefined {
    const sharer = this.#parts.sharing?.sharerOf(this.entries);
    this.entries++;
    this.items++;
    const { kind, inPieces } = peekEntry(bytes);
    if (inPieces) this.#largeFile(bytes, sharer);
    else if (this.#isMine && kind !== "hardlink") {
      this.#collect(bytes);
      if (sharer !== undefined) this.#parts.sharing?.collect(sharer);
    }
    const isFull = this.#frame ? this.#tasks.isFullOfFrame : this.#tasks.isFull;
    return isFull ? this.#flush(this.#frame) : undefined;
  }

  #collect(bytes: Uint8Array): void {
    const { wanted } = this.#parts;
    if (wanted.isAll) {
      this.#tasks.addRecord(bytes);
      return;
    }
    const entry = wanted.entryOf(bytes);
    if (entry) this.#tasks.add(entry);
  }

  #largeFile(bytes: Uint8Array, sharer: number | undefined): void {
    const entry = this.#parts.wanted.largeFileOf(bytes);
    this.#large = entry && largeFileOf(this.#largeFiles, entry, sharer);
    this.#largeFiles++;
    if (this.#large && this.#isMine) this.#parts.fillings.of(this.#large);
  }

  async #piece(piece: Piece): Promise<void> {
    this.items++;
    const { fillings, send, sharing, sent } = this.#parts;
    const [large, frame] = [this.#large, this.#frame];
    if (!large || !frame) return;
    // Its place in the file is known by the pieces before it, whatever medium they lie on.
    const ranges = large.cursor.take(piece.length);
    const filling = this.#isMine ? fillings.of(large) : undefined;
    const task = filling && fillings.taskOf(filling, frame, piece, ranges);
    const shares = task && large.sharer !== undefined ? sharing?.piece(large.sharer, ranges, sent.added) : undefined;
    if (shares) await sent.reach(shares.after);
    if (task) await send(shares && shares.parts.length > 0 ? { ...task, shares: shares.parts } : task, filling);
  }
}
