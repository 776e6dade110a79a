import { bytesOfText } from "../base/bytes.ts";

/** A path for Node's calls: its bytes, where it isn't UTF-8 (`textOfBytes` made it). */
export function kernelPath(path: string): string | Buffer {
  return path.isWellFormed() ? path : Buffer.from(bytesOfText(path));
}

/** The content of a text file as bytes, where it isn't UTF-8. */
export function fileContent(data: string | Uint8Array): string | Uint8Array {
  return typeof data !== "string" || data.isWellFormed() ? data : bytesOfText(data);
}
