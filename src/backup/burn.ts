import { BOOT_LIST_NAME, bootListToBe } from "../archive/set/boot-digests.ts";
import { isIsoOfSet, manifestIn, openIsoMedium, volumeIdOf } from "../archive/set/iso-medium.ts";
import { encodeManifest, type Manifest, mediumOf } from "../archive/set/manifest.ts";
import type { VolumeInfo } from "../archive/set-files.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import { version } from "../base/program-version.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes } from "../base/units.ts";
import type { BootMenu } from "../drivers/media/medium.ts";
import type { Host } from "../host/host.ts";
import type { ImageResult } from "../image/build-image.ts";
import { buildIso, measureIso } from "../image/build-iso.ts";
import { renderHowto } from "./howto.ts";
import { runForImage } from "./image-commands.ts";
import { sizeOfMedium } from "./media-plan.ts";
import { type BackupRequest, isoPathOf, type WorkPlaces } from "./request.ts";
import { sealBoot } from "./seal-boot.ts";

/** A set in the scratch directory that goes onto its media. */
export interface BurnJob {
  readonly request: BackupRequest;
  readonly places: WorkPlaces;
  readonly manifest: Manifest;
  readonly image: ImageResult;
}

const menuOf = (request: BackupRequest, host: string, set: string): BootMenu => ({
  title: `mondo ${version}: ${host}`,
  set,
  restoreByDefault: request.restoreByDefault,
});

/** Bytes of the first medium before anything of the set is on it. */
export async function measureBoot(
  host: Host,
  { request, places, image }: Pick<BurnJob, "request" | "places" | "image">,
  { set, name }: { readonly set: string; readonly name: string },
): Promise<number> {
  const empty = `${places.scratch}/empty`;
  host.makeDirectory(empty, 0o700);
  return await measureIso(host, {
    output: `${places.scratch}/measured.iso`,
    set: empty,
    kernel: image.kernelPath,
    initrd: image.initrdPath,
    menu: menuOf(request, name, set),
    volumeId: volumeIdOf(set, 1),
  });
}

/** Files that go onto every medium. */
export function sharedBy({ catalog, removed, headers = [] }: Manifest): VolumeInfo[] {
  return [catalog, ...(removed ? [removed] : []), ...headers];
}

/** Moves what belongs onto a medium into a directory of its own; the manifest is written last. */
function gather(host: Host, { places, manifest }: BurnJob, number: number): string {
  const directory = `${places.scratch}/medium-${number}`;
  host.makeDirectory(directory, 0o700);
  const own = manifest.volumes.filter(({ medium = 1 }) => medium === number);
  for (const { name } of [...own, ...sharedBy(manifest)]) host.rename(`${places.set}/${name}`, `${directory}/${name}`);
  const { of } = mediumOf(manifest);
  const here: Manifest = of === 1 ? manifest : { ...manifest, media: { number, of } };
  if (number === 1) host.write(`${directory}/${BOOT_LIST_NAME}`, bootListToBe());
  host.write(`${directory}/HOWTO.txt`, renderHowto(here));
  host.write(`${directory}/manifest.json`, encodeManifest(here));
  return directory;
}

/** Looks at an image before it takes the place of another: whether it is all there, and has what belongs onto it. */
function checkWritten(host: Host, iso: string, { set, volumes, catalog }: Manifest, number: number): void {
  const found = openIsoMedium(host, iso);
  const own = volumes.filter(({ medium = 1 }) => medium === number);
  const wrong = [catalog, ...own].find(({ name, sizeBytes }) => found.spans.get(name)?.sizeBytes !== sizeBytes);
  const defect = found.manifest.set === set ? found.defects[0] : "it holds another set";
  if (wrong === undefined && defect === undefined) return;
  throw new MondoError("damaged", `${iso} is not what was written: ${defect ?? `${wrong?.name} is not whole`}`, {
    hint: "Look after the disk or share that it lies on, and start the backup again.",
  });
}

async function burnOne(
  host: Host,
  job: BurnJob,
  number: number,
  output: string,
  reporter: Reporter,
  signal: AbortSignal,
) {
  const { request, places, manifest, image } = job;
  const directory = gather(host, job, number);
  const volumeId = volumeIdOf(manifest.set, number);
  const boot = {
    kernel: image.kernelPath,
    initrd: image.initrdPath,
    menu: menuOf(request, manifest.host.name, manifest.set),
  };
  await buildIso(host, { output, set: directory, volumeId, ...(number === 1 ? boot : {}) }, reporter, signal);
  if (number === 1) await sealBoot(host, output, { set: manifest.set, key: request.signKey });
  checkWritten(host, output, manifest, number);
  checkSize(host, output, request.mediaBytes ? sizeOfMedium(request.mediaBytes, number) : undefined);
  // Its volumes make room for the next medium; what all have goes on to it.
  for (const { name } of sharedBy(manifest)) host.rename(`${directory}/${name}`, `${places.set}/${name}`);
  host.remove(directory);
}

