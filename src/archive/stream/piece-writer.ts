import { encodePiece, pieceContentBytes } from "../../formats/archive/stream-piece.ts";
import type { Soon, VolumeSink } from "../save/volume-sink.ts";

/** What pieces are written to: a pipe, a file, tapes. */
export interface PieceTarget {
  /** Whole blocks, valid until the next call; `about`: what they are of. Failures are MondoErrors. */
  put(piece: Uint8Array, about: { readonly file: string; readonly offset: number }): Soon<void>;
  /** A file of the set begins. */
  begin?(file: string): Soon<void>;
  /** A file of the set has ended. */
  end?(file: string): Soon<void>;
}

/** Which set the pieces are of. */
export interface PieceSet {
  readonly set: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** Length of a block, a multiple of 512. */
  readonly blockBytes: number;
}

/**
 * Cuts the files of a set into pieces. The last part is kept until more comes, so that it can say that it is the last.
 */
export class PieceWriter implements VolumeSink {
  readonly #about: PieceSet;
  readonly #target: PieceTarget;
  readonly #content: Uint8Array;
  #held = 0;
  #offset = 0;
  #number = 0;
  #file = "";

  constructor(about: PieceSet, target: PieceTarget) {
    this.#about = about;
    this.#target = target;
    this.#content = new Uint8Array(pieceContentBytes(about.blockBytes));
  }

  async begin(name: string): Promise<void> {
    this.#file = name;
    this.#offset = 0;
    this.#held = 0;
    await this.#target.begin?.(name);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      if (this.#held === this.#content.byteLength) await this.#put(false);
      const part = bytes.subarray(at, at + this.#content.byteLength - this.#held);
      this.#content.set(part, this.#held);
      this.#held += part.byteLength;
      at += part.byteLength;
    }
  }

  async end(): Promise<number> {
    await this.#put(true);
    await this.#target.end?.(this.#file);
    return 1;
  }

  /** What has gone into a pipe or onto a tape is gone. */
  discard(): void {}

  /** A file that is there as a whole. */
  async file(name: string, parts: Iterable<Uint8Array>): Promise<void> {
    await this.begin(name);
    for (const part of parts) await this.write(part);
    await this.end();
  }

  async #put(isLast: boolean): Promise<void> {
    const { set, created, blockBytes } = this.#about;
    const [number, file, offset, bytes] = [this.#number, this.#file, this.#offset, this.#held];
    const content = this.#content.subarray(0, bytes);
    const piece = encodePiece({ set, number, file, offset, bytes, isLast }, content, blockBytes, created);
    this.#number += 1;
    this.#offset += bytes;
    this.#held = 0;
    await this.#target.put(piece, { file, offset });
  }
}
