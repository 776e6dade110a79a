import { MondoError } from "../base/errors.ts";
import { formatBytes, MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { isRoot } from "../host/linux.ts";
import { CACHE } from "./leftovers.ts";
import { type BackupRequest, isStreamed, type WorkPlaces } from "./request.ts";

/** Only root reads whole disks and other people's files. */
export function requireRoot(): void {
  if (!isRoot()) {
    throw new MondoError("not-root", "this command must be run as root", { hint: "Run it as root, or with sudo." });
  }
}

function requireDirectory(host: Host, path: string, option: string): void {
  const stat = host.stat(path);
  if (!stat)
    throw new MondoError("not-found", `${option} ${path} does not exist`, {
      hint: "Make it, or name another directory.",
    });
  if (stat.kind !== "directory")
    throw new MondoError("usage", `${option} ${path} is not a directory`, { hint: "Name a directory." });
}

function requireWritable(host: Host, path: string, option: string): void {
  const probe = `${path}/.mondo.write-test.${crypto.randomUUID()}`;
  try {
    host.write(probe, "");
    host.remove(probe);
  } catch (cause) {
    throw new MondoError("system", `${option} ${path} can't be written to`, {
      hint: "Name a directory on a writable file system.",
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
const IMAGE_BYTES = 160 * MIB;

/** Refuses when the volumes and the ISO made of them can't fit, so that hours are not lost to a full disk. */
export function checkSpace(host: Host, request: BackupRequest, places: WorkPlaces, contentBytes: number): void {
  const hopeful = request.level === 0 ? contentBytes : contentBytes * HOPEFUL_RATIO;
  const archive = isStreamed(request) ? 0 : hopeful;
  const isDirectory = request.medium?.kind === "directory";
  const scratchHost = isDirectory ? request.directory : (request.scratch ?? request.directory);
  // A medium's volumes go when it is written.
  const again = isDirectory ? 0 : Math.min(archive, Math.max(...(request.mediaBytes ?? [Number.POSITIVE_INFINITY])));
  const same = host.stat(scratchHost)?.dev === host.stat(request.directory)?.dev;
  const needs: [string, number][] = same
    ? [[request.directory, archive + again + (isDirectory ? 1 : 2) * IMAGE_BYTES]]
    : [
        [request.directory, archive + IMAGE_BYTES],
        [scratchHost, archive + IMAGE_BYTES],
      ];
  for (const [path, needed] of needs) {
    const free = host.freeBytes(path);
    if (free >= needed) continue;
    throw new MondoError(
      "no-space",
      `${path} has ${formatBytes(free)} free; ${formatBytes(contentBytes)} of files need at least ${formatBytes(needed)} there for volumes and ${isDirectory ? "rescue system" : "ISO"}`,
      {
        hint: "Free some, name another directory with -d or -S, or leave trees out with -E.",
        data: { path, free, needed, iso: places.iso },
      },
    );
  }
}
