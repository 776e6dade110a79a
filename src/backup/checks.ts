import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { formatBytes, MIB } from "../base/units.ts";
import { canHoldFile } from "../host/file-length.ts";
import type { Host } from "../host/host.ts";
import { isRoot } from "../host/linux.ts";
import { CACHE } from "./leftovers.ts";
import { LARGEST_IMAGE } from "./media-plan.ts";
import { type BackupRequest, isStreamed, makesImages, type WorkPlaces } from "./request.ts";

/** Only root reads whole disks and other people's files. */
export function requireRoot(): void {
  if (!isRoot()) {
    throw new MondoError("not-root", msg`this command must be run as root`, {
      hint: msg`Run it as root, or with sudo.`,
    });
  }
}

function requireDirectory(host: Host, path: string, option: string): void {
  const stat = host.stat(path);
  if (!stat)
    throw new MondoError("not-found", msg`${option} ${path} does not exist`, {
      hint: msg`Make it, or name another directory.`,
    });
  if (stat.kind !== "directory")
    throw new MondoError("usage", msg`${option} ${path} is not a directory`, { hint: msg`Name a directory.` });
}

function requireWritable(host: Host, path: string, option: string): void {
  const probe = `${path}/.mondo.write-test.${crypto.randomUUID()}`;
  try {
    host.write(probe, "");
    host.remove(probe);
  } catch (cause) {
    throw new MondoError("system", msg`${option} ${path} can't be written to`, {
      hint: msg`Name a directory on a writable file system.`,
      cause,
    });
  }
}

/** The directories that were named exist and can be written to. */
export function checkPlaces(host: Host, request: BackupRequest): void {
  requireDirectory(host, request.root, "--root");
  if (request.directory === CACHE) host.makeDirectory(CACHE, 0o700);
  requireDirectory(host, request.directory, "-d");
  const named: [string | undefined, string][] = [
    [request.directory, "-d"],
    [request.scratch, "-S"],
    [request.temp, "-T"],
  ];
  for (const [path, option] of named) {
    if (path === undefined) continue;
    requireDirectory(host, path, option);
    requireWritable(host, path, option);
  }
}

/** Text and archives of a usual system shrink to about half; below a third of their size there is no hope. */
const HOPEFUL_RATIO = 1 / 3;
/** Kernel, initrd and loaders. */
const IMAGE_BYTES = 160 * MIB;

/** Refuses when the images can't fit, so that hours are not lost to a full disk. */
export function checkSpace(host: Host, request: BackupRequest, places: WorkPlaces, contentBytes: number): void {
  const isDirectory = request.medium?.kind === "directory";
  const home = isDirectory ? request.directory : (request.scratch ?? request.directory);
  const boots = isDirectory ? home : (request.temp ?? home);
  // Kernel and initrd lie there before they are in the image.
  const isHere = host.stat(boots)?.dev === host.stat(request.directory)?.dev;
  const target = leastOf(request, contentBytes) + (isHere && !isDirectory ? 2 : 1) * IMAGE_BYTES;
  const needs: [string, number][] = isStreamed(request)
    ? [[home, 2 * IMAGE_BYTES]]
    : [[request.directory, target], ...(isHere ? [] : [[boots, IMAGE_BYTES] as [string, number]])];
  for (const [path, needed] of needs) {
    const free = host.freeBytes(path);
    if (free >= needed) continue;
    const isTarget = path === request.directory && !isStreamed(request);
    const why = isTarget ? msg`${formatBytes(contentBytes)} of files need` : msg`kernel and initrd need`;
    throw new MondoError(
      "no-space",
      msg`${path} has ${formatBytes(free)} free; ${why} at least ${formatBytes(needed)}`,
      {
        hint: msg`Free some, name another directory with -d, -S or -T, or leave trees out with -E.`,
        data: { path, free, needed, iso: places.iso },
      },
    );
  }
}

/** What the archive of these files has at least. */
function leastOf({ level }: BackupRequest, contentBytes: number): number {
  return level === 0 ? contentBytes : contentBytes * HOPEFUL_RATIO;
}

/**
 * Refuses a directory whose file system can't hold a file as long as an image will be (FAT: 4 GiB); returns a sentence
 * where it may turn out so.
 */
export function checkLength(
  request: BackupRequest,
  contentBytes: number,
  canHold: (directory: string, sizeBytes: number) => boolean = canHoldFile,
): string | undefined {
  const { directory, mediaBytes } = request;
  if (!makesImages(request)) return undefined;
  const largest = Math.max(...(mediaBytes ?? [LARGEST_IMAGE]));
  const longest = (archive: number): number => Math.min(archive + IMAGE_BYTES, largest);
  const least = longest(leastOf(request, contentBytes));
  const hint = msg`Cut the backup into several images with -s (-s 4000m on FAT), or name another directory with -d.`;
  if (!canHold(directory, least)) {
    const what = msg`the file system of ${directory} takes no file of ${formatBytes(least)}, as an image would be at least`;
    throw new MondoError("unsupported", what, { hint, data: { directory, needed: least } });
  }
  const most = longest(contentBytes);
  if (canHold(directory, most)) return undefined;
  return msg`the file system of ${directory} takes no file of ${formatBytes(most)}: the backup fails if the files don't shrink enough. ${hint}`;
}
