import type { DiscsMedium } from "../backup/request.ts";
import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Reporter } from "../base/report.ts";
import { formatBytes } from "../base/units.ts";
import { type BurnWorld, burnImages, discImage, freeDisc } from "../discs/burn-images.ts";
import { requireBurner, requireBurnTool } from "../discs/burners.ts";
import { openDiscDrive } from "../discs/disc-drive.ts";
import type { Host } from "../host/host.ts";
import type { ArchiveOptions } from "./archive-options.ts";
import { usualBytes } from "./disc-options.ts";
import { confirmOn } from "./person-on-terminal.ts";

/** What burning needs of the world, for a command. */
export function burnWorld(
  host: Host,
  { device, isManual }: Pick<DiscsMedium, "device" | "isManual">,
  reporter: Reporter,
  signal: AbortSignal,
): BurnWorld {
  const drive = openDiscDrive(host, requireBurner(host, device), isManual, reporter, signal);
  return { host, drive, ask: confirmOn(host), reporter, signal };
}

/**
 * The same options with the room that the discs have: that of the disc in the drive, which may be written to; a person
 * is asked for one. What -s says must fit on it. Nothing is written.
 */
export async function withDiscSize(
  host: Host,
  options: ArchiveOptions,
  medium: DiscsMedium,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<ArchiveOptions> {
  requireBurnTool(host);
  const world = burnWorld(host, medium, reporter, signal);
  const named = { ...options, medium: { ...medium, device: world.drive.name } };
  if (medium.isManual) return { ...named, mediaBytes: options.mediaBytes ?? [usualBytes(medium)] };
  const sizeBytes = options.mediaBytes?.[0] ?? 0;
  const { name, capacityBytes } = await freeDisc(
    world,
    { families: medium.families, sizeBytes },
    {
      what: msg`the first medium of this backup`,
      eject: options.eject,
    },
  );
  if (options.mediaBytes) return named;
  if (capacityBytes === 0) {
    throw new MondoError("unsupported", msg`${world.drive.name} does not say how much room the ${name} has`, {
      hint: msg`Give the size of the discs with -s.`,
    });
  }
  reporter.info(msg`The ${name} in ${world.drive.name} has room for ${formatBytes(capacityBytes)}`);
  return { ...named, mediaBytes: [capacityBytes] };
}

/** Writes the images that a backup made to discs. They stay where they are. */
export async function writeDiscs(
  host: Host,
  options: Pick<ArchiveOptions, "eject">,
  medium: DiscsMedium,
  images: readonly string[],
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const { families, speed, blank } = medium;
  const wish = { families, blank, eject: options.eject && !medium.isManual, ...(speed === undefined ? {} : { speed }) };
  const world = burnWorld(host, medium, reporter, signal);
  await burnImages(
    world,
    images.map((path) => discImage(host, path)),
    wish,
  );
}
