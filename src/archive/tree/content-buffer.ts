/** Bytes that are put one behind the other: the memory is kept when `length` goes back to 0, and grows as needed. */
export class ContentBuffer {
  #bytes: Uint8Array;
  length = 0;

  constructor(room: number) {
    this.#bytes = new Uint8Array(room);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** What has been written, as a view. */
  filled(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** Makes room for `more` bytes behind what has been written. */
  reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const bigger = new Uint8Array(Math.ceil((this.length + more) * 1.25));
    bigger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = bigger;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
}
