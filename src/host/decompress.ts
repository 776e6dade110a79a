import { gunzipSync } from "node:zlib";
import { MondoError, messageOf } from "../base/errors.ts";

/** Bytes of a whole gzip, zstd or xz file, decompressed in this process. `damaged` when they don't decompress. */
export async function decompress(kind: "gz" | "zst" | "xz", bytes: Uint8Array, name: string): Promise<Uint8Array> {
  // An empty file decompresses to nothing by some libraries' lights.
  if (bytes.byteLength === 0) throw new MondoError("damaged", `${name} does not decompress: it is empty`);
  try {
    if (kind === "gz") return new Uint8Array(gunzipSync(bytes));
    if (kind === "zst") return new Uint8Array(Bun.zstdDecompressSync(bytes as Uint8Array<ArrayBuffer>));
    // Imported where it is needed: an addon costs its unpacking to /tmp at load.
    const { xz } = await import("@napi-rs/lzma");
    return new Uint8Array(xz.decompressSync(bytes));
  } catch (cause) {
    throw new MondoError("damaged", `${name} does not decompress: ${messageOf(cause)}`, { cause });
  }
}
