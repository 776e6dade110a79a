import { encodeManifest, type Manifest } from "../archive/manifest.ts";
import type { ArchiveResult } from "../archive/types.ts";
import { estimateScope, writeArchive } from "../archive/write.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes } from "../base/units.ts";
import { commit, version } from "../base/version.ts";
import type { Host } from "../host/host.ts";
import { processorCount } from "../host/threads.ts";
import { buildImage, type ImageDraft, type ImageResult, prepareImage } from "../image/image.ts";
import { buildIso, checkIsoTools } from "../image/iso.ts";
import { checkPlaces, checkSpace } from "./checks.ts";
import { renderHowto } from "./howto.ts";
import { imageRequestOf } from "./image-request.ts";
import { type BackupRequest, type WorkPlaces, workPlacesOf } from "./request.ts";
import { readSource, type Source } from "./source.ts";

/** What a backup made. */
export interface BackupResult {
  readonly iso: string;
  readonly isoBytes: number;
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
  readonly image: ImageDraft;
  readonly contentBytes: number;
}

function manifestOf(job: Job, result: ArchiveResult): Manifest {
  const { request } = job;
  return {
    format: "mondo-set",
    version: 1,
    set: job.set,
    created: job.created,
    tool: { version, commit },
    host: job.source.host,
    prefix: request.prefix,
    layout: job.source.layout,
    volumes: [...result.volumes],
    catalog: result.catalog,
    codec: result.codec,
    entries: result.entries,
    contentBytes: result.contentBytes,
    problems: [...result.problems],
    options: {
      restoreByDefault: request.restoreByDefault,
      eject: request.eject,
      excluded: [...request.exclude, ...request.excludeDevices],
    },
  };
}

/** Everything that can be checked before the first byte is written. */
async function prepare(host: Host, request: BackupRequest, reporter: Reporter): Promise<Job> {
  checkPlaces(host, request);
  const places = workPlacesOf(request);
  const source = await readSource(host, request, reporter);
  const created = Math.floor(host.nowMs() / 1000);
  const set = crypto.randomUUID();
  const imageRequest = imageRequestOf(
    source.layout,
    { set, host: source.host.name, created },
    {
      kernel: request.kernel,
      outputDirectory: places.boot,
      cacheDirectory: "/var/cache/mondo",
      executable: process.execPath,
    },
  );
  reporter.step("Checking kernel, modules and tools for the rescue system");
  checkIsoTools(host);
  const image = await prepareImage(host, imageRequest, reporter);
  reporter.step("Counting files");
  const estimate = await estimateScope({ root: request.root, scope: source.scope });
  reporter.info(`${estimate.entries} entries, ${formatBytes(estimate.bytes)}`);
  checkSpace(host, request, places, estimate.bytes);
  return { request, places, set, created, source, image, contentBytes: estimate.bytes };
}

async function archive(host: Host, job: Job, reporter: Reporter, signal: AbortSignal): Promise<Manifest> {
  const { request, places, source } = job;
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
    },
    reporter,
    signal,
  );
  const manifest = manifestOf(job, result);
  host.write(`${places.set}/HOWTO.txt`, renderHowto(manifest));
  host.write(`${places.set}/manifest.json`, encodeManifest(manifest));
  return manifest;
}

async function burn(
  host: Host,
  job: Job,
  image: ImageResult,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<number> {
  const { places, source, request } = job;
  reporter.step(`Writing ${places.iso}`);
  await buildIso(
    host,
    {
      output: places.iso,
      set: places.set,
      kernel: image.kernelPath,
      initrd: image.initrdPath,
      menu: {
        title: `mondo ${version}: ${source.host.name}`,
        set: job.set,
        restoreByDefault: request.restoreByDefault,
      },
      volumeId: `MONDO_${job.set.slice(0, 8).toUpperCase()}_1`,
    },
    reporter,
    signal,
  );
  return host.stat(places.iso)?.sizeBytes ?? 0;
}

/**
 * Backs up a machine to one bootable ISO. What an earlier run left in the scratch directory is removed first; an ISO of the
 * same name stays whole until the new one is complete. Throws before anything is written when something is known not to work.
 */
export async function runBackup(
  host: Host,
  request: BackupRequest,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<BackupResult> {
  const job = await prepare(host, request, reporter);
  signal.throwIfAborted();
  const { places } = job;
  const clean = () => {
    host.remove(places.scratch);
    host.remove(places.boot);
  };
  clean();
  try {
    host.makeDirectory(places.set, 0o700);
    host.makeDirectory(places.boot, 0o700);
    const image = await buildImage(host, job.image, reporter);
    signal.throwIfAborted();
    const manifest = await archive(host, job, reporter, signal);
    signal.throwIfAborted();
    const isoBytes = await burn(host, job, image, reporter, signal);
    return { iso: places.iso, isoBytes, manifest };
  } finally {
    clean();
  }
}
