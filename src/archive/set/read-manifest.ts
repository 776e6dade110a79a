import { decodeText } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { decodeManifest, type Manifest } from "./manifest.ts";

/** A manifest has a few KiB; one that lists a problem with each of many thousand files has a few MiB. */
export const MOST_MANIFEST_BYTES = 64 << 20;

/**
 * Reads the manifest in a file; `name`: the file for people. MondoError `damaged`: it is no manifest, is too long, or
 * is not a regular file. Whoever can write to a share could put a FIFO or a link to a device there, which never ends.
 */
export function readManifest(host: Pick<Host, "lstat" | "readAt">, path: string, name = path): Manifest {
  const stat = host.lstat(path);
  if (!stat) throw new MondoError("not-found", msg`${name} does not exist`);
  if (stat.kind !== "file") {
    throw new MondoError("damaged", msg`${name} is not a regular file (${stat.kind})`, {
      hint: msg`Copy the backup as it was written: its files are regular files.`,
    });
  }
  if (stat.sizeBytes > MOST_MANIFEST_BYTES) {
    throw new MondoError("damaged", msg`${name} is too long for a manifest (${stat.sizeBytes} bytes)`);
  }
  return decodeManifest(decodeText(host.readAt(path, 0, stat.sizeBytes)), name);
}
