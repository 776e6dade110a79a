import { type ByteString, byteStringToBytes } from "../../base/bytes.ts";
import { DigestedFile } from "../output-file.ts";
import type { VolumeInfo } from "../set-files.ts";

export const REMOVED_NAME = "removed.txt";

/**
 * Writes the paths to be removed before a differential set is unpacked over its parent: `./etc/x`, each ended by NUL.
 */
export function writeRemoved(directory: string, paths: readonly ByteString[]): VolumeInfo {
  const file = new DigestedFile(directory, REMOVED_NAME);
  try {
    for (const path of paths) file.write(byteStringToBytes(`./${path}\0` as ByteString));
    return file.finish();
  } catch (error) {
    file.discard();
    throw error;
  }
}
