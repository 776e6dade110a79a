import { openCatalog } from "../archive/catalog/catalog.ts";
import { compareTree } from "../archive/compare/compare-tree.ts";
import { describeDifferences, warnOfDifferences } from "../archive/compare/difference-report.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import type { FileSpan } from "../archive/set-files.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { lenientMountsOf } from "../drivers/fs/lenient-mounts.ts";
import type { Host } from "../host/host.ts";
import { hiddenPlaces } from "../layout/hidden-places.ts";
import { findImages } from "../probe/find-images.ts";
import type { BackupRequest } from "./request.ts";

/** Compares a set, by its catalog, with the files that it was made of. Returns the number of differences. */
export async function compareWithLive(
  host: Host,
  { root }: Pick<BackupRequest, "root">,
  { layout }: Pick<Manifest, "layout">,
  place: FileSpan,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  reporter.step(msg`Comparing the backup with the live files`);
  const catalog = openCatalog(place);
  const devices = await findImages(host, layout);
  const [lenientMounts, hidden] = [lenientMountsOf(layout), hiddenPlaces(layout)];
  const compared = { catalog, root, content: true, lenientMounts, devices, hidden };
  const differences = await compareTree(compared, reporter, signal);
  warnOfDifferences(reporter, differences, msg`the log`);
  reporter.info(msg`${describeDifferences(differences)} between the medium and the live files`);
  return differences.length;
}
