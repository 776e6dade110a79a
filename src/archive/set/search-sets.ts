/** Sets anywhere in a file system: images and directories, wherever somebody has put them. */
import { MondoError } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import { isFirstIso, openIsoMedium } from "./iso-medium.ts";
import type { Manifest } from "./manifest.ts";
import { readManifest } from "./read-manifest.ts";

/** A set that was found, by what it says of itself. */
export interface StoredSet {
  readonly form: "image" | "directory";
  /** The image, or the directory with its manifest. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** `/srv/backup/HOST/PREFIX/DATE`: its directory is listed, and what lies in that is looked at. */
const DEEPEST = 4;
/** So many directories are looked into, those near the top first: a search of seconds on a disk that was just woken. */
const MOST_DIRECTORIES = 2000;
const MOST_NAMES = 4096;
/** And for so long: whoever started the rescue waits, and no key ends it meanwhile. */
const MOST_MS = 20_000;
/** At the top of a system: no place for backups, and large. */
const SYSTEM = new Set([
  ...["bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "run", "sbin", "snap", "sys", "usr", "lost+found"],
  ...["$RECYCLE.BIN", "System Volume Information", "Windows", "Program Files", "Program Files (x86)", "ProgramData"],
]);

const joined = (directory: string, name: string) => `${directory === "/" ? "" : directory}/${name}`;

/** What is no set, or is damaged beyond use, is passed over: a search finds what is there. */
function tried(work: () => StoredSet | undefined): StoredSet | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

function imageAt(host: Host, path: string): StoredSet | undefined {
  return tried(() => {
    if (host.lstat(path)?.kind !== "file" || !isFirstIso(host, path)) return undefined;
    return { form: "image", path, manifest: openIsoMedium(host, path).manifest };
  });
}

function directoryAt(host: Host, path: string): StoredSet | undefined {
  const file = `${path}/manifest.json`;
  if (host.lstat(file)?.kind !== "file") return undefined;
  return tried(() => ({ form: "directory", path, manifest: readManifest(host, file) }));
}

/** Sets in one directory, and the directories in it that may hold more. */
function lookIn(
  host: Host,
  directory: string,
  isTop: boolean,
  isLate: () => boolean,
): { sets: StoredSet[]; below: string[] } {
  const inner = joined(directory, "mondo");
  // Not through links: what they lead to may lie on a disk that the restore erases.
  const hasInner = host.lstat(inner)?.kind === "directory";
  const own = directoryAt(host, directory) ?? (hasInner ? directoryAt(host, inner) : undefined);
  if (own) return { sets: [own], below: [] };
  const sets: StoredSet[] = [];
  const below: string[] = [];
  for (const name of host.list(directory).slice(0, MOST_NAMES)) {
    if (isLate()) break;
    const path = joined(directory, name);
    const image = name.endsWith(".iso") ? imageAt(host, path) : undefined;
    if (image) sets.push(image);
    // Not through links, which lead in circles, or out of the file system.
    else if (!name.startsWith(".") && !(isTop && SYSTEM.has(name)) && host.lstat(path)?.kind === "directory") {
      below.push(path);
    }
  }
  return { sets, below };
}

/**
 * Looks for sets in a directory and what is below it, or takes the image that is named. What lies deeper than a few
 * levels, behind thousands of directories, or on a disk too slow to tell in some seconds, is not found.
 */
export function searchSets(host: Host, top: string): StoredSet[] {
  const named = imageAt(host, top);
  if (named) return [named];
  const found = new Map<string, StoredSet>();
  const seen = new Set<string>();
  let waiting = [{ path: top, depth: 0 }];
  let left = MOST_DIRECTORIES;
  const began = host.nowMs();
  const isLate = () => host.nowMs() - began > MOST_MS;
  while (waiting.length > 0 && left > 0 && !isLate()) {
    const next: typeof waiting = [];
    for (const { path, depth } of waiting) {
      if (seen.has(path) || left-- <= 0 || isLate()) continue;
      seen.add(path);
      const { sets, below } = lookIn(host, path, path === top, isLate);
      for (const set of sets) if (!found.has(set.path)) found.set(set.path, set);
      if (depth < DEEPEST + 1) next.push(...below.map((one) => ({ path: one, depth: depth + 1 })));
    }
    waiting = next;
  }
  return [...found.values()];
}
