import { openCatalog } from "../archive/catalog.ts";
import { compareTree, showDifference } from "../archive/compare.ts";
import { decodeManifest, type Manifest } from "../archive/manifest.ts";
import { type FileSpan, verifyVolumes } from "../archive/verify.ts";
import { decodeText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import type { Reporter } from "../base/report.ts";
import { lenientMountsOf } from "../drivers/fs/lenient-mounts.ts";
import { isoSizeBytes, listIsoDirectory, rangeOfFile } from "../formats/iso9660.ts";
import type { Host } from "../host/host.ts";
import type { BackupRequest } from "./request.ts";

/** The set inside an ISO, read without mounting it: a container's kernel may have neither loop devices nor ISO 9660. */
interface IsoSet {
  readonly manifest: Manifest;
  readonly locate: (name: string) => FileSpan | undefined;
}

const again = "Make the backup again: this medium would not restore.";

function openIsoSet(host: Host, iso: string): IsoSet {
  const stat = host.stat(iso);
  if (!stat) {
    throw new MondoError("not-found", `${iso} does not exist`, {
      hint: "Make it with -O, or name its directory with -d and its prefix with -p.",
    });
  }
  const read = (offset: number, length: number) => host.readAt(iso, offset, length);
  if (stat.sizeBytes < isoSizeBytes(read)) {
    throw new MondoError("damaged", `${iso} is ${stat.sizeBytes} bytes long instead of ${isoSizeBytes(read)}`, {
      hint: again,
    });
  }
  const files = new Map(listIsoDirectory(read, "/mondo").map((file) => [file.name, rangeOfFile(file)]));
  const head = files.get("manifest.json");
  if (!head) throw new MondoError("damaged", `${iso} has no manifest: the backup on it is unfinished`, { hint: again });
  return {
    manifest: decodeManifest(decodeText(read(head.offset, head.length)), `manifest.json of ${iso}`),
    locate: (name) => {
      const range = files.get(name);
      return range && { path: iso, offset: range.offset, sizeBytes: range.length };
    },
  };
}

/** Copies the catalog out of the image for a while: it is read by path. */
async function withCatalog<T>(
  host: Host,
  { manifest, locate }: IsoSet,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const span = locate(manifest.catalog.name);
  if (!span) throw new MondoError("damaged", "the medium has no catalog", { hint: again });
  const path = `/run/mondo-catalog.${process.pid}`;
  host.write(path, host.readAt(span.path, span.offset, span.sizeBytes), 0o600);
  try {
    return await work(path);
  } finally {
    host.remove(path);
  }
}

/**
 * Reads a finished ISO back, every checksum, and compares its files with the live ones (Mondo's `-V`). Returns the number of
 * differences; throws `damaged` when the medium is not what was written.
 */
export async function verifyIso(
  host: Host,
  request: Pick<BackupRequest, "root">,
  iso: string,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  reporter.step(`Verifying ${iso}`);
  const set = openIsoSet(host, iso);
  await verifyVolumes({ directory: `${iso}:/mondo`, manifest: set.manifest, locate: set.locate }, reporter, signal);
  reporter.step("Comparing the backup with the live files");
  const lenientMounts = lenientMountsOf(set.manifest.layout);
  const differences = await withCatalog(host, set, (path) =>
    compareTree({ catalog: openCatalog(path), root: request.root, content: true, lenientMounts }, reporter, signal),
  );
  for (const difference of differences) reporter.warn(showDifference(difference));
  reporter.info(`${differences.length} differences between the medium and the live files`);
  return differences.length;
}
