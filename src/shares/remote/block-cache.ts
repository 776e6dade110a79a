/**
 * Blocks of files on servers. Those that were asked for first go when there are too many, used or not: what was used
 * last is behind whoever reads in order, and what was asked for long ago may be the next one.
 */
export class BlockCache {
  readonly #mostBlocks: number;
  readonly #blocks = new Map<string, Promise<Uint8Array>>();

  constructor(mostBlocks: number) {
    this.#mostBlocks = mostBlocks;
  }

  has(key: string): boolean {
    return this.#blocks.has(key);
  }

  /** The block; `load` gets it where it is not there. What could not be had is asked for again, not remembered. */
  get(key: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#blocks.get(key);
    if (known) return known;
    const block = load();
    this.#blocks.set(key, block);
    block.catch(() => {
      if (this.#blocks.get(key) === block) this.#blocks.delete(key);
    });
    for (const old of this.#blocks.keys()) {
      if (this.#blocks.size <= this.#mostBlocks) break;
      this.#blocks.delete(old);
    }
    return block;
  }
}
