/**
 * Tape drives as st(4) has them. Every call here blocks while the tape winds: for a Worker. Source: linux/mtio.h,
 * Documentation/scsi/st.rst.
 */
import { ptr } from "bun:ffi";
import { MondoError } from "../base/errors.ts";
import { c, closeFd, Errno, errno, ioctl, OpenFlag, openPath } from "./syscalls.ts";

const MTIOCTOP = 0x40086d01;
const MTIOCGET = 0x80306d02;

/** Operations of MTIOCTOP. */
const OPERATIONS = {
  forwardFiles: 1,
  backFiles: 2,
  forwardRecords: 3,
  writeMarks: 5,
  rewind: 6,
  offline: 7,
  toEnd: 12,
  setBlock: 20,
  setDriver: 24,
} as const;

/** What a drive can be told to do. */
export type TapeOperation = keyof typeof OPERATIONS;

/**
 * For `setDriver`: each write has its own result, when it is done. Without this one that is refused at the end of the
 * tape would be told of by a later one.
 */
export const WRITE_THROUGH = 0x40000003;

const GENERAL = { mark: 0x80000000, start: 0x40000000, endOfTape: 0x20000000, endOfData: 0x08000000 } as const;
const [WRITE_PROTECTED, ONLINE] = [0x04000000, 0x01000000];

/** State of a drive and its tape. */
export interface TapeStatus {
  /** Whether a tape is in it and ready. */
  readonly isOnline: boolean;
  readonly isWriteProtected: boolean;
  readonly isAtStart: boolean;
  readonly isAtEndOfData: boolean;
  /** Number of the file that the tape is in, from 0; negative: not known (the drive was reset). */
  readonly file: number;
}

/** What came of reading records. */
export interface TapeRead {
  /** The records one behind the other; of a length of `recordBytes` each, but perhaps the last. */
  readonly bytes: Uint8Array;
  /** Why it ended before all were read: 0 for a file mark or the end of the data, else a number of an error. */
  readonly stop?: number;
}

/**
 * A tape drive, call by call, as st(4) answers: 0, or the number of an error. It may be opened and closed often; each
 * time the tape in it is looked at anew.
 */
export interface TapePort {
  /** An empty drive can be opened, too. */
  open(access: "read" | "write"): Promise<number>;
  close(): Promise<void>;
  do(operation: TapeOperation, count: number): Promise<number>;
  status(): Promise<TapeStatus | number>;
  /** Reads up to `count` records of at most `recordBytes` each, to the next file mark. */
  read(recordBytes: number, count: number): Promise<TapeRead>;
  /** Writes records of `recordBytes`; `written` bytes are on the tape. */
  write(bytes: Uint8Array, recordBytes: number): Promise<{ readonly written: number; readonly error: number }>;
}

/** The calls of TapePort on a real drive, each until it is done. */
export class TapeDevice {
  readonly #path: string;
  #fd = -1;

  constructor(path: string) {
    this.#path = path;
  }

  open(access: "read" | "write"): number {
    this.close();
    try {
      // Without nonBlock an empty drive is waited for, for minutes.
      this.#fd = openPath(this.#path, OpenFlag.nonBlock | (access === "write" ? OpenFlag.readWrite : OpenFlag.read));
      return 0;
    } catch (error) {
      const number = error instanceof MondoError ? Number(error.data.errno) : 0;
      return number || Errno.EIO;
    }
  }

  close(): void {
    if (this.#fd >= 0) closeFd(this.#fd);
    this.#fd = -1;
  }

  do(operation: TapeOperation, count: number): number {
    const argument = new Uint8Array(8);
    const view = new DataView(argument.buffer);
    view.setInt16(0, OPERATIONS[operation], true);
    view.setInt32(4, count, true);
    return Math.max(0, -ioctl(this.#fd, MTIOCTOP, argument));
  }

  status(): TapeStatus | number {
    const buffer = new Uint8Array(48);
    const result = ioctl(this.#fd, MTIOCGET, buffer);
    if (result < 0) return -result;
    const view = new DataView(buffer.buffer);
    const general = view.getUint32(24, true);
    const has = (bit: number) => (general & bit) !== 0;
    return {
      isOnline: has(ONLINE),
      isWriteProtected: has(WRITE_PROTECTED),
      isAtStart: has(GENERAL.start),
      isAtEndOfData: has(GENERAL.endOfData),
      file: view.getInt32(40, true),
    };
  }

  read(recordBytes: number, count: number): TapeRead {
    const bytes = new Uint8Array(recordBytes * count);
    let length = 0;
    for (let left = count; left > 0; left--) {
      const got = Number(c.read(this.#fd, ptr(bytes, length), recordBytes));
      if (got <= 0) return { bytes: bytes.subarray(0, length), stop: got < 0 ? errno() : 0 };
      length += got;
      // A short record is the last one that has its place.
      if (got < recordBytes) break;
    }
    return { bytes: bytes.subarray(0, length) };
  }

  write(bytes: Uint8Array, recordBytes: number): { written: number; error: number } {
    for (let at = 0; at < bytes.byteLength; at += recordBytes) {
      const length = Math.min(recordBytes, bytes.byteLength - at);
      const put = Number(c.write(this.#fd, ptr(bytes, at), length));
      if (put < length) return { written: at + Math.max(0, put), error: put < 0 ? errno() : Errno.ENOSPC };
    }
    return { written: bytes.byteLength, error: 0 };
  }
}
