import { BOOT_LIST_BYTES } from "../../archive/set/boot-digests.ts";
import { openIsoMedium, volumeIdOf } from "../../archive/set/iso-medium.ts";
import type { Manifest } from "../../archive/set/manifest.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { formatBytes, KIB, MIB } from "../../base/units.ts";
import type { Host } from "../../host/host.ts";
import { buildIso } from "../../image/build-iso.ts";
import { runForImage } from "../image-commands.ts";
import { checkMediaSizes, LARGEST_IMAGE, type MediaBurden, sizeOfMedium } from "../media-plan.ts";
import type { Job } from "../prepare-backup.ts";
import { checkNames } from "../replaced.ts";
import { type BackupRequest, isoPathOf } from "../request.ts";
import type { BackupResult, Destination, DestinationWish } from "./destination.ts";
import { GrowingImage } from "./growing-image.ts";
import { GrowingImages } from "./growing-images.ts";
import { headsOn } from "./head-files.ts";
import { lacking, nameImages } from "./image-names.ts";
import { keepImages } from "./kept-images.ts";
import { makeRoom } from "./make-room.ts";
import { menuOf } from "./menu-of.ts";
import { keepReserve } from "./reserve.ts";

/** Hybrid images end at a full MiB. */
const TABLE_BYTES = MIB;
/** A number more in a manifest. */
const MANIFEST_SLACK = 8 * KIB;

const capacitiesOf = ({ mediaBytes }: BackupRequest): readonly number[] => mediaBytes ?? [LARGEST_IMAGE];

/** Where an image grows. */
const growingPath = ({ request, places }: Job, number: number): string =>
  isoPathOf({ directory: places.images, prefix: request.prefix }, number);

/** The image of a medium, with all that boots and nothing of the set. */
async function newImage(
  host: Host,
  { job, image, signal }: DestinationWish,
  number: number,
  reporter: Reporter,
): Promise<GrowingImage> {
  const { beforeImage } = job.request;
  const occasion = { option: "-B", iso: isoPathOf(job.request, number), number } as const;
  if (beforeImage !== undefined) await runForImage(host, beforeImage, occasion, reporter, signal);
  const output = growingPath(job, number);
  const data = { output, scratch: `${job.places.scratch}/iso`, volumeId: volumeIdOf(job.set, number) };
  const boot = { kernel: image.kernelPath, initrd: image.initrdPath, menu: menuOf(host, job) };
  await buildIso(host, number === 1 ? { ...data, ...boot } : data, reporter, signal);
  return new GrowingImage(host, output, number === 1);
}

/** Looks at an image before it takes the place of another: whether it is all there, and has what belongs onto it. */
function checkWritten(host: Host, iso: string, { set }: Manifest): void {
  const found = openIsoMedium(host, iso);
  const defect = found.manifest.set === set ? lacking(found) : msg`it holds another set`;
  if (defect === undefined) return;
  throw new MondoError("damaged", msg`${iso} is not what was written: ${defect}`, {
    hint: msg`Look after the disk or share that it lies on, and start the backup again.`,
  });
}

function checkSize(path: string, size: number, limit: number): void {
  if (size <= limit) return;
  throw new MondoError(
    "bug",
    msg`${path} has ${formatBytes(size)} and does not fit on a medium of ${formatBytes(limit)}`,
    {
      hint: msg`Give a size that is some MiB smaller than the medium with -s.`,
    },
  );
}

/** The set of an image run whose volumes are all there. */
interface WrittenSet {
  readonly job: Job;
  readonly images: GrowingImages;
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
}

/** Cuts the set for its media; every one of them has room for the rest then. */
async function overMedia({ job, images, reporter }: WrittenSet, whole: Manifest): Promise<Manifest> {
  const capacities = capacitiesOf(job.request);
  const draft = { ...whole, media: { number: 1, of: images.all.length + 1 } };
  const heads = headsOn(job.places.set, draft, 1).map(({ sizeBytes }) => sizeBytes);
  const needs = { capacities, heads: [...heads, BOOT_LIST_BYTES, MANIFEST_SLACK] };
  const volumes = await makeRoom(images, whole.volumes, needs, (name, medium) =>
    reporter.info(msg`the catalog has become larger than expected: ${name} goes to medium ${medium}`),
  );
  const of = images.all.length;
  if (of === 1) return { ...whole, volumes };
  const placed = volumes.map((volume) => ({ ...volume, medium: volume.medium ?? 1 }));
  return { ...whole, volumes: placed, media: { number: 1, of } };
}

/** Puts catalog and manifest behind the volumes of each image. */
async function completeAll(host: Host, { job, images, signal }: WrittenSet, manifest: Manifest): Promise<number[]> {
  const capacities = capacitiesOf(job.request);
  const signer = { set: manifest.set, key: job.request.signKey };
  const sizes: number[] = [];
  for (const [index, image] of images.all.entries()) {
    const sizeBytes = await image.complete(headsOn(job.places.set, manifest, index + 1), { signer, signal });
    checkWritten(host, image.path, manifest);
    checkSize(image.path, sizeBytes, sizeOfMedium(capacities, index + 1));
    sizes.push(sizeBytes);
  }
  return sizes;
}

async function finishImages(host: Host, written: WrittenSet, whole: Manifest): Promise<BackupResult> {
  const { job, images, reporter, signal } = written;
  const { request, places } = job;
  let manifest = whole;
  try {
    // Nothing needs them any more, and the catalog may need their room.
    host.remove(places.boot);
    manifest = await overMedia(written, whole);
    const sizes = await completeAll(host, written, manifest);
    await host.sleep(0);
    signal.throwIfAborted();
    // How many there will be was not known when the backup began.
    checkNames(host, request, images.all.length, manifest.host);
    const paths = images.all.map(({ path }) => path);
    const names = nameImages(host, request, paths, reporter);
    return { made: names.map((name, index) => ({ name, sizeBytes: sizes[index] ?? 0 })), manifest };
  } catch (error) {
    if (!signal.aborted) throw await keepImages(host, { request, places, manifest, images: images.all }, error);
    images.discard();
    throw error;
  }
}

/** ISO images in a directory, which grow as the volumes come. */
export async function isoImages(host: Host, wish: DestinationWish, reporter: Reporter): Promise<Destination> {
  const { job } = wish;
  const { request, places } = job;
  host.makeDirectory(places.images, 0o700);
  const first = await newImage(host, wish, 1, reporter);
  const burden: MediaBurden = {
    ...{ sizes: capacitiesOf(request), bootBytes: first.endOffset + TABLE_BYTES, headBytes: job.headBytes },
  };
  try {
    checkMediaSizes(burden);
    keepReserve(host, places.images);
  } catch (error) {
    first.discard();
    throw error;
  }
  const add = (number: number) => newImage(host, wish, number, reporter);
  const images = new GrowingImages(first, burden, add);
  const finish = async (whole: Manifest, said: Reporter, stop: AbortSignal): Promise<BackupResult> => {
    const iso = isoPathOf(request);
    said.step(
      images.all.length === 1 ? msg`Completing ${iso}` : msg`Completing ${images.all.length} images, ${iso} first`,
    );
    return await finishImages(host, { job, images, reporter: said, signal: stop }, whole);
  };
  return { sink: images, volumeBytes: () => images.nextLimit(), finish };
}
