import { BOOT_LIST_BYTES } from "../archive/set/boot-digests.ts";
import { encodeManifest, type Manifest } from "../archive/set/manifest.ts";
import { KIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import type { ImageResult } from "../image/build-image.ts";
import { measureBoot, sharedBy } from "./burn.ts";
import { renderHowto } from "./howto.ts";
import { checkMediaSizes, type MediaBurden, placeVolumes } from "./media-plan.ts";
import type { Job } from "./prepare-backup.ts";

/** Rounding of the files on a medium to sectors, and a number more in the manifest. */
const HEAD_SLACK = 32 * KIB;

/**
 * What the media hold besides volumes, as far as it is known before; undefined with one medium. Throws `no-space` when
 * it's too much.
 */
export async function burdenOf(host: Host, job: Job, image: ImageResult): Promise<MediaBurden | undefined> {
  const { request, places, set, source, headBytes } = job;
  if (!request.mediaBytes) return undefined;
  const bootBytes = await measureBoot(host, { request, places, image }, { set, name: source.host.name });
  const burden = { sizes: request.mediaBytes, bootBytes, headBytes };
  checkMediaSizes(burden);
  return burden;
}

/** The manifest of a set that was cut for its media, now that all lengths are known. */
export function overMedia(manifest: Manifest, burden: MediaBurden): Manifest {
  const draft = { ...manifest, volumes: placeVolumes(manifest.volumes, burden) };
  const texts = encodeManifest(draft).length + renderHowto(draft).length;
  const shared = sharedBy(manifest).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const headBytes = shared + texts + BOOT_LIST_BYTES + HEAD_SLACK;
  const volumes = placeVolumes(manifest.volumes, { ...burden, headBytes });
  const of = Math.max(...volumes.map(({ medium = 1 }) => medium));
  return of === 1 ? manifest : { ...manifest, volumes, media: { number: 1, of } };
}
