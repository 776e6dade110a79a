import { MIB } from "../../base/units.ts";

/** Read at once, and kept: whoever reads asks for less, in order. */
const BLOCK_BYTES = 2 * MIB;
const KEPT_BLOCKS = 8;

/** A file that is read in large parts, the next one ahead, whatever small ones are asked for. */
export class BlockReader {
  readonly sizeBytes: number;
  readonly #fetch: (offset: number, length: number) => Promise<Uint8Array>;
  readonly #blocks = new Map<number, Promise<Uint8Array>>();

  /** `fetch` gives all of a range inside the file, or throws. */
  constructor(sizeBytes: number, fetch: (offset: number, length: number) => Promise<Uint8Array>) {
    this.sizeBytes = sizeBytes;
    this.#fetch = fetch;
  }

  /** Bytes of the file; a range beyond its end is cut. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.sizeBytes);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    for (let at = offset; at < end; ) {
      const number = Math.floor(at / BLOCK_BYTES);
      const block = await this.#block(number);
      const from = at - number * BLOCK_BYTES;
      const part = block.subarray(from, from + end - at);
      bytes.set(part, at - offset);
      at += part.byteLength;
    }
    // Whoever reads on finds the next block under way.
    const next = Math.floor(end / BLOCK_BYTES);
    if (next * BLOCK_BYTES < this.sizeBytes) this.#block(next).catch(() => {});
    return bytes;
  }

  #block(number: number): Promise<Uint8Array> {
    const known = this.#blocks.get(number);
    if (known) return known;
    const offset = number * BLOCK_BYTES;
    const made = this.#fetch(offset, Math.min(BLOCK_BYTES, this.sizeBytes - offset));
    this.#blocks.set(number, made);
    // What could not be had must be asked for again, not remembered.
    made.catch(() => this.#blocks.delete(number));
    for (const old of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT_BLOCKS) break;
      this.#blocks.delete(old);
    }
    return made;
  }
}
