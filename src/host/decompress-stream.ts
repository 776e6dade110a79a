import { createGunzip, createZstdDecompress } from "node:zlib";
import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";

const PIECE_BYTES = 256 * 1024;

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

async function* throughZlib(stream: ReturnType<typeof createGunzip>, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  stream.end(bytes);
  for await (const piece of stream) yield piece as Uint8Array;
}

async function* throughXz(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  // Imported only when needed: few machines have images in xz.
  const { XzDecompressor } = await import("@napi-rs/lzma");
  const stream = new XzDecompressor();
  for (const piece of piecesOf(bytes)) yield stream.update(piece);
  yield await stream.finish();
}

function opened(kind: "gz" | "zst" | "xz", bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (kind === "xz") return throughXz(bytes);
  return throughZlib(kind === "gz" ? createGunzip() : createZstdDecompress(), bytes);
}

/**
 * Decompresses piece by piece, with no more than a few MB in memory; ignores what follows the stream. Throws `damaged`
 * when it doesn't decompress.
 */
export async function decompressPieces(
  kind: "gz" | "zst" | "xz",
  bytes: Uint8Array,
  take: (piece: Uint8Array) => void,
): Promise<void> {
  try {
    for await (const piece of opened(kind, bytes)) take(piece);
  } catch (cause) {
    if (cause instanceof MondoError) throw cause;
    throw new MondoError("damaged", msg`it does not decompress (${kind}): ${messageOf(cause)}`, { cause });
  }
}
