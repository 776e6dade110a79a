import { encodeManifest, type Manifest } from "../../archive/set/manifest.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { renderHowto } from "../howto.ts";
import { type BackupRequest, isoPathOf, type WorkPlaces } from "../request.ts";
import type { GrowingImage } from "./growing-image.ts";
import { sharedBy } from "./head-files.ts";
import { useReserve } from "./reserve.ts";

/** A set whose volumes are all written, and whose images can't be completed. */
export interface IncompleteSet {
  readonly request: BackupRequest;
  readonly places: WorkPlaces;
  readonly manifest: Manifest;
  readonly images: readonly GrowingImage[];
}

/** Directories of sets that were kept: `PREFIX-set`, `PREFIX-set-2` … */
export function isKeptSet(host: Pick<Host, "exists">, directory: string, name: string): boolean {
  return /-set(-\d+)?$/.test(name) && host.exists(`${directory}/${name}/manifest.json`);
}

/** A name that nothing has in the directory. */
function freeName(host: Host, directory: string, prefix: string): string {
  for (let number = 1; ; number++) {
    const path = `${directory}/${prefix}-set${number === 1 ? "" : `-${number}`}`;
    if (!host.exists(path)) return path;
  }
}

/** Where an image is now: naming may have failed in the middle. */
function pathNow(host: Host, request: BackupRequest, { path }: GrowingImage, number: number): string | undefined {
  const name = isoPathOf(request, number);
  return host.exists(path) ? path : host.exists(`${name}.new`) ? `${name}.new` : undefined;
}

/** The failure with what was kept of the set. */
function told(failure: unknown, what: string, kept: string, hint: string): MondoError {
  const [code, data] = failure instanceof MondoError ? [failure.code, failure.data] : (["system", {}] as const);
  const message = msg`the files are saved, but the ISO is not complete: ${messageOf(failure)}; ${what}`;
  return new MondoError(code, message, { hint, cause: failure, data: { ...data, kept } });
}

const NOTE = msg`The ISO images in this directory were not completed: they have volumes (in their directory mondo), and do not boot
a restore. The other files of the set are here. To get a volume out of one without mondo, mount it (mount -o loop,ro),
or: xorriso -osirrox on -indev IMAGE -extract /mondo DIR

`;

/** The files of a set but its volumes, into a directory; the manifest last: a set without it is unfinished. */
function putHeads(host: Host, { places, manifest }: IncompleteSet, directory: string): void {
  // Nothing of what boots has digests, and all volumes are here.
  const { media: _, boot: __, ...rest } = manifest;
  const here: Manifest = { ...rest, volumes: manifest.volumes.map(({ medium: ___, ...volume }) => volume) };
  for (const { name } of sharedBy(manifest)) {
    const [from, to] = [`${places.set}/${name}`, `${directory}/${name}`];
    if (places.images === places.scratch) host.rename(from, to);
    else host.copy(from, to);
  }
  host.write(`${directory}/HOWTO.txt`, NOTE + renderHowto(here), 0o600);
  host.write(`${directory}/manifest.json`, encodeManifest(here), 0o600);
}

/**
 * Keeps a set whose images can't be completed as the directory `PREFIX-set`: catalog, manifest, and images with nothing
 * but volumes. Returns what is to be thrown: the failure, where the set is and how to go on.
 */
export async function keepImages(host: Host, set: IncompleteSet, failure: unknown): Promise<unknown> {
  const { request, places, images } = set;
  const kept = freeName(host, request.directory, request.prefix);
  host.makeDirectory(kept, 0o700);
  let isEmpty = true;
  try {
    useReserve(host, places.images);
    for (const [index, image] of images.entries()) {
      const path = pathNow(host, request, image, index + 1);
      if (path === undefined) throw new MondoError("not-found", msg`image ${index + 1} is gone`);
      if (!image.isComplete) await image.complete([]);
      host.rename(path, isoPathOf({ directory: kept, prefix: request.prefix }, index + 1));
      isEmpty = false;
    }
    putHeads(host, set, kept);
    host.sync();
  } catch (error) {
    if (isEmpty) host.remove(kept);
    return told(
      failure,
      msg`keeping it failed, too: ${messageOf(error)}`,
      kept,
      msg`Look after the disk or share, and start the backup again.`,
    );
  }
  const hint = msg`Check it with mondo verify ${kept}; mondo extract and mondo restore read it, too.`;
  return told(failure, msg`it is kept as ${kept}`, kept, hint);
}
