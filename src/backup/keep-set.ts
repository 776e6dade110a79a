import { encodeManifest, type Manifest, mediumOf } from "../archive/set/manifest.ts";
import { MondoError, messageOf } from "../base/errors.ts";
import type { Host } from "../host/host.ts";
import { sharedBy } from "./burn.ts";
import { renderHowto } from "./howto.ts";
import { type BackupRequest, isoPathOf, type WorkPlaces } from "./request.ts";

/** A set that is complete, and whose images are not. */
export interface UnburntSet {
  readonly request: BackupRequest;
  readonly places: WorkPlaces;
  readonly manifest: Manifest;
}

const directoryOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

/** Directories of sets that were kept: `PREFIX-set`, `PREFIX-set-2` … */
export function isKeptSet(host: Pick<Host, "exists">, directory: string, name: string): boolean {
  return /-set(-\d+)?$/.test(name) && host.exists(`${directory}/${name}/manifest.json`);
}

/** A name that nothing has in any of the directories. */
function freeName(host: Host, directories: readonly string[], prefix: string): string {
  for (let number = 1; ; number++) {
    const name = `${prefix}-set${number === 1 ? "" : `-${number}`}`;
    if (!directories.some((directory) => host.exists(`${directory}/${name}`))) return name;
  }
}

/** Puts the files of the media that are not written back to the others. */
function collect(host: Host, { places, manifest }: UnburntSet): void {
  const names = [...manifest.volumes, ...sharedBy(manifest)].map(({ name }) => name);
  const { of } = mediumOf(manifest);
  for (let number = 1; number <= of; number++) {
    const medium = `${places.scratch}/medium-${number}`;
    for (const name of names)
      if (host.exists(`${medium}/${name}`)) host.rename(`${medium}/${name}`, `${places.set}/${name}`);
  }
}

/**
 * The manifest of what is in the set's directory: that of a single medium when all volumes are. Undefined: all volumes
 * are in images.
 */
function manifestHere(host: Host, { places, manifest }: UnburntSet): Manifest | undefined {
  // Nothing of what boots is there: its digests would be missed.
  const { media, boot: _, ...rest } = manifest;
  const missing = manifest.volumes.filter(({ name }) => !host.exists(`${places.set}/${name}`));
  if (missing.length === 0) return { ...rest, volumes: manifest.volumes.map(({ medium: _, ...volume }) => volume) };
  const burnt = Math.max(...missing.map(({ medium = 1 }) => medium));
  const of = media?.of ?? 1;
  return burnt < of ? { ...rest, media: { number: burnt + 1, of } } : undefined;
}

function moveInto(host: Host, from: string, to: string): void {
  // The manifest last: a set without it is unfinished.
  const names = host.list(from).filter((name) => name !== "manifest.json");
  for (const name of [...names, "manifest.json"]) host.rename(`${from}/${name}`, `${to}/${name}`);
}

/** Images that are whole, moved out of the way of the next run. Returns their paths. */
function keepImages(host: Host, { request, manifest }: UnburntSet, directory: string): string[] {
  const numbers = Array.from({ length: mediumOf(manifest).of }, (_, index) => index + 1);
  return numbers.flatMap((number) => {
    const pending = `${isoPathOf(request, number)}.new`;
    if (!host.exists(pending)) return [];
    const kept = isoPathOf({ directory, prefix: request.prefix }, number);
    host.makeDirectory(directory, 0o700);
    host.rename(pending, kept);
    return [kept];
  });
}

function hintOf(set: string, images: readonly string[]): string {
  const [first] = images;
  const check = `Check it with mondo verify ${set}; mondo extract and mondo restore read it, too.`;
  if (first === undefined) return check;
  const which = images.length === 1 ? first : `${images.length} images, ${first} first`;
  return `Copy the volumes in /mondo of ${which}, into ${set}. ${check}`;
}

/** The failure with what was kept of the set. */
function told(failure: unknown, kept: string, hint: string, place: string): MondoError {
  const [code, data] = failure instanceof MondoError ? [failure.code, failure.data] : (["system", {}] as const);
  const message = `the backup is saved, but not written as ISO: ${messageOf(failure)}; ${kept}`;
  return new MondoError(code, message, { hint, cause: failure, data: { ...data, kept: place } });
}

/**
 * Keeps a set as a directory beside where it was put together, when an image of it can't be written. Returns what is to
 * be thrown: the failure, where the set is and how to go on.
 */
export function keepSet(host: Host, unburnt: UnburntSet, failure: unknown): unknown {
  const { request, places } = unburnt;
  const home = directoryOf(places.scratch);
  const name = freeName(host, [home, request.directory], request.prefix);
  collect(host, unburnt);
  const here = manifestHere(host, unburnt);
  const images = keepImages(host, unburnt, `${request.directory}/${name}`);
  if (!here) {
    const [first] = images;
    if (first === undefined) return failure;
    return told(failure, `its images are whole: ${images.join(", ")}`, "Give them their names and places.", first);
  }
  const set = `${home}/${name}`;
  host.write(`${places.set}/HOWTO.txt`, renderHowto(here), 0o600);
  host.write(`${places.set}/manifest.json`, encodeManifest(here), 0o600);
  if (images.length > 0 && home === request.directory) moveInto(host, places.set, set);
  else host.rename(places.set, set);
  host.sync();
  return told(failure, `it is kept as ${set}`, hintOf(set, images), set);
}
