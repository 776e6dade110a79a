import { msg } from "../../base/message.ts";
import { closeFd, statFd } from "../../host/fs-calls.ts";
import { RangeCursor } from "../catalog/ranges.ts";
import { type Entry, type FrameInfo, type Piece, storedSize } from "../entry.ts";
import { isSealed } from "../tree/inode-attributes.ts";
import { inodeKey } from "../tree/live-file.ts";
import type { Outcome } from "./outcome.ts";
import type { Placer } from "./placer.ts";
import type { PieceTask } from "./unpack-task.ts";

/** A large file that is being filled by several Workers. */
export interface Filling {
  readonly entry: Entry;
  /** Undefined: it waits for pieces on another medium, and is opened again for them. */
  fd: number | undefined;
  /** What the open file was, by which it is known again. */
  readonly identity: string;
  /** Parts of it may be in place already. */
  readonly isLeft: boolean;
  /** Stored bytes whose pieces have not come yet. */
  left: number;
  /** Pieces that Workers write. */
  underWay: number;
  /** A piece could not be put in. */
  isFlawed: boolean;
  /** Something else has its name, or nothing. */
  isGone: boolean;
  /** Nothing more becomes of it. */
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

/** Files kept open. More wait for pieces only where each of many media ends within one, or where pieces are missing. */
const MOST_OPEN = 64;

/** Large files from the first piece to the last, which may lie on different media. */
export class Fillings {
  readonly #placer: Placer;
  readonly #outcome: Outcome;
  readonly #keepsParts: boolean;
  /** By ordinal, finished ones too; undefined: it could not be made. */
  readonly #all = new Map<number, Filling | undefined>();
  /** Those that are open, the one used last at the end. */
  readonly #open = new Set<Filling>();

  /** `keepsParts`: files that lack something are made all the same, where nothing else has their names. */
  constructor(placer: Placer, outcome: Outcome, keepsParts: boolean) {
    this.#placer = placer;
    this.#outcome = outcome;
    this.#keepsParts = keepsParts;
  }

  /** The file that takes the pieces, made when the first of them is there; undefined: it can't be. */
  of({ ordinal, entry }: LargeFile): Filling | undefined {
    if (this.#all.has(ordinal)) return this.#all.get(ordinal);
    const begun = this.#placer.openLeft(entry);
    const fd = begun ?? this.#placer.create(entry);
    const about = { isLeft: begun !== undefined, left: storedSize(entry) };
    const filling = fd === undefined ? undefined : { entry, fd, identity: identityOf(fd), ...NEW, ...about };
    this.#all.set(ordinal, filling);
    if (filling && isSealed(entry)) this.#outcome.seal(entry);
    if (filling) this.#use(filling);
    return filling;
  }

  /** The task that puts a piece into its file; undefined: the file has no room for it. */
  taskOf(filling: Filling, frame: FrameInfo, piece: Piece, ranges: readonly number[]): PieceTask | undefined {
    const { entry } = filling;
    if (piece.length > filling.left) {
      this.#placer.problems.incomplete(entry.path, msg`the catalog has more pieces than content`);
      filling.isFlawed = true;
      return undefined;
    }
    const fd = this.#reopened(filling);
    if (fd === undefined) return undefined;
    this.#use(filling);
    filling.left -= piece.length;
    filling.underWay++;
    const isLeft = filling.isLeft ? { isLeft: true } : {};
    return { kind: "piece", frame, piece, fd, path: entry.path, ranges, ...isLeft };
  }

  /** One piece more is in place, or could not be put there; after the last one the file gets its metadata. */
  filled(filling: Filling, isSound: boolean): void {
    filling.underWay--;
    if (!isSound) filling.isFlawed = true;
    if (filling.left > 0 || filling.underWay > 0 || filling.fd === undefined) return;
    const isMade = this.#finish(filling, filling.fd);
    this.#close(filling);
    filling.isClosed = true;
    if (isMade) this.#outcome.countFile();
    this.#outcome.settle(this.#placer);
  }

  /** After the last pass: files that still wait for pieces. */
  reportUnfilled(): void {
    for (const filling of this.#unfilled()) {
      const { entry, isGone } = filling;
      if (!isGone) this.#placer.problems.incomplete(entry.path, msg`the catalog does not have all its pieces`);
      if (isGone) this.#placer.names.forget(entry.path);
      else if (this.#keepsParts) this.#placer.names.publishPart(entry);
      else this.#placer.dropPart(entry);
      filling.isClosed = true;
    }
    this.#outcome.settle(this.#placer);
  }

  close(): void {
    for (const filling of this.#open) this.#close(filling);
  }

  #finish({ entry, isFlawed }: Filling, fd: number): boolean {
    if (!isFlawed) return this.#placer.finishFile(entry, fd);
    if (this.#keepsParts) return this.#placer.finishPart(entry, fd);
    this.#placer.dropPart(entry);
    return false;
  }

  /** Lets go of files that wait, the one used longest ago first. */
  #use(filling: Filling): void {
    this.#open.delete(filling);
    this.#open.add(filling);
    for (const other of this.#open) {
      if (this.#open.size <= MOST_OPEN) break;
      if (other.underWay === 0 && other !== filling) this.#close(other);
    }
  }

  /** The descriptor of a file, opened again if need be; undefined: something else has its name, or nothing. */
  #reopened(filling: Filling): number | undefined {
    if (filling.fd !== undefined) return filling.fd;
    const fd = this.#placer.reopen(filling.entry);
    if (fd >= 0 && identityOf(fd) === filling.identity) filling.fd = fd;
    else {
      if (fd >= 0) closeFd(fd);
      // Each of its pieces comes here.
      if (!filling.isGone) this.#placer.problems.lost(filling.entry.path, GONE);
      filling.isGone = true;
    }
    return filling.fd;
  }

  #close(filling: Filling): void {
    if (filling.fd !== undefined) closeFd(filling.fd);
    filling.fd = undefined;
    this.#open.delete(filling);
  }

  #unfilled(): Filling[] {
    return [...this.#all.values()].filter((filling) => filling !== undefined).filter(({ isClosed }) => !isClosed);
  }
}

const GONE = msg`it is not there any more to take its next piece`;
const NEW = { underWay: 0, isFlawed: false, isGone: false, isClosed: false } as const;

/** What tells an open file, or device, from all others. */
function identityOf(fd: number): string {
  const stat = statFd(fd);
  return typeof stat === "number" ? "" : `${inodeKey(stat)}:${stat.rdevMajor}:${stat.rdevMinor}`;
}
