/** Every set in a place, whole or not: what `mondo sets` lists, and what retention decides about. */

import { datedNameIn } from "../../archive/set/dated-sets.ts";
import { isIsoOfSet, openIsoMedium } from "../../archive/set/iso-medium.ts";
import { isOfMachine, type Manifest, mediumOf } from "../../archive/set/manifest.ts";
import { describeMissing, missingMedia, type OpenSet, openSet } from "../../archive/set/open-set.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import type { Host } from "../../host/host.ts";
import { classOfType } from "../../probe/mounts/mount-class.ts";
import type { AgingSet } from "./decide-retention.ts";

/** A set in a place. */
export interface PlacedSet {
  /** The first image, or the directory. */
  readonly place: string;
  /** The directory around it. */
  readonly home: string;
  readonly form: "image" | "directory";
  /** All images, or the directory. */
  readonly parts: readonly string[];
  readonly sizeBytes: number;
  /** Seconds since 1970; of one that can't be read, by its name. */
  readonly created?: number;
  readonly level?: number;
  /** Undefined: it can't be read. */
  readonly manifest?: Manifest;
  /** Why it can't be restored as it is, as a phrase or sentence. */
  readonly flaw?: string;
}

/** `HOST/PREFIX/DATE`, and one more. */
const DEEPEST = 4;
/** Nobody's place for backups has more. */
const MOST_DIRECTORIES = 10_000;

const joined = (directory: string, name: string) => `${directory === "/" ? "" : directory}/${name}`;
const above = (path: string) => path.slice(0, path.lastIndexOf("/")) || "/";

/** What is missing from a set, or cut short, as far as lengths tell. */
function flawOf(set: OpenSet): string | undefined {
  const [defect] = set.defects;
  if (defect !== undefined) return defect;
  const missing = missingMedia(set);
  if (missing.length > 0) return describeMissing(set, missing);
  const { catalog, volumes } = set.manifest;
  const wrong = [catalog, ...volumes].find(({ name, sizeBytes }) => set.locate(name)?.sizeBytes !== sizeBytes);
  return wrong && msg`${wrong.name} is not there, or not as long as it was written`;
}

/** Bytes of all files below a directory, which are few. */
function bytesBelow(host: Host, path: string): number {
  const stat = host.lstat(path);
  if (stat?.kind !== "directory") return stat?.kind === "file" ? stat.sizeBytes : 0;
  return host.list(path).reduce((sum, name) => sum + bytesBelow(host, `${path}/${name}`), 0);
}

/** What is known of a set whose manifest can't be read, by the name of its directory. */
function byName(path: string): Pick<PlacedSet, "created" | "level"> {
  const dated = datedNameIn(path.slice(path.lastIndexOf("/") + 1));
  return dated ? { created: dated.created, level: dated.level } : {};
}

const withoutName = (text: string, place: string) =>
  text.startsWith(place) ? text.slice(place.length).replace(/^\s*: /, "") : text;

/** The set at a path: as far as it can be read. */
function placedAt(host: Host, place: string, form: PlacedSet["form"]): PlacedSet {
  const about = { place, home: above(place), form };
  try {
    const set = openSet(host, place);
    const { manifest } = set;
    const images = set.media.flatMap(({ place: image }) => (image === undefined ? [] : [image]));
    const parts = form === "image" ? [...new Set(images)] : [place];
    const flaw = flawOf(set);
    return {
      ...{ ...about, parts, manifest, created: manifest.created, level: manifest.level ?? 0 },
      sizeBytes: parts.reduce((sum, part) => sum + bytesBelow(host, part), 0),
      ...(flaw === undefined ? {} : { flaw }),
    };
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    return {
      ...about,
      parts: [place],
      sizeBytes: bytesBelow(host, place),
      flaw: withoutName(error.message, place),
      ...byName(place),
    };
  }
}

/** An image, unless it is a further one of a set whose first is there, or none of ours. */
function imageAt(host: Host, path: string, seen: Set<string>): readonly PlacedSet[] {
  if (!isIsoOfSet(host, path)) return [];
  const manifest = (() => {
    try {
      return openIsoMedium(host, path).manifest;
    } catch (error) {
      if (error instanceof MondoError) return undefined;
      throw error;
    }
  })();
  if (manifest && mediumOf(manifest).number > 1 && seen.has(path)) return [];
  const placed = placedAt(host, path, "image");
  for (const part of placed.parts) seen.add(part);
  return [placed];
}

