import { type ByteString, byteStringToBytes } from "../../base/bytes.ts";
import { OutputFile } from "../output-file.ts";
import type { VolumeInfo } from "../set-files.ts";

export const REMOVED_NAME = "removed.txt";

/**
 * Writes the paths that whoever unpacks a differential set over its parent takes away first: `./etc/x`, each ended by a
 * NUL.
 */
export function writeRemoved(directory: string, paths: readonly ByteString[]): VolumeInfo {
  const file = new OutputFile(directory, REMOVED_NAME);
  try {
    for (const path of paths) file.write(byteStringToBytes(`./${path}\0` as ByteString));
    return file.finish();
  } catch (error) {
    file.discard();
    throw error;
  }
}
