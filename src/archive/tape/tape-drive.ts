import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { KIB } from "../../base/units.ts";
import { decodePiece, MOST_BLOCK_BYTES } from "../../formats/archive/stream-piece.ts";
import { Errno, errnoText } from "../../host/syscalls.ts";
import { type TapeOperation, type TapePort, type TapeRead, type TapeStatus, WRITE_THROUGH } from "../../host/tape.ts";
import { decodeHead, HEAD_NAME, type StreamHead } from "../stream/stream-head.ts";

/** Length of a block when nobody says otherwise. */
export const TAPE_BLOCK_BYTES = 64 * KIB;
/** Lengths of the room that a block of unknown length is read into: of a longer one nothing comes. */
const ROOMS = [TAPE_BLOCK_BYTES, 256 * KIB, 1024 * KIB, MOST_BLOCK_BYTES];
/** Drives that know blocks of one length alone. */
const FIXED_BYTES = 512;
/** An OBDR tape begins with records of this length, then an image, each ended by a file mark. */
export const OBDR_RECORD_BYTES = 512;
const OBDR_FILES = 2;

/** A set that begins, or goes on, with a file of a tape. */
export interface OurLabel {
  readonly kind: "ours";
  readonly head: StreamHead;
  /** Number of the tape's file with the head. */
  readonly file: number;
  readonly recordBytes: number;
}

/** What a tape starts with. */
export type TapeLabel = { readonly kind: "blank" } | { readonly kind: "foreign" } | OurLabel;

/** A tape drive: its calls with their failures as sentences, and where its tape is. */
export class TapeDrive {
  /** `/dev/nst0` */
  readonly name: string;
  readonly #port: TapePort;
  #at: { file: number; record: number } | undefined;

  constructor(name: string, port: TapePort) {
    this.name = name;
    this.#port = port;
  }

