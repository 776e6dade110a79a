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

/** Ranges between the given ones, up to `size`. */
export function holesOf(extents: readonly number[], size: number): number[] {
  const holes: number[] = [];
  let at = 0;
  for (let i = 0; i < extents.length; i += 2) {
    const [offset, length] = [extents[i] ?? 0, extents[i + 1] ?? 0];
    if (offset > at) holes.push(at, offset - at);
    at = offset + length;
  }
  if (at < size) holes.push(at, size - at);
  return holes;
}

/** The parts that two lists of ranges have in common. */
export function commonRanges(a: readonly number[], b: readonly number[]): number[] {
  const common: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [startA, startB] = [a[i] ?? 0, b[j] ?? 0];
    const [endA, endB] = [startA + (a[i + 1] ?? 0), startB + (b[j + 1] ?? 0)];
    const [from, to] = [Math.max(startA, startB), Math.min(endA, endB)];
    if (from < to) common.push(from, to - from);
    if (endA < endB) i += 2;
    else j += 2;
  }
  return common;
}

/** At most so many ranges [offset, length, …]: the shortest gaps between them are taken in. */
export function coarsened(ranges: readonly number[], most: number): readonly number[] {
  let coarse = ranges;
  for (let least = 4096; coarse.length > 2 * most; least *= 2) coarse = withoutGaps(coarse, least);
  return coarse;
}

function withoutGaps(ranges: readonly number[], least: number): number[] {
  const joined: number[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const [offset, length] = [ranges[i] ?? 0, ranges[i + 1] ?? 0];
    const last = joined.length - 2;
    const end = (joined[last] ?? 0) + (joined[last + 1] ?? 0);
    if (last >= 0 && offset - end <= least) joined[last + 1] = offset + length - (joined[last] ?? 0);
    else joined.push(offset, length);
  }
  return joined;
}
