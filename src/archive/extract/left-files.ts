/** Files of an extraction that was cut off: what is of the backup is kept, found out by reading it. */
import { closeFd, FileType, statFd } from "../../host/fs-calls.ts";
import { ContentComparer } from "../compare/compare-content.ts";
import { type Entry, storedSize } from "../entry.ts";
import type { NameMaker } from "./name-maker.ts";

const TYPE_MASK = 0o170000;
const isRegular = ({ mode }: { readonly mode: number }) => (mode & TYPE_MASK) === FileType.file;

/** Looks at what has an entry's name already. Nothing is believed but what its checksums say. */
export class LeftFiles {
  readonly #names: NameMaker;
  readonly #comparer = new ContentComparer();
  #bytes = 0;

  constructor(names: NameMaker) {
    this.#names = names;
  }

  /** Stored bytes that were found in place since the last call. */
  takeBytes(): number {
    const bytes = this.#bytes;
    this.#bytes = 0;
    return bytes;
  }

  /** The file, open, when it has all of its entry's content; undefined: it must be made. */
  whole(entry: Entry): number | undefined {
    const fd = this.#sized(entry);
    if (fd === undefined) return undefined;
    const isWhole = entry.size === 0 || this.#comparer.fileDefect(entry, fd, undefined) === undefined;
    if (!isWhole) closeFd(fd);
    else this.#bytes += storedSize(entry);
    return isWhole ? fd : undefined;
  }

  /** A file in pieces, open, of which some may be in place; undefined: it must be made. */
  begun(entry: Entry): number | undefined {
    const fd = this.#sized(entry);
    if (fd === undefined) return undefined;
    if (this.#comparer.holeDefect(entry, fd) === undefined) return fd;
    closeFd(fd);
    return undefined;
  }

  /** Whether a piece is in place: `ranges` [offset, length, …] of the file or device. */
  hasPiece(fd: number, ranges: readonly number[], { length, hash }: { length: number; hash: bigint }): boolean {
    if (this.#comparer.partDefect(fd, ranges, hash) !== undefined) return false;
    this.#bytes += length;
    return true;
  }

  /** A regular file of the entry's size. */
  #sized(entry: Entry): number | undefined {
    const fd = this.#names.reopen(entry);
    if (fd < 0) return undefined;
    const stat = statFd(fd);
    if (typeof stat !== "number" && isRegular(stat) && stat.size === entry.size) return fd;
    closeFd(fd);
    return undefined;
  }
}
