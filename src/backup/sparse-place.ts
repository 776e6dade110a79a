import { MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";

const PROBE_BYTES = 64 * MIB;

/** Makes a file of zeros that takes no room where the file system knows sparse files. */
export function makeSparse(host: Host, path: string, sizeBytes: number): void {
  host.create(path, "", 0o600);
  if (sizeBytes > 0) host.writeAt(path, sizeBytes - 1, new Uint8Array(1));
}

function takesSparse(host: Host, directory: string): boolean {
  const before = host.freeBytes(directory);
  if (before < 2 * PROBE_BYTES) return false;
  const path = `${directory}/sparse`;
  try {
    makeSparse(host, path, PROBE_BYTES);
    return before - host.freeBytes(directory) < PROBE_BYTES / 4;
  } finally {
    host.remove(path);
  }
}

/**
 * Makes a directory for sparse files below the first of the places that takes them; undefined when none does. Its path
 * has only characters that no tool takes for anything else.
 */
export function sparsePlace(host: Host, places: readonly string[], name: string): string | undefined {
  for (const place of places.filter((path) => /^[\w./@+-]*$/.test(path))) {
    const directory = `${place}/${name}`;
    try {
      host.makeDirectory(directory, 0o700);
      if (takesSparse(host, directory)) return directory;
    } catch {
      // Read-only, or not there: the next one may do.
    }
    host.remove(directory);
  }
  return undefined;
}
