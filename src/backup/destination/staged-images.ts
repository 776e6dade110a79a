import type { Manifest } from "../../archive/set/manifest.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import { burnMedia } from "../burn.ts";
import { keepSet } from "../keep-set.ts";
import { burdenOf, overMedia } from "../media-burden.ts";
import { volumeLimitOf } from "../media-plan.ts";
import type { BackupResult, Destination, DestinationWish } from "./destination.ts";

/** ISO images in a directory, written when the set is complete. */
export async function stagedImages(host: Host, { job, image }: DestinationWish): Promise<Destination> {
  const burden = await burdenOf(host, job, image);
  const finish = async (whole: Manifest, reporter: Reporter, signal: AbortSignal): Promise<BackupResult> => {
    const { request, places } = job;
    let manifest = whole;
    try {
      if (burden) manifest = overMedia(manifest, burden);
      const isos = await burnMedia(host, { request, places, manifest, image }, reporter, signal);
      return { made: isos.map((name) => ({ name, sizeBytes: host.stat(name)?.sizeBytes ?? 0 })), manifest };
    } catch (error) {
      throw signal.aborted ? error : keepSet(host, { request, places, manifest }, error);
    }
  };
  return { volumeBytes: volumeLimitOf(burden), finish };
}
