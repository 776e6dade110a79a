import type { TapeDrive } from "../archive/tape/tape-drive.ts";
import type { TapeIndex } from "../archive/tape/tape-index.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { decodePiece, PIECE_HEAD_BYTES, pieceBytes, pieceContentBytes } from "../formats/archive/stream-piece.ts";

/** Workers that read ask for parts that lie a little apart: so many pieces stay in memory. */
const KEPT_PIECES = 32;
const TRIES = 2;

/** What is read by pieces, and how another tape comes into the drive. */
export interface PieceReading {
  readonly drive: TapeDrive;
  readonly set: string;
  readonly index: TapeIndex;
  readonly recordBytes: number;
  /** The tape that is in the drive. */
  readonly tape: number;
  /** Puts another one in, opened; also after an error, where it is the same. */
  insert(tape: number): Promise<void>;
  /** Waits a moment before another tape is asked for: whoever reads beside may still want what is on this one. */
  settle(): Promise<void>;
}

/** A piece's place. */
interface Place {
  readonly tape: number;
  readonly file: number;
  readonly record: number;
}

/** A piece that somebody waits for. */
interface Wish {
  readonly key: string;
  readonly place: Place;
  readonly fetch: () => Promise<Uint8Array>;
  readonly give: (content: Promise<Uint8Array>) => void;
}

/**
 * Reads files of a set from its tapes wherever they are asked for. There is one drive: one piece after the other, and
 * all that is wanted of the tape in it before another one is asked for.
 */
export class TapePieces {
  readonly #reading: PieceReading;
  readonly #kept = new Map<string, Uint8Array>();
  #tape: number;
  readonly #wishes: Wish[] = [];
  #isServing = false;

  constructor(reading: PieceReading) {
    this.#reading = reading;
    this.#tape = reading.tape;
  }

  /** Bytes of a file of this length; the range lies in it. Throws `damaged` where they can't be had. */
  async read(file: string, sizeBytes: number, offset: number, length: number): Promise<Uint8Array> {
    const full = pieceContentBytes(this.#reading.index.blockBytes);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const number = Math.floor((offset + at) / full);
      const content = await this.#piece(file, sizeBytes, number * full);
      const part = content.subarray(offset + at - number * full, offset + length - number * full);
      bytes.set(part, at);
      at += part.byteLength;
    }
    return bytes;
  }

  async #piece(file: string, sizeBytes: number, offset: number): Promise<Uint8Array> {
    const place = this.#placeOf(file, offset);
    if (!place) throw new MondoError("damaged", msg`no tape has byte ${offset} of ${file}`);
    const fetch = () => this.#fetch(place, file, sizeBytes, offset);
    return new Promise((give) => {
      this.#wishes.push({ key: `${file} ${offset}`, place, fetch, give });
      void this.#serve();
    });
  }

  /** The wish that comes next: of the tape in the drive, if there is one. */
  #next(): Wish | undefined {
    const at = this.#wishes.findIndex(({ key, place }) => this.#kept.has(key) || place.tape === this.#tape);
    return at < 0 ? undefined : this.#wishes.splice(at, 1)[0];
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#wishes.length > 0) {
      let wish = this.#next();
      if (!wish) {
        await this.#reading.settle();
        wish = this.#next() ?? this.#wishes.shift();
      }
      if (!wish) continue;
      const kept = this.#kept.get(wish.key);
      const content = kept ? Promise.resolve(kept) : wish.fetch();
      wish.give(content);
      await content.catch(() => {});
    }
    this.#isServing = false;
  }

  async #fetch(place: Place, file: string, sizeBytes: number, offset: number): Promise<Uint8Array> {
    const { drive, recordBytes, set } = this.#reading;
    const bytes = Math.min(pieceContentBytes(this.#reading.index.blockBytes), sizeBytes - offset);
    const records = Math.ceil((PIECE_HEAD_BYTES + Math.ceil(bytes / 512) * 512) / recordBytes);
    let why = "";
    for (let tries = 0; tries < TRIES; tries++) {
      try {
        if (tries > 0 || place.tape !== this.#tape) await this.#reading.insert(place.tape);
        this.#tape = place.tape;
        await drive.seek(place.file, place.record);
        const read = await drive.read(recordBytes, records);
        const piece = decodePiece(read.bytes, 0);
        const found = piece && "content" in piece ? piece : undefined;
        const isRight = found?.set === set && found.file === file && found.offset === offset;
        // A shorter one is whole, too, by its own digest; whoever reads would wait for the rest for ever.
        if (found && isRight && found.bytes === bytes) return this.#keep(`${file} ${offset}`, found.content);
        why = msg`what stands there is not what was written`;
      } catch (error) {
        if (!(error instanceof MondoError) || error.code === "cancelled") throw error;
        why = error.message;
      }
    }
    const what = msg`${bytes} bytes of ${file}, from byte ${offset} on, can't be read from tape ${place.tape}: ${why}`;
    throw new MondoError("damaged", what);
  }

  #keep(key: string, content: Uint8Array): Uint8Array {
    this.#kept.set(key, content);
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_PIECES) break;
      this.#kept.delete(old);
    }
    return content;
  }

  #placeOf(file: string, offset: number): Place | undefined {
    const { index, recordBytes } = this.#reading;
    let found: Place | undefined;
    const full = pieceContentBytes(index.blockBytes);
    const records = pieceBytes(index.blockBytes) / recordBytes;
    for (const [at, { files }] of index.tapes.entries()) {
      for (const one of files) {
        if (one.name !== file || one.offset > offset) continue;
        found = { tape: at + 1, file: one.file, record: ((offset - one.offset) / full) * records };
      }
    }
    return found;
  }
}
