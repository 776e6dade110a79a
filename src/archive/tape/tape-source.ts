import { msg } from "../../base/message.ts";
import { errnoText } from "../../host/syscalls.ts";
import type { StreamPart, StreamSource } from "../stream/piece-reader.ts";
import type { StreamHead } from "../stream/stream-head.ts";
import type { TapeChanger } from "./tape-changer.ts";
import type { TapeDrive } from "./tape-drive.ts";
import { describeTape, whyNotThisTape } from "./tape-words.ts";

/** Records that are read at once. */
const READ_BYTES = 1 << 20;
/** After so many failures in a row the rest of the tape's file is given up. */
const MOST_FAILURES = 8;

/** What is read from tapes, front to back. */
export interface TapeReading {
  readonly drive: TapeDrive;
  /** Absent: what is behind this tape is not asked for. */
  readonly changer?: TapeChanger;
  readonly head: StreamHead;
  readonly recordBytes: number;
  /** So many files of this tape are read, of a set that others follow; absent: all. */
  readonly files?: number;
}

/** The pieces of a set from its tapes; the drive stands where the set begins. What can't be read is passed over. */
export class TapeSource implements StreamSource {
  readonly #reading: TapeReading;
  #tape: number;
  #isEmptyFile = true;
  #failures = 0;
  #isOver = false;
  #passed = 0;

  constructor(reading: TapeReading) {
    this.#reading = reading;
    this.#tape = reading.head.tape;
  }

  async next(): Promise<StreamPart> {
    const { drive, recordBytes } = this.#reading;
    while (!this.#isOver) {
      const { bytes, stop } = await drive.read(recordBytes, Math.max(1, Math.floor(READ_BYTES / recordBytes)));
      if (stop === 0) this.#passed += 1;
      if (this.#passed === this.#reading.files) this.#isOver = true;
      if (bytes.byteLength > 0) {
        this.#isEmptyFile = false;
        this.#failures = 0;
        // A reason to stop shows again at the next read, but for a mark, which was passed.
        if (stop === 0) this.#isEmptyFile = true;
        return bytes;
      }
      if (stop === undefined) continue;
      if (stop === 0) {
        const wasEmpty = this.#isEmptyFile;
        this.#isEmptyFile = true;
        if (wasEmpty && (await this.#isAtEnd())) await this.#nextTape();
        continue;
      }
      return await this.#failed(stop);
    }
    return undefined;
  }

  async #isAtEnd(): Promise<boolean> {
    const { drive, recordBytes } = this.#reading;
    if ((await drive.status()).isAtEndOfData) return true;
    // Where a drive doesn't say so, nothing follows a mark but another one, or an error.
    const { bytes } = await drive.read(recordBytes, 1);
    return bytes.byteLength === 0;
  }

  async #failed(stop: number): Promise<StreamPart> {
    const { drive } = this.#reading;
    this.#failures += 1;
    if ((await drive.status()).isAtEndOfData) {
      await this.#nextTape();
      return this.next();
    }
    if (this.#failures > 1 && !(await drive.try("forwardRecords", 1)) && this.#failures > MOST_FAILURES) {
      if (!(await drive.try("forwardFiles", 1))) await this.#nextTape();
      this.#failures = 0;
    }
    return { unreadable: msg`a part of tape ${this.#tape} in ${drive.name} can't be read: ${errnoText(stop)}` };
  }

  async #nextTape(): Promise<void> {
    const { changer, head } = this.#reading;
    if (!changer) {
      this.#isOver = true;
      return;
    }
    this.#tape += 1;
    const tape = this.#tape;
    await changer.change({
      what: describeTape(head, tape),
      access: "read",
      judge: (label) => whyNotThisTape(label, head.set, tape),
    });
    this.#isEmptyFile = true;
    this.#failures = 0;
  }
}
