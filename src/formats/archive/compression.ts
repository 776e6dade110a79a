/**
 * What compressed streams begin with. Sources: RFC 1952, RFC 8878, "The .xz File Format", lz4_Frame_format.md, Linux
 * lib/decompress.c.
 */
const MAGICS = {
  gz: [0x1f, 0x8b],
  zst: [0x28, 0xb5, 0x2f, 0xfd],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  lz4: [0x02, 0x21, 0x4c, 0x18],
  bzip2: [0x42, 0x5a, 0x68],
  lzma: [0x5d, 0x00, 0x00],
  lzo: [0x89, 0x4c, 0x5a, 0x4f],
} as const;

/** A compression that is known by its first bytes. */
export type Compression = keyof typeof MAGICS;

/** What made a stream, by its first bytes. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const kinds = Object.keys(MAGICS) as Compression[];
  return kinds.find((kind) => MAGICS[kind].every((byte, at) => head[at] === byte));
}
