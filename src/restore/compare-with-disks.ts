import { openCatalog } from "../archive/catalog/catalog.ts";
import { compareTree } from "../archive/compare/compare-tree.ts";
import { showDifference } from "../archive/compare/difference.ts";
import { filterDifferences } from "../archive/compare/difference-filter.ts";
import { describeShown, warnOfDifferences } from "../archive/compare/difference-report.ts";
import { soundLayout } from "../archive/set/manifest.ts";
import { manifestFlaw } from "../archive/set/signature.ts";
import { verifyVolumes } from "../archive/verify/verify-volumes.ts";
import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { lenientMountsOf } from "../drivers/fs/lenient-mounts.ts";
import type { Host } from "../host/host.ts";
import { mountsInOrder } from "../layout/graph.ts";
import { hiddenPlaces } from "../layout/hidden-places.ts";
import { describeMachine } from "../probe/describe-volumes.ts";
import { placeImages } from "../probe/find-images.ts";
import { readDevices } from "../probe/read-devices.ts";
import { activateVolumes } from "../run/activate.ts";
import { unmountTree } from "../run/chroot.ts";
import { browseDifferences } from "./browse-differences.ts";
import { comparisonReport, REPORT_PATH } from "./closing-report.ts";
import { type ModeOutcome, type RestoreContext, showAtEnd } from "./context.ts";
import { keyGiver } from "./give-key.ts";
import { filesystemFinder, mountForReading } from "./saved-mounts.ts";

/** Where the list of differences goes: to the first that can be written. */
const LISTS = ["/tmp/changed.txt", "/run/mondo/changed.txt", "/var/tmp/changed.txt"];

/** Writes the list; returns where, or that the log has it when it can be written nowhere. */
export function writeList(host: Host, lines: readonly string[]): string {
  const text = lines.map((line) => `${line}\n`).join("");
  const place = LISTS.find((path) => {
    try {
      host.write(path, text, 0o600);
      return true;
    } catch {
      return false;
    }
  });
  return place ?? msg`the log`;
}

/**
 * Where sets must be signed: warns of one that isn't (nothing is written), and reads the catalog, which would say of
 * changed files that they are as before. Throws `damaged`.
 */
export async function requireOwnCatalog(context: RestoreContext): Promise<void> {
  const { trusted, manifest, setDirectory: directory, locate, reporter } = context;
  if (!trusted) return;
  const flaw = manifestFlaw(manifest, trusted, directory);
  if (flaw !== undefined) reporter.warn(msg`${flaw}: whoever could write to it may have changed it`);
  const { catalog } = manifest;
  await verifyVolumes({ directory, manifest: { catalog, volumes: [] }, ...(locate ? { locate } : {}) }, reporter);
}

/**
 * Compares the backup with the file systems on this machine's disks, mounted read-only. Differences that are not asked
 * for (`context.differences`) are in the list and the report, and count for nothing else.
 */
export async function compareWithDisks(context: RestoreContext): Promise<ModeOutcome> {
  const { host, reporter, manifest, setDirectory, locate, root, differences: filter = {} } = context;
  filterDifferences([], filter);
  await requireOwnCatalog(context);
  await unmountTree(host, root);
  await activateVolumes(host, soundLayout(manifest), { give: keyGiver(context) });
  const machine = describeMachine(await readDevices(host));
  const find = filesystemFinder(machine, manifest.layout);
  try {
    for (const mount of mountsInOrder(manifest.layout)) mountForReading(context, find, mount);
    reporter.step(msg`Comparing the disks with the backup`);
    const catalog = openCatalog(locate?.(manifest.catalog.name) ?? `${setDirectory}/${manifest.catalog.name}`);
    const lenientMounts = lenientMountsOf(manifest.layout);
    const devices = placeImages(machine, manifest.layout);
    const hidden = hiddenPlaces(manifest.layout);
    const all = await compareTree({ catalog, root, content: true, lenientMounts, devices, hidden }, reporter);
    const differences = filterDifferences(all, filter);
    const place = writeList(host, all.map(showDifference));
    warnOfDifferences(reporter, differences, place);
    const list = all.length === 0 ? "" : msg`; the full list is in ${place}`;
    reporter.step(`${describeShown(differences, all)}${list}`);
    host.makeDirectory("/run/mondo");
    host.write(REPORT_PATH, comparisonReport(context, all), 0o600);
    if (all.length > 0) await showAtEnd(context, () => browseDifferences(context.ask, all, filter));
    return differences.length === 0 ? "done" : "differences";
  } finally {
    await unmountTree(host, root).catch((error) => reporter.warn(messageOf(error)));
  }
}
