/** Random changes that a seed repeats exactly. */
export interface Mutator {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** The bytes with one to four changes: flipped bits, extreme numbers, cuts, repetitions. */
  mutated(bytes: Uint8Array, from?: number, to?: number): Uint8Array;
  /** Bytes of no meaning. */
  noise(length: number): Uint8Array;
}

const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** A mutator from a seed (mulberry32). */
export function mutatorOf(seed: number): Mutator {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  const change = (bytes: Uint8Array, from: number, to: number): Uint8Array => {
    const at = from + below(Math.max(1, Math.min(to, bytes.length) - from));
    const kind = below(8);
    if (kind === 0) return bytes.subarray(0, at);
    const copy = Uint8Array.from(bytes);
    if (kind === 1) copy.copyWithin(at, from + below(Math.max(1, at - from)), at);
    else if (kind === 2 && at + 4 <= copy.length) {
      new DataView(copy.buffer).setUint32(at, EXTREMES[below(EXTREMES.length)] ?? 0, below(2) === 0);
    } else if (kind < 5) copy[at] = below(256);
    else copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
    return copy;
  };
  return {
    below,
    mutated: (bytes, from = 0, to = bytes.length) => {
      let result = bytes;
      for (let left = 1 + below(4); left > 0; left--) result = change(result, from, to);
      return result;
    },
    noise: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}
