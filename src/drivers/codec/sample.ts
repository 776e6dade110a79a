import { zstdAddon } from "./zstd-addon.ts";

const WINDOWS = 16;
const WINDOW_BYTES = 4096;
/** Less than this is compressed without further ado. */
const SMALLEST = 4 * WINDOWS * WINDOW_BYTES;
/** What must be saved, in parts of the sample, to be worth the work on both sides. */
const WORTH = 0.02;

/**
 * Whether compressing would be a waste (media, archives, encrypted data), by windows spread over the input: no stretch
 * of 256 KiB in a frame of 4 MiB escapes it. zstd's level 1, which sees entropy as well as repetition: 0.03 ms where
 * its level 9 takes 500 ms for nothing.
 */
export function incompressibleTest(): (input: Uint8Array) => boolean {
  const { CCtx, CParameter } = zstdAddon();
  const context = new CCtx();
  context.setParameter(CParameter.compressionLevel, 1);
  const sample = new Uint8Array(WINDOWS * WINDOW_BYTES);
  const out = new Uint8Array(sample.length + 1024);
  return (input) => {
    if (input.length < SMALLEST) return false;
    const step = Math.floor((input.length - WINDOW_BYTES) / (WINDOWS - 1));
    for (let i = 0; i < WINDOWS; i++) {
      sample.set(input.subarray(i * step, i * step + WINDOW_BYTES), i * WINDOW_BYTES);
    }
    return context.compress2(out, sample) > sample.length * (1 - WORTH);
  };
}