  /** Looks at the tape that is in it now. Throws where there is no drive, or another program has it. */
  async open(access: "read" | "write"): Promise<TapeStatus> {
    await this.#port.close();
    this.#at = undefined;
    const error = await this.#port.open(access);
    if (error === Errno.EROFS || error === Errno.EACCES) {
      throw this.#failure(
        msg`the tape is write-protected`,
        msg`Take its write protection off, or insert another tape.`,
      );
    }
    if (error === Errno.EBUSY) throw this.#failure(msg`another program has the drive`, msg`Wait for it, or end it.`);
    if (error === Errno.ENOENT || error === Errno.ENXIO || error === Errno.ENODEV) {
      throw this.#failure(msg`there is no tape drive`, msg`Load the module st, or name the drive's device.`);
    }
    if (error !== 0 && error !== NO_MEDIUM) throw this.#failed("open", error);
    const status = await this.status();
    if (status.isOnline) {
      // After a reset, nothing else is taken.
      await this.#port.do("rewind", 1);
      // As long as each record is; drives that can't do that have records of 512 bytes.
      if ((await this.#port.do("setBlock", 0)) !== 0) await this.do("setBlock", FIXED_BYTES);
      await this.#port.do("setDriver", WRITE_THROUGH);
    }
    return status;
  }

  async close(): Promise<void> {
    await this.#port.close();
  }

  async status(): Promise<TapeStatus> {
    const status = await this.#port.status();
    if (typeof status === "number") throw this.#failed("ask", status);
    return status;
  }

  /** Refuses an empty drive. */
  requireTape({ isOnline }: TapeStatus): void {
    if (!isOnline) throw this.#failure(msg`there is no tape in the drive`, msg`Insert one.`);
  }

  async do(operation: TapeOperation, count = 1): Promise<void> {
    const error = await this.#port.do(operation, count);
    if (error !== 0) throw this.#failed(operation, error);
  }

  /** The same where it does not matter whether it works. */
  async try(operation: TapeOperation, count = 1): Promise<boolean> {
    return (await this.#port.do(operation, count)) === 0;
  }

  async rewind(): Promise<void> {
    await this.do("rewind");
    this.#at = { file: 0, record: 0 };
  }

  /** Number of the file that the tape is in, where the drive knows. */
  async file(): Promise<number> {
    const { file } = await this.status();
    if (file >= 0) return file;
    throw this.#failure(msg`it does not know where its tape is: it was reset`, msg`Begin again.`);
  }

  /** To a record of a file, by the shortest way that the drive is sure of. */
  async seek(file: number, record: number): Promise<void> {
    const at = this.#at;
    this.#at = undefined;
    if (!at || at.file > file || (at.file === file && at.record > record)) {
      // Back over the mark before the file, and over it again: a rewind winds much more.
      if (at && file > 0) {
        await this.do("backFiles", at.file - file + 1);
        await this.do("forwardFiles", 1);
      } else {
        await this.do("rewind");
        if (file > 0) await this.do("forwardFiles", file);
      }
      if (record > 0) await this.do("forwardRecords", record);
    } else if (at.file < file) {
      await this.do("forwardFiles", file - at.file);
      if (record > 0) await this.do("forwardRecords", record);
    } else if (record > at.record) await this.do("forwardRecords", record - at.record);
    this.#at = { file, record };
  }

  /** Reads records of a known length. `stop` 0: a file mark or the end of the data. The tape's place is known then. */
  async read(recordBytes: number, count: number): Promise<TapeRead> {
    const read = await this.#port.read(recordBytes, count);
    if (this.#at && read.stop === undefined) this.#at.record += Math.ceil(read.bytes.byteLength / recordBytes);
    else if (this.#at && read.stop === 0) this.#at = { file: this.#at.file + 1, record: 0 };
    else this.#at = undefined;
    return read;
  }

  /** As st(4) writes: nothing is thrown. */
  write(bytes: Uint8Array, recordBytes: number): Promise<{ readonly written: number; readonly error: number }> {
    return this.#port.write(bytes, recordBytes);
  }

  /** What the tape starts with; it is rewound before. Throws where that can't be read. */
  async label(): Promise<TapeLabel> {
    await this.rewind();
    return this.#labelAt(0);
  }

  /** The set whose head is in a file of the tape. */
  async headAt(file: number): Promise<TapeLabel> {
    await this.seek(file, 0);
    return this.#labelAt(file);
  }

  async #labelAt(file: number): Promise<TapeLabel> {
    const first = await this.#firstRecord(file);
    if (first === "blank" || first.byteLength === 0) return { kind: "blank" };
    const isObdr = file === 0 && first.byteLength === OBDR_RECORD_BYTES && first.every((byte) => byte === 0);
    if (isObdr) {
      await this.seek(OBDR_FILES, 0);
      return this.#labelAt(OBDR_FILES);
    }
    const recordBytes = first.byteLength;
    let bytes = first;
    for (;;) {
      const piece = decodePiece(bytes, 0);
      if (piece && "content" in piece) {
        const head = piece.file === HEAD_NAME && piece.isLast ? decodeHead(decodeText(piece.content)) : undefined;
        return head ? { kind: "ours", head, file, recordBytes } : { kind: "foreign" };
      }
      if (!piece || piece.more > 2 * MOST_BLOCK_BYTES) return { kind: "foreign" };
      const more = await this.#port.read(recordBytes, 1);
      if (more.bytes.byteLength === 0) return { kind: "foreign" };
      const longer = new Uint8Array(bytes.byteLength + more.bytes.byteLength);
      longer.set(bytes);
      longer.set(more.bytes, bytes.byteLength);
      bytes = longer;
    }
  }

  /** The record at the start of a file, of whatever length. */
  async #firstRecord(file: number): Promise<Uint8Array | "blank"> {
    for (const room of ROOMS) {
      const { bytes, stop } = await this.#port.read(room, 1);
      this.#at = undefined;
      if (stop === undefined) return Uint8Array.from(bytes);
      if (stop === 0 || (await this.status()).isAtEndOfData) return "blank";
      if (stop !== Errno.ENOMEM && stop !== Errno.EOVERFLOW) throw this.#failed(msg`read the start of`, stop);
      await this.seek(file, 0);
    }
    throw this.#failure(
      msg`its tape has blocks of more than 4 MiB`,
      msg`Give --overwrite if what it holds may be lost.`,
    );
  }

  #failure(what: string, hint: string): MondoError {
    return new MondoError("system", `${this.name}: ${what}`, { hint });
  }

  #failed(call: string, error: number): MondoError {
    const what = WORDS[call] ?? call;
    const message = `${this.name}: ${what}: ${errnoText(error)}`;
    const hint =
      error === Errno.EIO ? msg`The tape is worn or dirty, or the drive was reset: try again, or another tape.` : "";
    return new MondoError("system", message, { ...(hint === "" ? {} : { hint }), data: { errno: error } });
  }

  /** The error for a write that did not work. */
  writeFailure(error: number): MondoError {
    const message = msg`${this.name} can't write on: ${errnoText(error)}; the backup on this tape is not complete`;
    return new MondoError("system", message, {
      hint: msg`Clean the drive, or take another tape, and start the backup again.`,
      data: { errno: error },
    });
  }
}

const NO_MEDIUM = 123;

const WORDS: Readonly<Record<string, string>> = {
  open: msg`it can't be opened`,
  ask: msg`it does not answer`,
  rewind: msg`it can't rewind its tape`,
  forwardFiles: msg`it can't wind its tape on`,
  backFiles: msg`it can't wind its tape back`,
  forwardRecords: msg`it can't wind its tape on`,
  writeMarks: msg`it can't write a file mark`,
  toEnd: msg`it can't find the end of the data on its tape`,
  setBlock: msg`it takes no block length`,
};
