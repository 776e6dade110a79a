import { type IsoFile, listIsoDirectory, rangeOfFile } from "../../formats/fs/iso9660.ts";
import type { Host } from "../../host/host.ts";
import type { FileSpan } from "../set-files.ts";
import { BOOT_HEAD_BYTES, BOOT_LIST_NAME } from "./boot-digests.ts";
import type { OpenSet } from "./open-set.ts";

/** Where what boots lies: the files of a set's first medium outside of its directory `mondo`. */
export interface BootPart {
  /** For people: the image, or the directory where the medium is mounted. */
  readonly place: string;
  /** The list of digests. */
  readonly list: FileSpan | undefined;
  /** The start of the image; undefined: it can't be read through a mounted file system. */
  readonly head: FileSpan | undefined;
  readonly files: ReadonlyMap<string, FileSpan>;
}

/** Directories of our images are two deep. */
const DEEPEST = 4;
const SET_DIRECTORY = "mondo";

function filesBelow(host: Host, iso: string, directory: string, depth: number, found: Map<string, FileSpan>): void {
  const read = (offset: number, length: number) => host.readAt(iso, offset, length);
  const isOfSet = ({ name }: IsoFile) => directory === "" && name === SET_DIRECTORY;
  for (const file of listIsoDirectory(read, `/${directory}`)) {
    const path = directory === "" ? file.name : `${directory}/${file.name}`;
    if (isOfSet(file)) continue;
    if (file.isDirectory) {
      if (depth < DEEPEST) filesBelow(host, iso, path, depth + 1, found);
      continue;
    }
    const { offset, length } = rangeOfFile(file);
    found.set(path, { path: iso, offset, sizeBytes: length });
  }
}

/** All files of an image but those of the set. Throws `damaged` where its directories can't be read. */
export function bootFilesOf(host: Host, iso: string): ReadonlyMap<string, FileSpan> {
  const found = new Map<string, FileSpan>();
  filesBelow(host, iso, "", 0, found);
  return found;
}

function spanOf(host: Host, path: string): FileSpan | undefined {
  const stat = host.lstat(path);
  return stat?.kind === "file" ? { path, offset: 0, sizeBytes: stat.sizeBytes } : undefined;
}

/** What boots of a medium that is mounted; `directory`: its directory `mondo`. */
export function mountedBootPart(host: Host, directory: string): BootPart | undefined {
  const place = directory.replace(/\/mondo$/, "");
  if (place === directory || !host.exists(`${place}/boot`)) return undefined;
  const list = spanOf(host, `${directory}/${BOOT_LIST_NAME}`);
  const files = new Map<string, FileSpan>();
  const walk = (below: string, depth: number): void => {
    for (const name of host.list(`${place}/${below}`)) {
      const path = below === "" ? name : `${below}/${name}`;
      const span = spanOf(host, `${place}/${path}`);
      if (span) files.set(path, span);
      else if (depth < DEEPEST && path !== SET_DIRECTORY) walk(path, depth + 1);
    }
  };
  if (list) walk("", 0);
  return { place, list, head: undefined, files };
}

/**
 * What boots of a set; undefined where that has no digests, or the first medium isn't there or was copied
 * without that.
 */
export function bootPartOf(host: Host, { media, manifest, directory }: OpenSet): BootPart | undefined {
  const place = media.find(({ number }) => number === 1)?.place;
  if (place === undefined || manifest.boot === undefined) return undefined;
  if (place === directory) return mountedBootPart(host, directory);
  const read = (offset: number, length: number) => host.readAt(place, offset, length);
  const list = listIsoDirectory(read, `/${SET_DIRECTORY}`).find(({ name }) => name === BOOT_LIST_NAME);
  const range = list && rangeOfFile(list);
  return {
    place,
    list: range && { path: place, offset: range.offset, sizeBytes: range.length },
    head: { path: place, offset: 0, sizeBytes: BOOT_HEAD_BYTES },
    files: bootFilesOf(host, place),
  };
}
