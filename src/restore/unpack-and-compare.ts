import { openCatalog } from "../archive/catalog/catalog.ts";
import { compareTree } from "../archive/compare/compare-tree.ts";
import { ContentFollower } from "../archive/compare/content-follower.ts";
import type { Difference } from "../archive/compare/difference.ts";
import { extractArchive } from "../archive/extract/extract-archive.ts";
import { passesOf } from "../archive/set/media-passes.ts";
import { msg } from "../base/message.ts";
import { formatBytes, formatDuration } from "../base/units.ts";
import { lenientMountsOf } from "../drivers/fs/lenient-mounts.ts";
import type { PlacedImage } from "../effects/effect.ts";
import { Rotation } from "../host/rotation.ts";
import { mountsInOrder } from "../layout/graph.ts";
import { hiddenPlaces } from "../layout/hidden-places.ts";
import type { KeptPart } from "../plan/restore-plan.ts";
import { mediumProvider } from "./check-set.ts";
import type { RestoreContext } from "./context.ts";
import { type KeptFiles, keptFiles, keptFilesWords } from "./kept-files.ts";
import { isRoomy, workerThreads } from "./memory.ts";
import { firstCause, type RestoreFindings } from "./restore-report.ts";

/** Where files go: a directory, and the devices of saved images. */
interface Target {
  readonly root: string;
  readonly devices: readonly PlacedImage[];
  /** What is in place already is kept. */
  readonly goOn: boolean;
  /** What is left out. */
  readonly kept?: KeptFiles | undefined;
}

const catalogOf = ({ manifest, setDirectory, locate }: RestoreContext) =>
  openCatalog(locate?.(manifest.catalog.name) ?? `${setDirectory}/${manifest.catalog.name}`);

const skipOf = (kept: KeptFiles | undefined) => (kept ? { skip: kept.skip } : {});

/** Directories on each file system of the target that is mounted. */
function mountsBelow({ host, manifest }: RestoreContext, root: string): string[] {
  const paths = mountsInOrder(manifest.layout).map(({ path }) => (path === "/" ? root : `${root}${path}`));
  return [...new Set([root, ...paths.filter((path) => host.stat(path)?.kind === "directory")])];
}

/**
 * Reads content back beside the extraction. Undefined where it comes after it: for want of memory, and where content
 * comes from several media in turn, by passes over the catalog.
 */
function followerOf(context: RestoreContext, { root, devices, kept }: Target): ContentFollower | undefined {
  const { host, manifest } = context;
  if (!isRoomy(host) || passesOf(manifest.volumes).length > 1) return undefined;
  // Several would make the heads of a disk that turns go to and fro.
  const threads = new Rotation().isAny() ? 1 : Math.max(1, Math.floor(workerThreads(host) / 2));
  const contentBytes = manifest.contentBytes - (kept?.bytes ?? 0);
  const about = { devices, hidden: hiddenPlaces(manifest.layout), threads, contentBytes, ...skipOf(kept) };
  return new ContentFollower({ catalog: catalogOf(context), root, mounts: mountsBelow(context, root), ...about });
}

async function extract(
  context: RestoreContext,
  { root, devices, goOn, kept }: Target,
  findings: RestoreFindings,
  follower: ContentFollower | undefined,
): Promise<void> {
  const { host, manifest, setDirectory, locate, reporter } = context;
  const needMedium = mediumProvider(context);
  const started = host.nowMs();
  const result = await extractArchive(
    {
      ...{ directory: setDirectory, manifest, target: root, threads: workerThreads(host), devices, goOn },
      ...{ lenientMounts: lenientMountsOf(manifest.layout), hidden: hiddenPlaces(manifest.layout) },
      ...(locate ? { locate } : {}),
      ...(kept ? { skip: kept.skip, skippedBytes: kept.bytes } : {}),
      ...(needMedium ? { needMedium } : {}),
      ...(follower ? { onPlaced: (items: number) => follower.placed(items) } : {}),
    },
    reporter,
  );
  const seconds = (host.nowMs() - started) / 1000;
  if (goOn) reporter.info(msg`${formatBytes(result.leftBytes)} of the files' content were in place already`);
  reporter.info(msg`${result.entries} entries, ${formatBytes(result.bytes)} in ${formatDuration(seconds)}`);
  findings.problems = result.problems;
  findings.entries = result.entries;
  findings.damagedFiles = result.damagedFiles;
  findings.elsewhere = result.elsewhere;
  const cause = firstCause(findings, manifest.layout);
  if (cause) reporter.warn(cause.text);
}

/** Compares the content that is left; returns what differs. */
async function restOfContent({ reporter }: RestoreContext, follower: ContentFollower): Promise<readonly Difference[]> {
  reporter.log(`${formatBytes(follower.bytes)} were read back beside the extraction`);
  const { differences, bytes, inMemory } = await follower.finish(reporter);
  reporter.log(`${formatBytes(bytes)} of content were read back in all`);
  if (inMemory > 0) {
    reporter.info(
      msg`${formatBytes(inMemory)} were compared as they are in memory: their file system keeps them there`,
    );
  }
  return differences;
}

/**
 * Unpacks the set and compares what is on the disks with its catalog: content, where it can be, beside the extraction,
 * all else when everything is in place. What is kept is left out of both.
 */
export async function unpackAndCompare(
  context: RestoreContext,
  wanted: Target,
  findings: RestoreFindings,
  keptPart?: KeptPart,
): Promise<void> {
  const { host, manifest, reporter } = context;
  const { root, devices } = wanted;
  const kept = keptPart && keptFiles(catalogOf(context), manifest.layout, keptPart);
  if (keptPart && kept) reporter.info(keptFilesWords(keptPart, kept));
  const target = { ...wanted, kept };
  const follower = followerOf(context, target);
  try {
    await extract(context, target, findings, follower);
    reporter.step(msg`Comparing the restored files with the backup`);
    const content = follower ? await restOfContent(context, follower) : [];
    // Compare what is on the disks, not what is still in memory.
    host.sync();
    host.poke("/proc/sys/vm/drop_caches", "3\n");
    const places = { lenientMounts: lenientMountsOf(manifest.layout), hidden: hiddenPlaces(manifest.layout), devices };
    const threads = workerThreads(host);
    const request = { catalog: catalogOf(context), root, content: !follower, threads, ...places, ...skipOf(kept) };
    // Of content that was compared before there is no progress to show.
    const quiet = follower ? { ...reporter, progress() {} } : reporter;
    findings.differences = [...content, ...(await compareTree(request, quiet))];
  } finally {
    await follower?.close();
  }
}
