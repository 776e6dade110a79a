import { gunzipSync } from "node:zlib";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";

/** Bytes of a whole gzip, zstd or xz file, decompressed in this process. Throws `damaged`. */
export async function decompress(kind: "gz" | "zst" | "xz", bytes: Uint8Array, name: string): Promise<Uint8Array> {
  // Some libraries decompress an empty file to nothing.
  if (bytes.byteLength === 0) throw new MondoError("damaged", msg`${name} does not decompress: it is empty`);
  try {
    if (kind === "gz") return new Uint8Array(gunzipSync(bytes));
    if (kind === "zst") return new Uint8Array(Bun.zstdDecompressSync(bytes as Uint8Array<ArrayBuffer>));
    // Imported only when needed: few machines have modules in xz.
    const { xz } = await import("@napi-rs/lzma");
    return new Uint8Array(xz.decompressSync(bytes));
  } catch (cause) {
    if (cause instanceof MondoError) throw cause;
    throw new MondoError("damaged", msg`${name} does not decompress: ${messageOf(cause)}`, { cause });
  }
}
