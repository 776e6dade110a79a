import { closeSync, ftruncateSync, openSync } from "node:fs";

/** Makes a raw sparse file that is all zero; returns its name. */
export function blankDisk(file: string, sizeBytes: number): string {
  const handle = openSync(file, "w");
  ftruncateSync(handle, sizeBytes);
  closeSync(handle);
  return file;
}
