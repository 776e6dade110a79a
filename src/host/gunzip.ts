import { gunzipSync } from "node:zlib";

/** Decompresses gzip members to `most` bytes at most, over all of them; throws what zlib throws, also beyond that. */
export function gunzipWithin(bytes: Uint8Array, most: number): Uint8Array {
  return gunzipSync(bytes, { maxOutputLength: Math.max(1, most) });
}
