import { decodeText } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { isoSizeBytes, isoVolumeId, listIsoDirectory, rangeOfFile } from "../../formats/fs/iso9660.ts";
import type { Host } from "../../host/host.ts";
import type { FileSpan } from "../set-files.ts";
import { decodeManifest, type Manifest, mediumOf } from "./manifest.ts";
import { MOST_MANIFEST_BYTES } from "./read-manifest.ts";

/** A medium of a set: an ISO image, or the device with its disc or stick. */
export interface IsoMedium {
  /** The file or device. */
  readonly path: string;
  readonly manifest: Manifest;
  /** The files of its directory `/mondo`. */
  readonly spans: ReadonlyMap<string, FileSpan>;
  /** What is known to be wrong with it without reading it through: it is cut short, its manifest has flaws. */
  readonly defects: readonly string[];
}

export const ANOTHER_COPY = msg`Use another copy of the backup: this one is not what was written.`;
export const WITHOUT_MONDO = msg`Its files can be restored without the manifest: cat volume-*.tar.zst | zstd -dc | tar -x; see HOWTO.txt on it.`;

/** The error for a place with parts of a set and no manifest. */
export const unfinished = (name: string) =>
  new MondoError("damaged", msg`${name} has no manifest.json: the backup in it is unfinished or damaged`, {
    hint: WITHOUT_MONDO,
  });

/** The files of an image's directory `/mondo`, as ranges of the image. */
export function spansOf(host: Host, iso: string): ReadonlyMap<string, FileSpan> {
  const read = (offset: number, length: number) => host.readAt(iso, offset, length);
  const spans = new Map<string, FileSpan>();
  for (const file of listIsoDirectory(read, "/mondo")) {
    if (file.isDirectory) continue;
    const { offset, length } = rangeOfFile(file);
    spans.set(file.name, { path: iso, offset, sizeBytes: length });
  }
  return spans;
}

/** What is wrong with an image, with its name. */
function named<T>(iso: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof MondoError) || error.code === "system") throw error;
    throw new MondoError(error.code, `${iso}: ${error.message}`, {
      hint: error.hint ?? msg`Name the first ISO of a backup, or a directory that holds one.`,
      cause: error,
    });
  }
}

/** What is wrong with an image that is shorter than it says, one sentence. A device ends where it likes. */
export function cutShort(host: Host, iso: string): string[] {
  const stat = host.stat(iso);
  const announced = isoSizeBytes((offset, length) => host.readAt(iso, offset, length));
  return stat?.kind === "file" && stat.sizeBytes < announced
    ? [msg`${iso} is ${stat.sizeBytes} bytes long instead of ${announced}`]
    : [];
}

/**
 * Reads the set inside an ISO (or a disc) without mounting it: a container's kernel may have neither loop devices nor
 * ISO 9660.
 */
export function openIsoMedium(host: Host, iso: string): IsoMedium {
  const defects = named(iso, () => cutShort(host, iso));
  const spans = named(iso, () => spansOf(host, iso));
  const head = spans.get("manifest.json");
  if (!head) throw unfinished(iso);
  if (head.sizeBytes > MOST_MANIFEST_BYTES) {
    throw new MondoError("damaged", msg`${iso} announces a manifest of ${head.sizeBytes} bytes`, {
      hint: ANOTHER_COPY,
    });
  }
  const text = host.readAt(iso, head.offset, head.sizeBytes);
  if (text.byteLength < head.sizeBytes) {
    throw new MondoError("damaged", msg`${defects[0] ?? iso}; its manifest is in the part that is missing`, {
      hint: WITHOUT_MONDO,
    });
  }
  const manifest = decodeManifest(decodeText(text), msg`manifest.json of ${iso}`);
  return { path: iso, manifest, spans, defects: [...defects, ...(manifest.state?.flaws ?? [])] };
}

/** The manifest of an image; undefined when it holds none that can be read, or does not exist. */
export function manifestIn(host: Host, iso: string): Manifest | undefined {
  if (!host.exists(iso)) return undefined;
  try {
    return openIsoMedium(host, iso).manifest;
  } catch (error) {
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

/**
 * Volume id of a medium: tells set and number at a glance, before the manifest is read. At most 32 characters of A–Z,
 * 0–9, _.
 */
export function volumeIdOf(set: string, number: number): string {
  return `MONDO_${set.slice(0, 8).toUpperCase()}_${number}`;
}

/** Images and drives beside a medium where others of its set may be: those that are named like it first. */
function placesBeside(host: Host, path: string, number: number): string[] {
  const directory = path.slice(0, path.lastIndexOf("/")) || (path.startsWith("/") ? "/" : ".");
  const base = path.slice(path.lastIndexOf("/") + 1);
  const isDevice = host.stat(path)?.kind === "block";
  const likely = isDevice ? undefined : base.replace(/-\d+\.iso$/, `-${number}.iso`);
  // An image is called `.new` until all of its set are whole: a run that was killed at that moment may have left one
  // so.
  const names = host.list(directory).filter((name) => (isDevice ? /^sr\d+$/.test(name) : /\.iso(\.new)?$/.test(name)));
  const others = names.filter((name) => name !== base && name !== likely);
  return [...names.filter((name) => name === likely && name !== base), ...others].map((name) =>
    directory === "/" ? `/${name}` : `${directory}/${name}`,
  );
}

/** Whether an image or disc is a medium of some set of ours, by its volume id. */
export function isIsoOfSet(host: Host, path: string): boolean {
  return /^MONDO_[0-9A-F]{8}_\d+$/.test(volumeIdIn(host, path) ?? "");
}

/** Whether an image is the first medium of some set, by its volume id. */
export function isFirstIso(host: Host, path: string): boolean {
  return /^MONDO_[0-9A-F]{8}_1$/.test(volumeIdIn(host, path) ?? "");
}

/** The volume id of an image or disc; undefined when it can't be read, or is none. */
export function volumeIdIn(host: Host, path: string): string | undefined {
  try {
    return isoVolumeId((offset, length) => host.readAt(path, offset, length));
  } catch {
    return undefined;
  }
}

/**
 * Finds a further medium of a set beside one of its media: by what it holds; its name only says where to look first.
 * One that is it, but can't be read, is passed to `onTrouble` as a sentence.
 */
export function findSibling(
  host: Host,
  { path, manifest }: IsoMedium,
  number: number,
  onTrouble: (text: string) => void,
): IsoMedium | undefined {
  for (const place of placesBeside(host, path, number)) {
    if (volumeIdIn(host, place) !== volumeIdOf(manifest.set, number)) continue;
    try {
      const found = openIsoMedium(host, place);
      if (found.manifest.set === manifest.set && mediumOf(found.manifest).number === number) return found;
    } catch (error) {
      onTrouble(messageOf(error));
    }
  }
  return undefined;
}
