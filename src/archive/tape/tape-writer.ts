import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { encodePiece } from "../../formats/archive/stream-piece.ts";
import { Errno } from "../../host/syscalls.ts";
import type { PieceTarget } from "../stream/piece-writer.ts";
import { encodeHead, HEAD_NAME, type StreamHead } from "../stream/stream-head.ts";
import type { TapeChanger } from "./tape-changer.ts";
import { OBDR_RECORD_BYTES, type TapeDrive } from "./tape-drive.ts";
import type { TapeFile, TapeIndex } from "./tape-index.ts";
import { type TapeOwner, whyNotReplaced } from "./tape-words.ts";

/** Records of zeros before the image of an OBDR tape, and the length of a record of that. */
const OBDR_RECORDS = 20;
const IMAGE_RECORD_BYTES = 2048;

/** The tape was changed while the last files were written, which stand on one tape. */
export class TapeChanged extends Error {}

/** Which set is written, and who changes tapes. */
export interface TapeJob {
  readonly drive: TapeDrive;
  readonly changer: TapeChanger;
  readonly head: StreamHead;
  readonly owner: TapeOwner;
  readonly reporter: Reporter;
}

/** Puts the pieces of a set onto tapes: what one refuses goes onto the next. */
export class TapeWriter implements PieceTarget {
  readonly #job: TapeJob;
  readonly #tapes: { files: TapeFile[] }[] = [{ files: [] }];
  /** Number of the tape's file that is being written. */
  #file = 0;
  #isOpen = false;
  /** Files of the set go into one file of the tape from now on. */
  #isRest = false;
  sizeBytes = 0;

  constructor(job: TapeJob) {
    this.#job = job;
  }

  get index(): TapeIndex {
    return { blockBytes: this.#job.head.blockBytes, tapes: this.#tapes };
  }

  /** Where the set begins: at the start of the tape, or behind the sets that it holds. */
  beginAt(file: number): void {
    this.#file = file;
  }

  /** What a drive that plays a CD drive boots: before anything else. */
  async writeObdr(image: Iterable<Uint8Array>): Promise<void> {
    const { drive } = this.#job;
    await this.#writeAll(new Uint8Array(OBDR_RECORDS * OBDR_RECORD_BYTES), OBDR_RECORD_BYTES);
    await drive.do("writeMarks", 1);
    for (const part of image) await this.#writeAll(part, IMAGE_RECORD_BYTES);
    await drive.do("writeMarks", 1);
    this.#file = 2;
  }

  begin(name: string): void {
    if (this.#isRest && this.#isOpen) return;
    this.#open(name, 0);
  }

  async put(piece: Uint8Array, about: { readonly file: string; readonly offset: number }): Promise<void> {
    const { drive, head } = this.#job;
    const { error } = await drive.write(piece, head.blockBytes);
    if (error === 0) {
      this.sizeBytes += piece.byteLength;
      return;
    }
    if (error !== Errno.ENOSPC) throw drive.writeFailure(error);
    await this.#nextTape();
    if (this.#isRest) throw new TapeChanged();
    this.#open(about.file, about.offset);
    const again = await drive.write(piece, head.blockBytes);
    if (again.error !== 0) throw drive.writeFailure(again.error);
    this.sizeBytes += piece.byteLength;
  }

  async end(): Promise<void> {
    if (!this.#isRest) await this.#close();
  }

  /**
   * The files that come now stand together in the last file of the last tape. When a tape is full meanwhile, `put`
   * throws TapeChanged: all of them are to be written again.
   */
  beginRest(): void {
    this.#isRest = true;
  }

  /** Everything is on tape. */
  async finish(): Promise<void> {
    await this.#close();
    await this.#job.drive.do("rewind");
  }

  #open(name: string, offset: number): void {
    this.#tapes.at(-1)?.files.push({ file: this.#file, name, offset });
    this.#isOpen = true;
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    const error = await this.#mark();
    // A mark for which there is no room says what the end of the tape says as well.
    if (error !== undefined && error.data.errno !== Errno.ENOSPC) throw error;
    this.#isOpen = false;
    this.#file += 1;
  }

  async #mark(): Promise<MondoError | undefined> {
    try {
      await this.#job.drive.do("writeMarks", 1);
      return undefined;
    } catch (error) {
      if (error instanceof MondoError) return error;
      throw error;
    }
  }

  async #writeAll(bytes: Uint8Array, recordBytes: number): Promise<void> {
    const { drive } = this.#job;
    const { error } = await drive.write(bytes, recordBytes);
    if (error === 0) return;
    if (error !== Errno.ENOSPC) throw drive.writeFailure(error);
    throw new MondoError("no-space", msg`the tape in ${drive.name} is too short for the image that boots`, {
      hint: msg`Take a longer tape, or leave --obdr out.`,
    });
  }

  /** The tape is full: closes it and begins the next. */
  async #nextTape(): Promise<void> {
    const { drive, changer, head, owner, reporter } = this.#job;
    await this.#mark();
    this.#isOpen = false;
    const number = this.#tapes.length + 1;
    reporter.info(msg`Tape ${number - 1} is full`);
    await changer.change({
      what: msg`tape ${number}: an empty one, or one that may be replaced`,
      access: "write",
      judge: (label) => whyNotReplaced(label, owner),
    });
    this.#tapes.push({ files: [] });
    this.#file = 0;
    const text = encodeHead({ ...head, tape: number });
    // It comes for the second time, and readers pass it over.
    const about = { set: head.set, number: 0, file: HEAD_NAME, offset: 0, bytes: text.byteLength, isLast: true };
    this.#open(HEAD_NAME, 0);
    const { error } = await drive.write(encodePiece(about, text, head.blockBytes, head.created), head.blockBytes);
    if (error !== 0) throw drive.writeFailure(error);
    await this.#close();
  }
}
