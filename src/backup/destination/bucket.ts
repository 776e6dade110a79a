import { BOOT_LIST_NAME } from "../../archive/set/boot-digests.ts";
import { datedName, directoryNameOf } from "../../archive/set/dated-sets.ts";
import { volumeIdOf } from "../../archive/set/iso-medium.ts";
import { encodeManifest, type Manifest } from "../../archive/set/manifest.ts";
import { encodeText } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { type Reporter, silentReporter } from "../../base/report.ts";
import { GIB } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import { httpExchange } from "../../host/http-exchange.ts";
import { buildIso } from "../../image/build-iso.ts";
import { S3Client } from "../../shares/s3/s3-client.ts";
import { belowS3, type ResolvedS3, renderS3 } from "../../shares/s3/s3-place.ts";
import { abortUpload, beginUpload, putNew } from "../../shares/s3/s3-upload.ts";
import { bootListOf } from "../boot-list.ts";
import { renderHowto } from "../howto.ts";
import type { BackupRequest, BucketMedium } from "../request.ts";
import { forgetUnfinished, noteUnfinished } from "./bucket-record.ts";
import { BucketSink } from "./bucket-sink.ts";
import { clearKilled, manifestKey } from "./clear-killed.ts";
import type { BackupResult, Destination, DestinationWish } from "./destination.ts";
import { bringBoot } from "./directory-set.ts";
import { sharedBy } from "./head-files.ts";
import { menuOf } from "./menu-of.ts";

/** A server that is restarted, or moved: hours of work are not thrown away for it. */
const PATIENCE_MS = 600_000;
const CLEARING_MS = 10_000;
const OPENING_MS = 5000;
/** What is lost when one of them is damaged; parts of 8 MiB make 2048 of it. */
const VOLUME_BYTES = 16 * GIB;
/** Boots, and restores from the bucket. */
const RESCUE_ISO = "rescue.iso";
const MOST_OBJECTS = 100_000;

/** Where the sets of a machine lie below the place that was named. Pure. */
export const machinePlace = <P extends ResolvedS3>(place: P, host: string): P =>
  belowS3(place, `/${directoryNameOf(host)}`);

function clientOf(host: Host, { place, keys }: BucketMedium, reporter: Reporter, signal?: AbortSignal): S3Client {
  const log = (text: string) => reporter.log(text);
  const wire = { host, exchange: httpExchange, log, patienceMs: PATIENCE_MS, ...(signal ? { signal } : {}) };
  return new S3Client(place, keys, wire);
}

/**
 * Whether the key may write to the bucket: an upload is begun and ended, of which nothing stays. Throws one sentence
 * within some seconds.
 */
export async function tryBucket(host: Host, medium: BucketMedium, reporter: Reporter): Promise<void> {
  const client = clientOf(host, medium, reporter).with({ patienceMs: OPENING_MS });
  const { prefix } = medium.place;
  await client.listPage(prefix === "" ? "" : `${prefix}/`, { most: 1 });
  const key = belowS3(medium.place, "/.mondo.write-test").prefix;
  const id = await beginUpload(client, key);
  try {
    await abortUpload(client, { key, id });
  } catch (error) {
    reporter.warn(`${messageOf(error)}: an empty one stays; let the bucket end unfinished uploads after some days`);
  }
}

/** The small image that boots and finds the set in the bucket; returns its path. */
async function makeRescue(host: Host, { job, image }: DestinationWish, signal: AbortSignal): Promise<string> {
  const { places, set } = job;
  const scratch = `${places.scratch}/iso`;
  const output = `${places.scratch}/${RESCUE_ISO}`;
  const menu = { ...menuOf(job), extraWords: ["pxe"] };
  const boot = { kernel: image.kernelPath, initrd: image.initrdPath, menu };
  await buildIso(host, { output, scratch, volumeId: volumeIdOf(set, 1), ...boot }, silentReporter, signal);
  return output;
}

