/** Why the content at a place in a frame isn't what the catalog promises; `undefined` when it is. */
export function contentDefect(tar: Uint8Array, at: number, size: number, hash: bigint | undefined): string | undefined {
  if (at + size > tar.length) return "its content would pass the end of its frame";
  if (Bun.hash.xxHash64(tar.subarray(at, at + size)) !== hash) return "its content does not match its checksum";
  return undefined;
}
