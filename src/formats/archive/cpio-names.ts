import { decodeText } from "../../base/bytes.ts";

const HEADER_BYTES = 110;
const HEADER = /^07070[12][0-9a-fA-F]{104}$/;
const TRAILER = "TRAILER!!!";
/** Longest path that Linux takes. */
const LONGEST_NAME = 4096;
const toWord = (length: number) => (4 - (length % 4)) % 4;

/**
 * Reads the names in cpio archives (newc, several in a row, zeros between) that come piece by piece, and keeps nothing
 * else. `rest` says after how many bytes something follows that is no archive: what is compressed, in an initramfs.
 */
export class CpioNames {
  readonly names: string[] = [];
  /** The last archive ended with its trailer. */
  complete = false;
  rest: number | undefined;
  #held = new Uint8Array(0);
  #skip = 0;
  #at = 0;

  feed(piece: Uint8Array): void {
    let bytes = piece;
    while (this.rest === undefined && bytes.byteLength > 0) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.byteLength);
        this.#skip -= skipped;
        this.#at += skipped;
        bytes = bytes.subarray(skipped);
      } else bytes = this.#takeHeader(bytes);
    }
  }

  /** Takes as much as a header with its name needs, or zeros between archives; what remains. */
  #takeHeader(bytes: Uint8Array): Uint8Array {
    if (this.#held.byteLength === 0 && bytes[0] === 0) {
      const end = bytes.findIndex((byte) => byte !== 0);
      const zeros = end < 0 ? bytes.byteLength : end;
      this.#at += zeros;
      return bytes.subarray(zeros);
    }
    const wanted = this.#wanted();
    const taken = bytes.subarray(0, wanted - this.#held.byteLength);
    const held = new Uint8Array(this.#held.byteLength + taken.byteLength);
    held.set(this.#held);
    held.set(taken, this.#held.byteLength);
    this.#held = held;
    if (held.byteLength === wanted) this.#decide();
    return bytes.subarray(taken.byteLength);
  }

  #field(index: number): number {
    return Number.parseInt(decodeText(this.#held.subarray(6 + index * 8, 14 + index * 8)), 16);
  }

  #wanted(): number {
    return this.#held.byteLength < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + this.#field(11);
  }

  /** With a header held: is it one? With the name, too: keeps it, and goes on behind the content. */
  #decide(): void {
    const held = this.#held;
    if (held.byteLength === HEADER_BYTES) {
      const length = HEADER.test(decodeText(held)) ? this.#field(11) : 0;
      if (length === 0 || length > LONGEST_NAME) this.rest = this.#at;
      return;
    }
    const name = decodeText(held.subarray(HEADER_BYTES, -1));
    const size = this.#field(6);
    this.complete = name === TRAILER;
    if (!this.complete) this.names.push(name);
    this.#at += held.byteLength;
    this.#skip = toWord(held.byteLength) + size + toWord(size);
    this.#held = new Uint8Array(0);
  }

  /** Ends the reading; what was begun and not finished is something else. */
  finish(): void {
    if (this.#held.byteLength > 0) this.rest ??= this.#at;
  }
}
