import { volumeIdOf } from "../../archive/set/iso-medium.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import { buildIso } from "../../image/build-iso.ts";
import type { DestinationWish } from "./destination.ts";
import { GrowingImage } from "./growing-image.ts";
import { menuOf } from "./menu-of.ts";

/**
 * Makes an image that boots the rescue system and holds no set, in the run's scratch directory; undefined for a tree of
 * files, which has nothing to be rescued. Returns its path.
 */
export async function makeBootImage(
  host: Host,
  { job, image }: DestinationWish,
  reporter: Reporter,
): Promise<string | undefined> {
  const { request, places, set, source } = job;
  if (source.layout.nodes.length === 0) return undefined;
  const output = `${places.scratch}/boot.iso`;
  reporter.step(msg`Writing the image that boots the rescue system`);
  const files = { kernel: image.kernelPath, initrd: image.initrdPath, menu: menuOf(host, job) };
  const scratch = `${places.scratch}/iso`;
  await buildIso(host, { output, scratch, ...files, volumeId: volumeIdOf(set, 1) }, reporter);
  await new GrowingImage(host, output, true).complete([], { signer: { set, key: request.signKey } });
  return output;
}