function checkSize(host: Host, output: string, limit = Number.POSITIVE_INFINITY): void {
  const size = host.stat(output)?.sizeBytes ?? 0;
  if (size <= limit) return;
  throw new MondoError(
    "bug",
    `${output} has ${formatBytes(size)} and does not fit on a medium of ${formatBytes(limit)}`,
    {
      hint: "Give a size that is some MiB smaller than the medium with -s.",
    },
  );
}

/**
 * Images of an earlier, larger set of this prefix would stand beside the new ones: they go, and what isn't ours is
 * named.
 */
function removeStale(host: Host, { request, manifest }: BurnJob, reporter: Reporter): void {
  for (const { path, number } of imagesOf(host, request)) {
    if (number <= mediumOf(manifest).of) continue;
    if (isIsoOfSet(host, path)) {
      host.remove(path);
      reporter.info(`${path} was of an earlier, larger backup; it is removed`);
    } else reporter.warn(`${path} is not a medium of this backup`);
  }
}

/** `PREFIX-n.iso` in the target directory. */
function imagesOf(host: Host, request: BackupRequest): { readonly path: string; readonly number: number }[] {
  return host.list(request.directory).flatMap((name) => {
    const number = Number(/^-(\d+)\.iso$/.exec(name.slice(request.prefix.length))?.[1]);
    return name.startsWith(request.prefix) && number > 0 ? [{ path: isoPathOf(request, number), number }] : [];
  });
}

/**
 * Clears up behind a run that was killed. Its images are removed; where the first has its name already, and so took an
 * earlier one's place, all of them are whole: they get theirs.
 */
export function finishKilled(host: Host, request: BackupRequest): void {
  const { directory, prefix } = request;
  for (const name of host.list(directory)) {
    const rest = name.startsWith(prefix) ? name.slice(prefix.length) : "";
    const path = `${directory}/${name}`;
    const number = Number(/^-(\d+)\.iso\.new$/.exec(rest)?.[1]);
    if (number > 1 && isOfOneSet(host, isoPathOf(request), path)) host.rename(path, isoPathOf(request, number));
    else if (/^-\d+\.iso\.new(\.partial|\.boot)?$/.test(rest)) host.remove(path);
  }
}

function isOfOneSet(host: Host, first: string, other: string): boolean {
  const [one, two] = [first, other].map((path) => manifestIn(host, path)?.set);
  return one !== undefined && one === two;
}

/**
 * Writes the ISO of each medium and frees its volumes. Earlier images of the same names stay whole until the last one
 * is complete. On failure the images before the one that failed are left as `.new`, for their volumes are gone; when
 * the signal aborts, nothing new is. Returns the images in order.
 */
export async function burnMedia(host: Host, job: BurnJob, reporter: Reporter, signal: AbortSignal): Promise<string[]> {
  const { of } = mediumOf(job.manifest);
  const isos = Array.from({ length: of }, (_, index) => isoPathOf(job.request, index + 1));
  const pending = isos.map((iso) => `${iso}.new`);
  let written = 0;
  try {
    for (const [index, output] of pending.entries()) {
      signal.throwIfAborted();
      reporter.step(`Writing ${of === 1 ? "" : `medium ${index + 1} of ${of}: `}${isos[index]}`);
      const { beforeImage } = job.request;
      const occasion = { option: "-B", iso: isos[index] ?? output, number: index + 1 } as const;
      if (beforeImage !== undefined) await runForImage(host, beforeImage, occasion, reporter, signal);
      await burnOne(host, job, index + 1, output, reporter, signal);
      written++;
    }
    signal.throwIfAborted();
  } catch (error) {
    for (const path of signal.aborted ? pending : pending.slice(written)) host.remove(path);
    throw error;
  }
  for (const iso of isos) host.rename(`${iso}.new`, iso);
  try {
    removeStale(host, job, reporter);
  } catch (error) {
    reporter.warn(`${messageOf(error)}; images of an earlier, larger backup may stand beside the new ones`);
  }
  return isos;
}
