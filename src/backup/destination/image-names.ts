/**
 * Names of a set's images. They grow in a directory of their run; one that is complete is called `PREFIX-n.iso.new`,
 * and when all are, each gets its name. So an earlier set stays whole until then.
 */

import { type IsoMedium, manifestIn, openIsoMedium } from "../../archive/set/iso-medium.ts";
import { type Manifest, mediumOf } from "../../archive/set/manifest.ts";
import { mayBeSameMachine } from "../../archive/set/same-machine.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import { checkNames } from "../replaced.ts";
import { type BackupRequest, isoPathOf, scratchNamed } from "../request.ts";

/** What keeps an image from being what its manifest says; undefined: it is all there. */
export function lacking({ spans, manifest, defects }: IsoMedium): string | undefined {
  const { number } = mediumOf(manifest);
  const own = manifest.volumes.filter(({ medium = 1 }) => medium === number);
  const wrong = [manifest.catalog, ...own].find(({ name, sizeBytes }) => spans.get(name)?.sizeBytes !== sizeBytes);
  return defects[0] ?? (wrong ? msg`${wrong.name} is not whole` : undefined);
}

/** Gives a set's images their names, in order; nothing else is lost when that fails in the middle. */
export function nameImages(
  host: Host,
  request: BackupRequest,
  images: readonly string[],
  reporter: Reporter,
): readonly string[] {
  const names = images.map((_, index) => isoPathOf(request, index + 1));
  const pending = names.map((name) => `${name}.new`);
  for (const [index, name] of pending.entries()) host.rename(images[index] ?? "", name);
  for (const [index, name] of names.entries()) host.rename(pending[index] ?? "", name);
  try {
    removeStale(host, request, names.length, reporter);
  } catch (error) {
    reporter.warn(msg`${messageOf(error)}; images of an earlier, larger backup may stand beside the new ones`);
  }
  return names;
}

/**
 * Images of an earlier, larger set of this prefix would stand beside the new ones: they go, and what isn't ours is
 * named. So is a copy that somebody keeps: its name has another number than it.
 */
function removeStale(host: Host, request: BackupRequest, of: number, reporter: Reporter): void {
  const newest = manifestIn(host, isoPathOf(request));
  for (const { path, number } of imagesOf(host, request, request.directory, /^-(\d+)\.iso$/)) {
    if (number <= of) continue;
    const old = manifestIn(host, path);
    const isOurs = old?.prefix === request.prefix && newest !== undefined && mayBeSameMachine(old.host, newest.host);
    if (old && isOurs && mediumOf(old).number === number) {
      host.remove(path);
      reporter.info(msg`${path} was of an earlier, larger backup; it is removed`);
    } else reporter.warn(msg`${path} is not a medium of this backup`);
  }
}

interface NumberedImage {
  readonly path: string;
  readonly number: number;
}

/** Images in a directory, by what follows the prefix in their names. */
function imagesOf(host: Host, { prefix }: BackupRequest, directory: string, ending: RegExp): NumberedImage[] {
  return host.list(directory).flatMap((name) => {
    const number = name.startsWith(prefix) ? Number(ending.exec(name.slice(prefix.length))?.[1]) : 0;
    return number > 0 ? [{ path: `${directory === "/" ? "" : directory}/${name}`, number }] : [];
  });
}

/** Images that a run that was killed left: called `.new`, or in its directory. */
function leftImages(host: Host, request: BackupRequest): NumberedImage[] {
  const { directory, prefix } = request;
  const runs = host.list(directory).filter((name) => scratchNamed(name)?.prefix === prefix);
  return [
    ...imagesOf(host, request, directory, /^-(\d+)\.iso\.new$/),
    ...runs.flatMap((name) => imagesOf(host, request, `${directory}/${name}`, /^-(\d+)\.iso$/)),
  ];
}

/** The image, if it is complete. */
function wholeImage(host: Host, path: string): IsoMedium | undefined {
  try {
    const medium = openIsoMedium(host, path);
    return lacking(medium) === undefined ? medium : undefined;
  } catch (error) {
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

interface WholeImage {
  readonly path: string;
  readonly manifest: Manifest;
  readonly number: number;
}

/** The images of a set that lacks none; undefined: there is no such set among these. */
function wholeSet(images: readonly WholeImage[]): readonly WholeImage[] | undefined {
  for (const { manifest } of images) {
    const { of } = mediumOf(manifest);
    const found = Array.from({ length: of }, (_, index) =>
      images.find(({ manifest: other, number }) => other.set === manifest.set && number === index + 1),
    );
    if (found.every((image) => image !== undefined)) return found;
  }
  return undefined;
}

/**
 * Gives the images of a run that was killed their names, where all of them are complete and lack nothing else. Nothing
 * else is touched. Throws `refused` where something that is not a backup of their machine has such a name.
 */
export function adoptKilled(host: Host, request: BackupRequest, reporter: Reporter): void {
  const left = leftImages(host, request);
  if (left.length === 0) return;
  const all = [...left, ...imagesOf(host, request, request.directory, /^-(\d+)\.iso$/)];
  const whole = all.flatMap(({ path }): WholeImage[] => {
    const manifest = wholeImage(host, path)?.manifest;
    return manifest ? [{ path, manifest, number: mediumOf(manifest).number }] : [];
  });
  const ofRun = new Set(
    whole.filter(({ path }) => left.some((one) => one.path === path)).map(({ manifest }) => manifest.set),
  );
  const set = wholeSet(whole.filter(({ manifest }) => ofRun.has(manifest.set) && manifest.prefix === request.prefix));
  const [first] = set ?? [];
  if (!set || !first) return;
  checkNames(host, request, set.length, first.manifest.host);
  for (const [index, { path }] of set.entries()) {
    const name = isoPathOf(request, index + 1);
    if (path !== name) host.rename(path, name);
  }
  reporter.info(msg`${isoPathOf(request)} is of a run that was killed when it had all but its name; it has that now`);
  removeStale(host, request, set.length, reporter);
}

/** Removes images that a run which was killed did not complete. */
export function removeUnfinished(host: Host, request: BackupRequest): void {
  for (const { path } of imagesOf(host, request, request.directory, /^-(\d+)\.iso\.new(?:\.partial|\.boot)?$/)) {
    host.remove(path);
  }
}
