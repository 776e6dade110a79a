import type { ArchiveResult, ImageSource } from "../archive/save/archive-request.ts";
import { estimateScope } from "../archive/save/estimate-scope.ts";
import { writeArchive } from "../archive/save/write-archive.ts";
import { BOOT_LIST_BYTES, BOOT_LIST_NAME } from "../archive/set/boot-digests.ts";
import { dateText } from "../archive/set/chain.ts";
import { encodeManifest, type Manifest } from "../archive/set/manifest.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { commit, version } from "../base/program-version.ts";
import type { Reporter } from "../base/report.ts";
import type { Secret } from "../base/secret.ts";
import { formatBytes, KIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { processId, selfPath } from "../host/self.ts";
import { processorCount } from "../host/threads.ts";
import { buildImage, type ImageDraft, type ImageResult, prepareImage } from "../image/build-image.ts";
import { checkIsoTools } from "../image/build-iso.ts";
import { lostMounts } from "../layout/unsaved-words.ts";
import { type BurnJob, burnMedia, finishKilled, measureBoot, sharedBy } from "./burn.ts";
import { checkPlaces, checkSpace } from "./checks.ts";
import { machineId } from "./describe-host.ts";
import { type AskPhrase, readHeaderPhrase } from "./header-phrase.ts";
import { renderHowto } from "./howto.ts";
import { imageRequestOf } from "./image-request.ts";
import { keepSet } from "./keep-set.ts";
import { checkMediaSizes, expectedHeadBytes, type MediaBurden, placeVolumes, volumeLimitOf } from "./media-plan.ts";
import { readSource, type Source } from "./read-source.ts";
import { requireRehearsal } from "./rehearse.ts";
import { checkReplaced } from "./replaced.ts";
import { type BackupRequest, runIdOf, scratchNamed, type WorkPlaces, workPlacesOf } from "./request.ts";
import { machineLock, takeLock, targetLock } from "./run-lock.ts";
import { scanImages } from "./scan-images.ts";
import { headerBytesOf, type SealedHeaders, sealHeaders } from "./seal-headers.ts";
import { findParent, type Parent, rememberSet } from "./set-store.ts";

/** Rounding of the files on a medium to sectors, and a number more in the manifest. */
const HEAD_SLACK = 32 * KIB;

/** Holds parts of rescue systems, and files for a moment. It is no part of a backup. */
const CACHE = "/var/cache/mondo";

/** What a backup made. */
export interface BackupResult {
  /** One for each medium, in order. */
  readonly isos: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly manifest: Manifest;
}

/** A backup whose checks have passed: nothing has been written yet. */
interface Job {
  readonly request: BackupRequest;
  readonly places: WorkPlaces;
  readonly set: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly source: Source;
  readonly images: readonly ImageSource[];
  readonly image: ImageDraft;
  readonly contentBytes: number;
  /** Catalog and manifest, expected. */
  readonly headBytes: number;
  /** Of a differential backup. */
  readonly parent: Parent | undefined;
  /** What headers of encrypted volumes are encrypted to; they stay out of the set without it. */
  readonly headerPhrase?: Secret | undefined;
}

function manifestOf(job: Job, result: ArchiveResult, { layout, headers }: SealedHeaders): Manifest {
  const { request } = job;
  return {
    format: "mondo-set",
    version: 1,
    set: job.set,
    created: job.created,
    tool: { version, commit },
    host: job.source.host,
    prefix: request.prefix,
    layout,
    ...(headers.length === 0 ? {} : { headers: [...headers] }),
    volumes: [...result.volumes],
    catalog: result.catalog,
    codec: result.codec,
    boot: BOOT_LIST_NAME,
    ...(job.parent ? { level: request.diffLevel, parents: [...job.parent.chain] } : {}),
    ...(result.removed ? { removed: result.removed } : {}),
    entries: result.entries,
    contentBytes: result.contentBytes,
    problems: [...lostMounts(layout).map((one) => ({ ...one, severity: "lost" as const })), ...result.problems],
    options: {
      restoreByDefault: request.restoreByDefault,
      eject: request.eject,
      excluded: [...request.exclude, ...request.excludeDevices],
    },
  };
}

type Estimate = Awaited<ReturnType<typeof estimateScope>>;
/** Of a range, in the catalog. */
const RANGE_BYTES = 10;

/** What the images add to the files. */
function withImages({ entries, bytes, pathBytes }: Estimate, images: readonly ImageSource[]): Estimate {
  const extents = images.flatMap((image) => image.extents);
  const stored = extents.reduce((sum, value, at) => (at % 2 === 1 ? sum + value : sum), 0);
  return {
    entries: entries + images.length,
    bytes: bytes + stored,
    // A quarter of it is expected to remain of names, which compress well.
    pathBytes: pathBytes + extents.length * 2 * RANGE_BYTES,
  };
}

/** Directories for sparse files, best first. */
function rehearsalPlaces({ scratch, temp, directory }: BackupRequest): string[] {
  return [temp, scratch, CACHE, directory].filter((path) => path !== undefined);
}

/** Everything that can be checked before the first byte is written. */
async function prepare(
  host: Host,
  request: BackupRequest,
  places: WorkPlaces,
  reporter: Reporter,
  askPhrase: AskPhrase | undefined,
): Promise<Job> {
  const headerPhrase = await readHeaderPhrase(host, request, askPhrase);
  const created = Math.floor(host.nowMs() / 1000);
  const looked = await readSource(host, request, places, reporter);
  const { layout, sources: images } = await scanImages(host, looked.layout, created, reporter);
  const source = { ...looked, layout };
  await requireRehearsal(
    host,
    layout,
    rehearsalPlaces(request),
    places.scratch.slice(places.scratch.lastIndexOf("/") + 1),
    reporter,
  );
  const parent = await findParent(host, request, source.host.name);
  if (parent)
    reporter.info(
      `Builds on ${parent.name}, level ${parent.manifest.level ?? 0} of ${dateText(parent.manifest.created)}`,
    );
  for (const text of checkReplaced(host, request, parent, source.host)) reporter.warn(text);
  const set = crypto.randomUUID();
  const imageRequest = imageRequestOf(
    source.layout,
    { set, host: source.host.name, created, ...(request.network ? { network: request.network } : {}) },
    {
      kernel: request.kernel,
      outputDirectory: places.boot,
      cacheDirectory: CACHE,
      executable: selfPath(),
    },
  );
  reporter.step("Checking kernel, modules and tools for the rescue system");
  checkIsoTools(host);
  const image = await prepareImage(host, imageRequest, reporter);
  reporter.step("Counting files");
  const estimate = withImages(
    await estimateScope({
      ...{ root: request.root, scope: source.scope },
      ...(parent ? { parent: parent.request } : {}),
    }),
    images,
  );
  const what = parent ? " to read, the rest is as it was" : "";
  reporter.info(`${estimate.entries} entries, ${formatBytes(estimate.bytes)}${what}`);
  checkSpace(host, request, places, estimate.bytes);
  const sealedBytes = headerPhrase ? headerBytesOf(source.layout) : 0;
  const headBytes = expectedHeadBytes(estimate) + BOOT_LIST_BYTES + sealedBytes;
  return {
    request,
    places,
    set,
    created,
    source,
    images,
    image,
    contentBytes: estimate.bytes,
    headBytes,
    parent,
    headerPhrase,
  };
}

/**
 * What the media hold besides volumes, as far as it is known before; undefined with one medium. Throws `no-space` when
 * it's too much.
 */
async function burdenOf(host: Host, job: Job, image: ImageResult): Promise<MediaBurden | undefined> {
  const { request, places, set, source, headBytes } = job;
  if (!request.mediaBytes) return undefined;
  const bootBytes = await measureBoot(host, { request, places, image }, { set, name: source.host.name });
  const burden = { sizes: request.mediaBytes, bootBytes, headBytes };
  checkMediaSizes(burden);
  return burden;
}

/** The manifest of a set that was cut for its media, now that all lengths are known. */
function overMedia(manifest: Manifest, burden: MediaBurden): Manifest {
  const draft = { ...manifest, volumes: placeVolumes(manifest.volumes, burden) };
  const texts = encodeManifest(draft).length + renderHowto(draft).length;
  const shared = sharedBy(manifest).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const headBytes = shared + texts + BOOT_LIST_BYTES + HEAD_SLACK;
  const volumes = placeVolumes(manifest.volumes, { ...burden, headBytes });
  const of = Math.max(...volumes.map(({ medium = 1 }) => medium));
  return of === 1 ? manifest : { ...manifest, volumes, media: { number: 1, of } };
}

async function archive(
  host: Host,
  job: Job,
  burden: MediaBurden | undefined,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Manifest> {
  const { request, places, source } = job;
  const sealed = await sealHeaders(host, source.layout, job.headerPhrase, places.set, reporter);
  reporter.step("Saving files");
  const result = await writeArchive(
    {
      root: request.root,
      scope: source.scope,
      directory: places.set,
      level: request.level,
      codec: request.codec,
      threads: request.threads ?? processorCount(),
      bytesTotal: job.contentBytes,
      volumeBytes: volumeLimitOf(burden),
      ...(job.parent ? { parent: job.parent.request } : {}),
      images: job.images,
    },
    reporter,
    signal,
  );
  return manifestOf(job, result, sealed);
}

/** Writes the images of a set that is complete. What took hours to save stays, whatever fails. */
async function burn(
  host: Host,
  job: BurnJob,
  burden: MediaBurden | undefined,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<BackupResult> {
  let manifest = job.manifest;
  try {
    if (burden) manifest = overMedia(manifest, burden);
    const isos = await burnMedia(host, { ...job, manifest }, reporter, signal);
    return { isos: isos.map((path) => ({ path, sizeBytes: host.stat(path)?.sizeBytes ?? 0 })), manifest };
  } catch (error) {
    throw signal.aborted ? error : keepSet(host, { ...job, manifest }, error);
  }
}

/** What runs of this prefix left that were killed; in a scratch directory of its own only those of this machine. */
function removeLeftovers(host: Host, request: BackupRequest, run: string): void {
  const [machine] = run.split("-");
  for (const directory of [request.directory, request.scratch, request.temp, CACHE]) {
    if (directory === undefined) continue;
    for (const name of host.list(directory)) {
      const left = scratchNamed(name);
      if (left?.prefix !== request.prefix) continue;
      if (directory === request.directory || left.machine === machine) host.remove(`${directory}/${name}`);
    }
  }
  finishKilled(host, request);
}

/** Takes the locks of this machine and of the target. A machine whose /run can't be written to does without its own. */
function takeLocks(host: Host, request: BackupRequest, reporter: Reporter): () => void {
  const pid = processId();
  const releases: (() => void)[] = [];
  const release = () => {
    for (const one of releases) one();
  };
  try {
    releases.push(takeLock(host, machineLock, pid, reporter));
  } catch (error) {
    if (error instanceof MondoError && error.code === "refused") throw error;
    reporter.warn(`${messageOf(error)}; a second backup on this machine would not be noticed`);
  }
  try {
    releases.push(takeLock(host, targetLock(request.directory, request.prefix), pid, reporter));
  } catch (error) {
    release();
    throw error;
  }
  return release;
}

async function runLocked(
  host: Host,
  request: BackupRequest,
  reporter: Reporter,
  signal: AbortSignal,
  askPhrase: AskPhrase | undefined,
): Promise<BackupResult> {
  const run = runIdOf(machineId(host));
  const places = workPlacesOf(request, run);
  const job = await prepare(host, request, places, reporter, askPhrase);
  signal.throwIfAborted();
  removeLeftovers(host, request, run);
  try {
    host.makeDirectory(places.set, 0o700);
    host.makeDirectory(places.boot, 0o700);
    const image = await buildImage(host, job.image, reporter);
    signal.throwIfAborted();
    const burden = await burdenOf(host, job, image);
    const manifest = await archive(host, job, burden, reporter, signal);
    signal.throwIfAborted();
    const result = await burn(host, { request, places, manifest, image }, burden, reporter, signal);
    rememberSet(host, request, result.manifest, `${places.set}/${manifest.catalog.name}`, reporter);
    return result;
  } finally {
    host.remove(places.scratch);
    host.remove(places.boot);
  }
}

/**
 * Backs up a machine to a bootable ISO, or to several images when it is to be cut. What a killed run left is removed
 * first; an ISO of the same name stays whole until the new one is complete and was looked at. Throws before anything is
 * written when something is known not to work, or while another backup is running. A set whose images can't be written
 * stays as a directory, which the failure names; not when the signal aborts.
 */
export async function runBackup(
  host: Host,
  request: BackupRequest,
  reporter: Reporter,
  signal: AbortSignal,
  askPhrase?: AskPhrase,
): Promise<BackupResult> {
  checkPlaces(host, request);
  const release = takeLocks(host, request, reporter);
  try {
    return await runLocked(host, request, reporter, signal, askPhrase);
  } finally {
    release();
  }
}
