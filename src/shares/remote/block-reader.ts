import { MIB } from "../../base/units.ts";
import { BlockCache } from "./block-cache.ts";

/** Read at once, and kept: whoever reads asks for less, in order. */
export const BLOCK_BYTES = MIB;
/** Blocks under way before whoever reads in order: a link of 1 Gbit/s and 150 ms to the server and back is full. */
export const MOST_AHEAD = 24;
/** How many are asked for after a jump. */
const LEAST_AHEAD = 2;

/** Of all files of this process together: it serves one server, and the rescue may have little memory. */
const cache = new BlockCache(MOST_AHEAD + 8);
let readers = 0;

/**
 * A file that is read in large parts, whatever small ones are asked for. The more of it is read in order, the more
 * parts are under way: a server may be far.
 */
export class BlockReader {
  readonly sizeBytes: number;
  readonly #fetch: (offset: number, length: number) => Promise<Uint8Array>;
  readonly #name = `${++readers}`;
  #ahead = LEAST_AHEAD;

  /** `fetch` gives all of a range inside the file, or throws. */
  constructor(sizeBytes: number, fetch: (offset: number, length: number) => Promise<Uint8Array>) {
    this.sizeBytes = sizeBytes;
    this.#fetch = fetch;
  }

  /** Bytes of the file; a range beyond its end is cut. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.sizeBytes);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    if (bytes.byteLength === 0) return bytes;
    const [first, last] = [Math.floor(offset / BLOCK_BYTES), Math.floor((end - 1) / BLOCK_BYTES)];
    this.#reckon(first);
    const wanted = Array.from({ length: last - first + 1 }, (_, at) => this.#block(first + at));
    this.#askAhead(last);
    for (const [at, block] of wanted.entries()) {
      const start = (first + at) * BLOCK_BYTES;
      const from = Math.max(0, offset - start);
      bytes.set((await block).subarray(from, end - start), start + from - offset);
    }
    return bytes;
  }

  /** What was asked for before it was wanted shows that the file is read in order. */
  #reckon(first: number): void {
    const isExpected = cache.has(this.#key(first));
    this.#ahead = isExpected ? Math.min(MOST_AHEAD, this.#ahead * 2) : LEAST_AHEAD;
  }

  #askAhead(last: number): void {
    for (let number = last + 1; number <= last + this.#ahead; number++) {
      if (number * BLOCK_BYTES >= this.sizeBytes) return;
      if (!cache.has(this.#key(number))) this.#block(number).catch(() => {});
    }
  }

  #key(number: number): string {
    return `${this.#name}:${number}`;
  }

  #block(number: number): Promise<Uint8Array> {
    const offset = number * BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES, this.sizeBytes - offset);
    return cache.get(this.#key(number), () => this.#fetch(offset, length));
  }
}
