import { Errno } from "../../src/host/syscalls.ts";
import type { TapeOperation, TapePort, TapeRead, TapeStatus } from "../../src/host/tape.ts";

/** What is on a tape: records and file marks. */
export interface Cartridge {
  items: (Uint8Array | "mark")[];
  /** Room for records; a write beyond it is refused with ENOSPC. */
  readonly capacity: number;
  isWriteProtected?: boolean;
  /** Positions of records that can't be read. */
  readonly unreadable?: Set<number>;
}

export const cartridge = (capacity = Number.POSITIVE_INFINITY): Cartridge => ({ items: [], capacity });

const bytesOn = ({ items }: Cartridge): number =>
  items.reduce((sum, item) => sum + (item === "mark" ? 0 : item.byteLength), 0);

/**
 * A drive as st(4) behaves, with tapes in memory: records of variable length, file marks, ENOSPC at the end, ENOMEM for
 * a record that is longer than the room, EIO beyond the end of the data, an unknown place after a reset.
 */
export class FakeTape implements TapePort {
  /** The tape that is in the drive. */
  loaded: Cartridge | undefined;
  /** Put into the drive after each `offline`. */
  readonly next: (Cartridge | undefined)[] = [];
  /** Errors of the next writes, by their number from now on. */
  readonly writeErrors = new Map<number, number>();
  isBusy = false;
  /** A drive without `toEnd`. */
  hasNoEnd = false;
  /** The number that a drive gives the file at the end, whatever it is. */
  endIsFile: number | undefined;
  #isOpen = false;
  #canWrite = false;
  #at = 0;
  #writes = 0;
  #isLost = false;
  #wasAtEnd = false;

  constructor(loaded?: Cartridge) {
    this.loaded = loaded;
  }

  /** The bus was reset: where the tape is isn't known until it is rewound. */
  reset(): void {
    this.#isLost = true;
  }

  async open(access: "read" | "write"): Promise<number> {
    if (this.isBusy || this.#isOpen) return Errno.EBUSY;
    if (access === "write" && this.loaded?.isWriteProtected) return Errno.EROFS;
    this.#isOpen = true;
    this.#canWrite = access === "write";
    return 0;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  async status(): Promise<TapeStatus | number> {
    if (!this.#isOpen) return 9;
    const items = this.loaded?.items ?? [];
    return {
      isOnline: this.loaded !== undefined,
      isWriteProtected: this.loaded?.isWriteProtected === true,
      isAtStart: this.#at === 0,
      isAtEndOfData: this.#wasAtEnd,
      file: this.#isLost
        ? -1
        : this.#at === items.length && this.endIsFile !== undefined
          ? this.endIsFile
          : items.slice(0, this.#at).filter((item) => item === "mark").length,
    };
  }

  async do(operation: TapeOperation, count: number): Promise<number> {
    if (!this.#isOpen) return 9;
    if (operation === "offline") {
      this.loaded = this.next.length > 0 ? this.next.shift() : this.loaded;
      this.#at = 0;
      return 0;
    }
    const tape = this.loaded;
    if (!tape) return 123;
    if (operation === "rewind") this.#isLost = false;
    if (this.#isLost) return Errno.EIO;
    this.#wasAtEnd = false;
    if (operation === "rewind") this.#at = 0;
    else if (operation === "toEnd") {
      if (this.hasNoEnd) return Errno.EIO;
      this.#at = tape.items.length;
    } else if (operation === "writeMarks") {
      if (!this.#canWrite) return Errno.EACCES;
      tape.items.splice(this.#at, Number.POSITIVE_INFINITY, ...Array.from({ length: count }, () => "mark" as const));
      this.#at = tape.items.length;
    } else if (operation === "forwardFiles") return this.#forward(tape, count, true);
    else if (operation === "forwardRecords") return this.#forward(tape, count, false);
    else if (operation === "backFiles") {
      for (let left = count; left > 0; this.#at--) {
        if (this.#at === 0) return Errno.EIO;
        if (tape.items[this.#at - 1] === "mark") left--;
      }
    }
    return 0;
  }

  async read(recordBytes: number, count: number): Promise<TapeRead> {
    const parts: Uint8Array[] = [];
    const done = (stop?: number): TapeRead => ({
      bytes: Buffer.concat(parts),
      ...(stop === undefined ? {} : { stop }),
    });
    if (!this.#isOpen) return done(9);
    const tape = this.loaded;
    if (!tape) return done(123);
    if (this.#isLost) return done(Errno.EIO);
    for (let left = count; left > 0; left--) {
      const item = tape.items[this.#at];
      if (item === undefined) {
        // The first read at the end of the data gives nothing, later ones an error.
        const stop = this.#wasAtEnd ? Errno.EIO : 0;
        this.#wasAtEnd = true;
        return done(stop);
      }
      this.#at += 1;
      if (item === "mark") return done(0);
      if (tape.unreadable?.has(this.#at - 1)) return done(Errno.EIO);
      if (item.byteLength > recordBytes) return done(Errno.ENOMEM);
      parts.push(item);
      if (item.byteLength < recordBytes) break;
    }
    return done();
  }

  async write(bytes: Uint8Array, recordBytes: number): Promise<{ written: number; error: number }> {
    const tape = this.loaded;
    if (!this.#isOpen || !this.#canWrite) return { written: 0, error: 9 };
    if (!tape) return { written: 0, error: 123 };
    if (this.#isLost) return { written: 0, error: Errno.EIO };
    this.#wasAtEnd = false;
    for (let at = 0; at < bytes.byteLength; at += recordBytes) {
      const error = this.writeErrors.get(this.#writes++);
      if (error !== undefined) return { written: at, error };
      tape.items.length = this.#at;
      const record = Uint8Array.from(bytes.subarray(at, at + recordBytes));
      if (bytesOn(tape) + record.byteLength > tape.capacity) return { written: at, error: Errno.ENOSPC };
      tape.items.push(record);
      this.#at += 1;
    }
    return { written: bytes.byteLength, error: 0 };
  }

  #forward(tape: Cartridge, count: number, files: boolean): number {
    for (let left = count; left > 0; ) {
      const item = tape.items[this.#at];
      if (item === undefined) return Errno.EIO;
      this.#at += 1;
      if (files ? item === "mark" : item !== "mark") left--;
      else if (!files) return Errno.EIO;
    }
    return 0;
  }
}
