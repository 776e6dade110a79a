/** One zstd frame with the content's size in its header, made on a thread of the runtime's pool. Levels 1 to 22. */
export async function compressZstd(bytes: Uint8Array, level: number): Promise<Uint8Array> {
  return new Uint8Array(await Bun.zstdCompress(bytes as Uint8Array<ArrayBuffer>, { level }));
}

/** SHA-256 of bytes or of the UTF-8 of a text, as lower-case hex. */
export function sha256(data: Uint8Array | string): string {
  return new Bun.CryptoHasher("sha256").update(data as Uint8Array<ArrayBuffer> | string).digest("hex");
}

/** SHA-256 of bytes that come piece by piece. */
export function newSha256(): { update(bytes: Uint8Array): void; hex(): string } {
  const hasher = new Bun.CryptoHasher("sha256");
  return {
    update: (bytes) => void hasher.update(bytes as Uint8Array<ArrayBuffer>),
    hex: () => hasher.digest("hex"),
  };
}
