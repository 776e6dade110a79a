/** Takes runs of bytes, one after the other, out of ranges [offset, length, offset, length …]. */
export class RangeCursor {
  readonly #ranges: readonly number[];
  #index = 0;
  #used = 0;

  constructor(ranges: readonly number[]) {
    this.#ranges = ranges;
  }

  /** The next `length` bytes as ranges; fewer when there are no more. */
  take(length: number): number[] {
    const run: number[] = [];
    for (let left = length; left > 0 && this.#index < this.#ranges.length; ) {
      const [offset, whole] = [this.#ranges[this.#index] ?? 0, this.#ranges[this.#index + 1] ?? 0];
      const part = Math.min(left, whole - this.#used);
      if (part > 0) run.push(offset + this.#used, part);
      left -= part;
      this.#used += part;
      if (this.#used < whole) break;
      this.#index += 2;
      this.#used = 0;
    }
    return run;
  }
}
