import type { ArchiveResult } from "../archive/save/archive-request.ts";
import { writeArchive } from "../archive/save/write-archive.ts";
import type { Manifest } from "../archive/set/manifest.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { processorCount } from "../host/threads.ts";
import { buildImage } from "../image/build-image.ts";
import { checkPlaces } from "./checks.ts";
import { conclude } from "./conclude.ts";
import { machineId } from "./describe-host.ts";
import type { BackupResult, Destination } from "./destination/destination.ts";
import { destinations } from "./destination/destinations.ts";
import { adoptKilled } from "./destination/image-names.ts";
import { inHome } from "./directory-home.ts";
import { clearUp, explainTarget } from "./failed-run.ts";
import type { AskPhrase } from "./header-phrase.ts";
import { removeLeftovers } from "./leftovers.ts";
import { type Job, prepareBackup } from "./prepare-backup.ts";
import { type BackupRequest, isStreamed, runIdOf, workPlacesOf } from "./request.ts";
import { saveHooks } from "./save-hooks.ts";
import { sealHeaders } from "./seal-headers.ts";
import { manifestOf } from "./set-manifest.ts";
import { rememberSet } from "./set-store.ts";
import { signManifest } from "./sign-set.ts";
import { removeSnapshotLeftovers } from "./snapshot/snapshot-leftovers.ts";
import { type View, type ViewWish, withView } from "./snapshot/with-view.ts";
import { withoutLost } from "./snapshot/without-lost.ts";
import { takeLocks } from "./take-locks.ts";

async function archive(
  host: Host,
  job: Job,
  { sink, volumeBytes }: Destination,
  view: View,
  reporter: Reporter,
): Promise<Manifest> {
  const { request, places, source } = job;
  const sealed = await sealHeaders(host, source.layout, job.headerPhrase, places.set, reporter);
  const hooks = saveHooks(host, request.hooks, places.set);
  reporter.step(msg`Saving files`);
  const result = await writeArchive(
    {
      root: view.root,
      ...(view.bares ? { bares: view.bares } : {}),
      scope: source.scope,
      directory: places.set,
      level: request.level,
      codec: request.codec,
      threads: request.threads ?? processorCount(),
      bytesTotal: job.contentBytes,
      ...(sink ? { sink } : {}),
      volumeBytes,
      ...(job.parent ? { parent: job.parent.request } : {}),
      images: job.images,
      sharing: job.sharing.map(view.deviceOf),
    },
    reporter,
    view.signal,
  );
  tellShared(result, isWholeMachine(job), reporter);
  return manifestOf(job, result, sealed, hooks);
}

/** Of a machine, its file systems have been named before; a tree's need is only known now. */
function tellShared({ sharedBytes }: ArchiveResult, isMachine: boolean, reporter: Reporter): void {
  if (sharedBytes === 0) return;
  const text = msg`${formatBytes(sharedBytes)} of the files are extents shared with others, saved once for each file. They will be shared again on btrfs and XFS; elsewhere they need that room`;
  if (isMachine) reporter.info(text);
  else reporter.warn(text);
}

const isWholeMachine = ({ source }: Job): boolean => source.layout.nodes.length > 0;

const viewWish = ({ request, source: { layout, scope }, contentBytes }: Job, run: string): ViewWish => ({
  ...{ request, layout, run },
  outputs: isStreamed(request) ? [] : [{ path: request.directory, bytes: contentBytes }],
  chosen: { include: scope.include, exclude: scope.exclude },
});

async function runLocked(
  host: Host,
  request: BackupRequest,
  reporter: Reporter,
  signal: AbortSignal,
  askPhrase: AskPhrase | undefined,
): Promise<BackupResult> {
  const run = runIdOf(machineId(host));
  const places = workPlacesOf(request, run);
  adoptKilled(host, request, reporter);
  // Before anything looks at the machine: they are no part of it.
  if (request.root === "/") await removeSnapshotLeftovers(host, run, reporter);
  const job = await prepareBackup(host, request, places, reporter, askPhrase);
  signal.throwIfAborted();
  removeLeftovers(host, request, run);
  try {
    host.makeDirectory(places.set, 0o700);
    host.makeDirectory(places.boot, 0o700);
    const image = await buildImage(host, job.image, reporter);
    signal.throwIfAborted();
    const destination = await destinations[request.medium?.kind ?? "images"](host, { job, image, signal }, reporter);
    const { unsigned, hookWarnings } = await withView(host, viewWish(job, run), reporter, signal, async (view) => ({
      unsigned: await archive(host, job, destination, view, reporter),
      hookWarnings: view.warnings,
    }));
    const manifest = await signManifest(host, request.signKey, unsigned);
    const result = { ...(await destination.finish(manifest, reporter, signal)), hookWarnings };
    const catalog = result.catalog ?? `${places.set}/${manifest.catalog.name}`;
    return await conclude(result, () => rememberSet(host, request, result.manifest, catalog, reporter), reporter);
  } catch (error) {
    throw explainTarget(error, request);
  } finally {
    clearUp(host, places, reporter);
  }
}

/**
 * Backs up a machine to a bootable ISO, to several images when it is to be cut, or to what else its medium says. What a
 * killed run left is removed first, or gets its name if nothing else was missing; an ISO of the same name stays whole
 * until the new one is complete and was looked at. Throws before anything is written when something is known not to
 * work, or while another backup is running. A set whose images can't be completed stays as a directory, which the
 * failure names; not when the signal aborts.
 */
export async function runBackup(
  host: Host,
  request: BackupRequest,
  reporter: Reporter,
  signal: AbortSignal,
  askPhrase?: AskPhrase,
): Promise<BackupResult> {
  checkPlaces(host, request);
  return inHome(host, request, async (placed) => {
    const release = takeLocks(host, placed, reporter);
    try {
      return await withoutLost(placed, reporter, signal, (request) =>
        runLocked(host, request, reporter, signal, askPhrase),
      );
    } finally {
      release();
    }
  });
}
