import { TAR_BLOCK } from "../../formats/archive/pax.ts";
import { decodePiece, MOST_BLOCK_BYTES, type Piece } from "../../formats/archive/stream-piece.ts";

/** What comes from a stream: bytes; or a part of it that can't be read, with the reason. Ends with undefined. */
export type StreamPart = Uint8Array | { readonly unreadable: string } | undefined;

/** Where a stream comes from. What was given is valid until the next call. */
export interface StreamSource {
  next(): Promise<StreamPart>;
}

/** Room for the longest piece, and what is read at once. */
const ROOM_BYTES = 4 * MOST_BLOCK_BYTES;

/**
 * Finds the pieces in a stream. What is not one, or is not what was written, is passed over: the next piece of the same
 * set goes on. `skippedBytes` counts it, without the zeros between and behind pieces.
 */
export class PieceReader {
  readonly #source: StreamSource;
  readonly #room = new Uint8Array(ROOM_BYTES);
  #start = 0;
  #end = 0;
  /** Of what the source gave last, what there was no room for. */
  #rest: Uint8Array = new Uint8Array(0);
  #isOver = false;
  #set: string | undefined;
  #position = 0;
  skippedBytes = 0;
  /** Why parts could not be read, each once. */
  readonly unreadable = new Set<string>();

  /** `set`: only pieces of this set; default: of the one that the first piece is of. */
  constructor(source: StreamSource, set?: string) {
    this.#source = source;
    this.#set = set;
  }

  /** The next piece, valid until the next call; undefined at the end of the stream. */
  async next(): Promise<Piece | undefined> {
    for (;;) {
      const found = decodePiece(this.#room.subarray(0, this.#end), this.#start);
      if (found && "more" in found) {
        if (await this.#fill()) continue;
        if (found.more <= TAR_BLOCK) return undefined;
      }
      if (found && "content" in found && (this.#set ?? found.set) === found.set) {
        this.#set = found.set;
        this.#move(found.end - this.#start);
        return found;
      }
      this.#skip();
    }
  }

  /** How far the stream was read, for people. */
  get position(): number {
    return this.#position;
  }

  #move(bytes: number): void {
    this.#start += bytes;
    this.#position += bytes;
  }

  /** A block that starts no piece. */
  #skip(): void {
    const block = this.#room.subarray(this.#start, Math.min(this.#start + TAR_BLOCK, this.#end));
    if (block.some((byte) => byte !== 0)) this.skippedBytes += block.byteLength;
    this.#move(block.byteLength);
  }

  /** More bytes behind those that are there; false at the end. */
  async #fill(): Promise<boolean> {
    if (this.#isOver) return false;
    const part = this.#rest.byteLength > 0 ? this.#rest : await this.#source.next();
    if (part === undefined) {
      this.#isOver = true;
      return false;
    }
    if (!(part instanceof Uint8Array)) {
      // What was begun before it can't be completed behind it.
      this.unreadable.add(part.unreadable);
      this.skippedBytes += this.#end - this.#start;
      this.#start = 0;
      this.#end = 0;
      return true;
    }
    if (this.#end + part.byteLength > this.#room.byteLength) {
      this.#room.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    // Sixteen records of a tape may be more than the room: the longest piece fits in any case.
    const fitting = part.subarray(0, this.#room.byteLength - this.#end);
    this.#rest = part.subarray(fitting.byteLength);
    this.#room.set(fitting, this.#end);
    this.#end += fitting.byteLength;
    return true;
  }
}
