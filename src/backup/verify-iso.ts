import { openCatalog } from "../archive/catalog.ts";
import { compareTree, showDifference } from "../archive/compare.ts";
import { decodeManifest } from "../archive/manifest.ts";
import { verifyVolumes } from "../archive/verify.ts";
import { MondoError } from "../base/errors.ts";
import type { Reporter } from "../base/report.ts";
import { lenientMountsOf } from "../drivers/fs/lenient-mounts.ts";
import type { Host } from "../host/host.ts";
import type { BackupRequest } from "./request.ts";

/** Runs work with an ISO mounted read-only through a loop device. */
async function withIso<T>(host: Host, iso: string, work: (directory: string) => Promise<T>): Promise<T> {
  if (!host.exists(iso)) {
    throw new MondoError("not-found", `${iso} does not exist`, {
      hint: "Make it with -O, or name its directory with -d and its prefix with -p.",
    });
  }
  const at = `/run/mondo-verify.${process.pid}`;
  host.makeDirectory(at, 0o700);
  await host.run({ argv: ["mount", "-t", "iso9660", "-o", "loop,ro", iso, at] });
  try {
    return await work(at);
  } finally {
    await host.run({ argv: ["umount", at], accept: "any" });
    host.remove(at);
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
  return withIso(host, iso, async (at) => {
    const directory = `${at}/mondo`;
    const manifest = decodeManifest(host.readText(`${directory}/manifest.json`), "manifest.json");
    await verifyVolumes({ directory, manifest }, reporter, signal);
    const catalog = openCatalog(`${directory}/${manifest.catalog.name}`);
    const lenientMounts = lenientMountsOf(manifest.layout);
    const differences = await compareTree(
      { catalog, root: request.root, content: true, lenientMounts },
      reporter,
      signal,
    );
    for (const difference of differences) reporter.warn(showDifference(difference));
    reporter.info(`${differences.length} differences between the medium and the live files`);
    return differences.length;
  });
}