/** Whether a directory holds a set, or what is left of one. */
function isSetDirectory(host: Host, path: string): boolean {
  const hasManifest = ["", "/mondo"].some((below) => host.lstat(`${path}${below}/manifest.json`) !== undefined);
  const isDated = datedNameIn(path.slice(path.lastIndexOf("/") + 1)) !== undefined;
  return hasManifest || (isDated && host.lstat(`${path}/mondo`)?.kind === "directory");
}

/** Where the kernel makes up what is there: no place for backups, and what is in it comes and goes. */
function madeUpPlaces(host: Host): ReadonlySet<string> {
  const lines = parseMountinfo(host.tryReadText("/proc/self/mountinfo") ?? "");
  return new Set(lines.flatMap(({ path, type }) => (classOfType(type) === "kernel" ? [path] : [])));
}

function refuse(error: MondoError): never {
  throw error;
}

function namesIn(host: Host, directory: string, onUnread: (error: MondoError) => void): readonly string[] {
  try {
    return host.listWhole(directory);
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    onUnread(error);
    return [];
  }
}

/** First images come before the further ones of their sets. */
const firstFirst = (a: string, b: string) =>
  Number(!/-1\.iso$/.test(a)) - Number(!/-1\.iso$/.test(b)) || (a < b ? -1 : 1);

/**
 * The sets in a directory and what is below it, or the one that is named (an image, a device, a directory), oldest
 * first. Leftovers of runs, whose names begin with a dot, are none. A directory that can't be listed may hold what
 * others build on: `onUnread` gets why, and throws it where nobody minds. Throws `refused` where there are too many
 * directories to look into.
 */
export function setsAt(host: Host, place: string, onUnread: (error: MondoError) => void = refuse): PlacedSet[] {
  const path = place === "/" ? place : place.replace(/\/+$/, "");
  const stat = host.stat(path);
  if (!stat) throw new MondoError("not-found", msg`${path} does not exist`, { hint: msg`Name a place with backups.` });
  if (stat.kind !== "directory") return [placedAt(host, path, "image")];
  let left = MOST_DIRECTORIES;
  const seen = new Set<string>();
  const madeUp = madeUpPlaces(host);
  const look = (directory: string, depth: number): PlacedSet[] => {
    if (isSetDirectory(host, directory)) return [placedAt(host, directory, "directory")];
    if (left-- <= 0) {
      const message = msg`there are more than ${MOST_DIRECTORIES} directories below ${path}`;
      throw new MondoError("refused", message, { hint: msg`Name the directory with the backups.` });
    }
    const names = namesIn(host, directory, onUnread).filter((name) => !name.startsWith("."));
    const paths = names.sort(firstFirst).map((name) => joined(directory, name));
    // Not through links: they may lead round in circles, or out of a medium.
    const kinds = new Map(paths.map((one) => [one, host.lstat(one)?.kind]));
    const isos = paths.filter((one) => one.endsWith(".iso") && kinds.get(one) === "file");
    const isBelow = (one: string) => kinds.get(one) === "directory" && !madeUp.has(one);
    const below = depth < DEEPEST ? paths.filter(isBelow) : [];
    return [...isos.flatMap((one) => imageAt(host, one, seen)), ...below.flatMap((one) => look(one, depth + 1))];
  };
  return look(path, 0).sort((a, b) => (a.created ?? 0) - (b.created ?? 0) || (a.place < b.place ? -1 : 1));
}

/** What a set's prefix was, without the level that stands behind that of a differential one. */
export function setNameOf({ prefix, level = 0 }: Pick<Manifest, "prefix" | "level">): string {
  const ending = `-d${level}`;
  return level > 0 && prefix.endsWith(ending) ? prefix.slice(0, -ending.length) : prefix;
}

/** Equal for sets of one machine (by name and id), one prefix, and one kind: whole machines, or trees. */
export function familyOfSet(manifest: Pick<Manifest, "host" | "prefix" | "level" | "layout" | "state">): string {
  const { name, machine = "" } = manifest.host;
  return JSON.stringify([name, machine, setNameOf(manifest), isOfMachine(manifest)]);
}

/** A set as far as its age counts; `family` tells those that belong together. */
export function agingOf(placed: PlacedSet, family: (manifest: Manifest) => string = familyOfSet): AgingSet {
  const { place, home, created, level, manifest, flaw } = placed;
  const parents = manifest?.parents ?? [];
  const known = manifest && {
    set: manifest.set,
    family: family(manifest),
    parents: parents.map(({ set }) => set),
    flaw,
  };
  return { place, home, created, level, ...(known ? { known } : {}) };
}