/** Looks whether all that was written is there, as long as it should be; returns the length of all of it. */
async function checkThere(client: S3Client, { prefix }: ResolvedS3, manifest: Manifest): Promise<number> {
  const { objects } = await client.list(`${prefix}/`, true, MOST_OBJECTS);
  const sizes = new Map(objects.map(({ key, sizeBytes }) => [key, sizeBytes]));
  for (const { name, sizeBytes } of [...manifest.volumes, ...sharedBy(manifest)]) {
    const key = `${prefix}/mondo/${name}`;
    if (sizes.get(key) === sizeBytes) continue;
    const there = sizes.get(key) ?? "no";
    throw new MondoError("damaged", `${key} has ${there} bytes in the bucket instead of ${sizeBytes}`, {
      hint: "Look at the object store, and start the backup again.",
    });
  }
  return objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** What is missing in the bucket stays here: the volumes are there, and an upload of hours is not thrown away. */
function keepRest(host: Host, { job }: DestinationWish, place: string, manifest: Manifest, cause: unknown): MondoError {
  const directory = `${job.request.directory}/unwritten-${manifest.set}`;
  host.write(`${job.places.set}/manifest.json`, encodeManifest(manifest), 0o600);
  host.rename(job.places.set, directory);
  const message = `the volumes are in ${place}/mondo, but the rest could not be written: ${messageOf(cause)}; it is kept in ${directory}`;
  return new MondoError(cause instanceof MondoError ? cause.code : "system", message, {
    ...{ hint: "Copy its files there, manifest.json last; or make the backup again.", cause },
    data: { kept: directory },
  });
}

/** Everything but the volumes, the manifest last. */
async function writeRest(
  host: Host,
  wish: DestinationWish,
  sink: BucketSink,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const { places } = wish.job;
  for (const { name } of sharedBy(manifest)) await sink.copy(host, `${places.set}/${name}`, name);
  const boot = bringBoot(host, wish).map((name) => `boot/${name}`);
  for (const name of boot) await sink.copy(host, `${places.scratch}/${name}`, `../${name}`);
  await sink.copy(host, await makeRescue(host, wish, signal), `../${RESCUE_ISO}`);
  const signer = { set: manifest.set, key: wish.job.request.signKey };
  await sink.put(BOOT_LIST_NAME, encodeText(await bootListOf(host, places.scratch, boot, signer)));
  await sink.put("HOWTO.txt", encodeText(renderHowto(manifest, "directory")));
}

/** The place of a run's set. Two runs of one second, on machines of one name, are told apart by whoever is first. */
function placeOf(place: ResolvedS3, { job }: DestinationWish): ResolvedS3 {
  const { request, source, created } = job;
  const home = belowS3(machinePlace(place, source.host.name), `/${directoryNameOf(request.setName)}`);
  return belowS3(home, `/${datedName(created, request.diffLevel)}`);
}

/** The bucket that a request names. */
function bucketOf({ medium }: Pick<BackupRequest, "medium">): BucketMedium {
  if (medium?.kind === "bucket") return medium;
  throw new MondoError("bug", "no bucket was named");
}

/** A set in a bucket, as `HOST/PREFIX/DATE/mondo/…`. Its manifest comes last: what has none is no set. */
export async function bucketDestination(host: Host, wish: DestinationWish, reporter: Reporter): Promise<Destination> {
  const { signal } = wish;
  const medium = bucketOf(wish.job.request);
  const client = clientOf(host, medium, reporter, signal);
  const clearing = clientOf(host, medium, reporter).with({ patienceMs: CLEARING_MS });
  await clearKilled(host, clearing, reporter);
  const own = placeOf(medium.place, wish);
  const name = renderS3(own);
  const { objects } = await client.listPage(`${own.prefix}/`, { deep: true, most: 1 });
  if (objects.length > 0) {
    throw new MondoError("refused", `${name} exists already`, { hint: "Look after the clock, and start it again." });
  }
  const sink = new BucketSink(client, clearing, `${own.prefix}/mondo`, (text) => reporter.log(text));
  noteUnfinished(host, name);
  const finish = async (manifest: Manifest): Promise<BackupResult> => {
    reporter.step(`Writing catalog, rescue system and manifest to ${name}`);
    try {
      await writeRest(host, wish, sink, manifest, signal);
      const sizeBytes = await checkThere(client, own, manifest);
      await putNew(client, manifestKey(own.prefix), encodeText(encodeManifest(manifest)));
      forgetUnfinished(host, name);
      return { made: [{ name, sizeBytes }], manifest };
    } catch (error) {
      if (signal.aborted) await sink.discard();
      forgetUnfinished(host, name);
      throw signal.aborted ? error : keepRest(host, wish, name, manifest, error);
    }
  };
  return { sink, volumeBytes: VOLUME_BYTES, finish };
}
