import { BOOT_LIST_NAME, bootListToBe } from "../../archive/set/boot-digests.ts";
import { volumeIdOf } from "../../archive/set/iso-medium.ts";
import { version } from "../../base/program-version.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import { buildIso } from "../../image/build-iso.ts";
import { sealBoot } from "../seal-boot.ts";
import type { DestinationWish } from "./destination.ts";

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
  const directory = `${places.scratch}/boot-only`;
  const output = `${places.scratch}/boot.iso`;
  host.makeDirectory(directory, 0o700);
  host.write(`${directory}/${BOOT_LIST_NAME}`, bootListToBe());
  reporter.step("Writing the image that boots the rescue system");
  const menu = {
    title: `mondo ${version}: ${source.host.name}`,
    set,
    restoreByDefault: request.restoreByDefault,
  };
  const files = { kernel: image.kernelPath, initrd: image.initrdPath };
  await buildIso(host, { output, set: directory, ...files, menu, volumeId: volumeIdOf(set, 1) }, reporter);
  await sealBoot(host, output, { set, key: request.signKey });
  host.remove(directory);
  return output;
}
