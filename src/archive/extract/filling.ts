import { closeFd } from "../../host/fs-calls.ts";
import { RangeCursor } from "../catalog/ranges.ts";
import { type Entry, type FrameInfo, type Piece, storedSize } from "../entry.ts";
import { isSealed } from "../tree/inode-attributes.ts";
import type { Outcome } from "./outcome.ts";
import type { Placer } from "./placer.ts";
import type { PieceTask } from "./unpack-task.ts";

/** A large file that is being filled by several Workers. */
export interface Filling {
  readonly entry: Entry;
  readonly fd: number;
  /** Stored bytes whose pieces have not come yet. */
  left: number;
  /** Pieces that Workers write. */
  underWay: number;
  /** It has all its content and its metadata. */
  isClosed: boolean;
}

/** The large file whose pieces come now, by its place among the catalog's large files. */
export interface LargeFile {
  readonly ordinal: number;
  readonly entry: Entry;
  readonly cursor: RangeCursor;
  /** Its place among the files that share something. */
  readonly sharer: number | undefined;
}

export function largeFileOf(ordinal: number, entry: Entry, sharer?: number): LargeFile {
  return { ordinal, entry, sharer, cursor: new RangeCursor(entry.extents ?? [0, entry.size]) };
}

/** Large files from the first piece to the last, which may lie on different media. */
export class Fillings {
  readonly #placer: Placer;
  readonly #outcome: Outcome;
  /** By ordinal, finished ones too; undefined: it could not be made. */
  readonly #all = new Map<number, Filling | undefined>();

  constructor(placer: Placer, outcome: Outcome) {
    this.#placer = placer;
    this.#outcome = outcome;
  }

  /** The file that takes the pieces, made when the first of them is there; undefined: it can't be. */
  of({ ordinal, entry }: LargeFile): Filling | undefined {
    if (this.#all.has(ordinal)) return this.#all.get(ordinal);
    const fd = this.#placer.create(entry);
    const size = storedSize(entry);
    const filling = fd === undefined ? undefined : { entry, fd, left: size, underWay: 0, isClosed: false };
    this.#all.set(ordinal, filling);
    if (filling && isSealed(entry)) this.#outcome.seal(entry);
    return filling;
  }

  /** The task that puts a piece into its file; undefined: the file has no room for it. */
  taskOf(filling: Filling, frame: FrameInfo, piece: Piece, ranges: readonly number[]): PieceTask | undefined {
    const { fd, entry } = filling;
    if (piece.length > filling.left) {
      this.#placer.problems.incomplete(entry.path, "the catalog has more pieces than content");
      return undefined;
    }
    filling.left -= piece.length;
    filling.underWay++;
    return { kind: "piece", frame, piece, fd, path: entry.path, ranges };
  }

  /** One piece more is in place; after the last one the file gets its metadata. */
  filled(filling: Filling): void {
    filling.underWay--;
    if (filling.left > 0 || filling.underWay > 0) return;
    const isMade = this.#placer.finishFile(filling.entry, filling.fd);
    closeFd(filling.fd);
    filling.isClosed = true;
    if (isMade) this.#outcome.countFile();
    this.#outcome.settle(this.#placer);
  }

  /** After the last pass: files that still wait for pieces, which are left as they are. */
  reportUnfilled(): void {
    for (const { entry } of this.#unfilled()) {
      this.#placer.problems.incomplete(entry.path, "the catalog does not have all its pieces");
      this.#placer.names.publish(entry);
    }
    this.#outcome.settle(this.#placer);
  }

  close(): void {
    for (const { fd } of this.#unfilled()) closeFd(fd);
  }

  #unfilled(): Filling[] {
    return [...this.#all.values()].filter((filling) => filling !== undefined).filter(({ isClosed }) => !isClosed);
  }
}
