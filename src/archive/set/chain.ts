/** Sets that build on others: where those are, and one view of all their volumes. */

import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import { openCatalog, readCatalog } from "../catalog/catalog.ts";
import { everything, selectionOf } from "../catalog/selection.ts";
import type { Choice } from "../entry.ts";
import type { VolumeInfo } from "../set-files.ts";
import type { Manifest, ParentInfo } from "./manifest.ts";
import { volumesUsed } from "./media-passes.ts";
import { catalogSpan, type OpenSet, openSet, requireMedia, requireWhole } from "./open-set.ts";

/** `2026-01-31 23:59 UTC`. */
export const dateText = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** A parent for people, with the name of the file that held it when it was made. */
export function describeParent({ set, created, prefix, level }: ParentInfo, host: string): string {
  const kind = level === 0 ? msg`full` : msg`level ${level}`;
  return msg`${prefix}-1.iso, the ${kind} backup of ${host} of ${dateText(created)} (set ${set})`;
}

/** Sets by id, lower-case. */
export type FoundSets = ReadonlyMap<string, OpenSet>;

function tryOpen(host: Host, place: string): OpenSet | undefined {
  try {
    return openSet(host, place);
  } catch (error) {
    // It is something else, and none of our business.
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

/** Every set in a directory, as an ISO or a directory of its own, that is wanted. */
export function setsIn(host: Host, directory: string, wanted: ReadonlySet<string>): FoundSets {
  const found = new Map<string, OpenSet>();
  for (const name of host.list(directory)) {
    const path = `${directory === "/" ? "" : directory}/${name}`;
    const isSet = name.endsWith(".iso") || ["", "/mondo"].some((below) => host.exists(`${path}${below}/manifest.json`));
    const set = isSet ? tryOpen(host, path) : undefined;
    const id = set?.manifest.set.toLowerCase();
    if (set && id !== undefined && wanted.has(id) && !found.has(id)) found.set(id, set);
  }
  return found;
}

/** Ids of the sets that a set builds on, lower-case. */
export const parentIds = ({ parents = [] }: Manifest): ReadonlySet<string> =>
  new Set(parents.map(({ set }) => set.toLowerCase()));

const above = (path: string) => path.slice(0, Math.max(1, path.lastIndexOf("/")));

/** The directories in which the parents of a set are looked for. */
function besideOf(host: Host, name: string): string[] {
  const kind = host.stat(name)?.kind;
  if (kind !== "file" && kind !== "directory") return [];
  const real = host.realPath(name) ?? name;
  const beside = above(real);
  // The directory mondo of a directory set: the others lie beside the one above it.
  return kind === "directory" && real.endsWith("/mondo") ? [beside, above(beside)] : [beside];
}

/** What a person named with --parent: sets, or directories that hold some. */
function named(host: Host, set: OpenSet, place: string): FoundSets {
  const wanted = parentIds(set.manifest);
  const stat = host.stat(place);
  if (!stat)
    throw new MondoError("not-found", msg`--parent ${place} does not exist`, {
      hint: msg`Name an ISO or a directory.`,
    });
  const holdsSets = stat.kind === "directory" && !host.exists(`${place}/manifest.json`);
  if (holdsSets && !host.exists(`${place}/mondo/manifest.json`)) return setsIn(host, place, wanted);
  const parent = openSet(host, place);
  const id = parent.manifest.set.toLowerCase();
  if (wanted.has(id)) return new Map([[id, parent]]);
  const { host: machine, created } = parent.manifest;
  throw new MondoError(
    "usage",
    msg`${place} holds the backup of ${machine.name} of ${dateText(created)}, on which ${set.name} does not build`,
    { hint: neededBy(set) },
  );
}

/** What a set builds on, as a hint. */
function neededBy({ manifest: { parents = [], host } }: OpenSet): string {
  if (parents.length === 0) return msg`It is a full backup: leave --parent out.`;
  return msg`It builds on ${parents.map((parent) => describeParent(parent, host.name)).join(msg` and `)}.`;
}

/**
 * The parents of a set that can be found: those named, then what lies beside it. Whatever a file is called, its set's
 * id counts.
 */
export function findParents(host: Host, set: OpenSet, places: readonly string[] = []): FoundSets {
  const wanted = parentIds(set.manifest);
  const found = new Map<string, OpenSet>();
  for (const place of places) for (const [id, parent] of named(host, set, place)) found.set(id, parent);
  const isWhole = () => [...wanted].every((id) => found.has(id));
  for (const beside of isWhole() ? [] : besideOf(host, set.name)) {
    if (isWhole()) break;
    for (const [id, parent] of setsIn(host, beside, wanted)) if (!found.has(id)) found.set(id, parent);
  }
  return found;
}

function requireSameVolumes(name: string, parent: ParentInfo, found: OpenSet): void {
  const text = (volumes: readonly VolumeInfo[]) => volumes.map((volume) => `${volume.name} ${volume.sha256}`).join();
  if (text(parent.volumes) === text(found.manifest.volumes)) return;
  throw new MondoError("damaged", msg`${found.name} has the id of a backup that ${name} builds on, but other volumes`, {
    hint: msg`Use another copy of that backup.`,
  });
}

/**
 * The volumes that a set's catalog counts, each with its medium: those of its parents, named `ID/volume-…`, then its
 * own.
 */
export function volumesOfChain({ parents = [], volumes }: Manifest): readonly VolumeInfo[] {
  const theirs = parents.flatMap((parent) =>
    parent.volumes.map((volume) => ({ ...volume, name: `${parent.set}/${volume.name}` })),
  );
  return [...theirs, ...volumes];
}

/**
 * A set together with its parents: volumes of theirs are named `ID/volume-…` and come first, as the catalog counts
 * them.
 */
export function withParents(set: OpenSet, found: FoundSets): OpenSet {
  const { parents = [] } = set.manifest;
  if (parents.length === 0) return set;
  const codecs = new Map(parents.map(({ set: id, codec }) => [id, codec ?? "zstd"]));
  for (const parent of parents) {
    const there = found.get(parent.set.toLowerCase());
    if (there) requireSameVolumes(set.name, parent, there);
  }
  const volumes = parents.flatMap((parent) =>
    parent.volumes.map(({ sizeBytes, sha256, name }) => ({ sizeBytes, sha256, name: `${parent.set}/${name}` })),
  );
  return {
    ...set,
    manifest: { ...set.manifest, volumes: [...volumes, ...set.manifest.volumes] },
    locate: (name) => {
      const slash = name.indexOf("/");
      if (slash < 0) return set.locate(name);
      const id = name.slice(0, slash);
      const span = found.get(id.toLowerCase())?.locate(name.slice(slash + 1));
      return span && { ...span, codec: codecs.get(id) ?? "zstd" };
    },
  };
}

/** The parents of which volumes are used, and the numbers of their media with those. */
function usedParents({ parents = [] }: Manifest, used: ReadonlySet<number>): Map<ParentInfo, ReadonlySet<number>> {
  const found = new Map<ParentInfo, ReadonlySet<number>>();
  let first = 0;
  for (const parent of parents) {
    const volumes = parent.volumes.filter((_, index) => used.has(first + index));
    first += parent.volumes.length;
    if (volumes.length > 0) found.set(parent, new Set(volumes.map(({ medium = 1 }) => medium)));
  }
  return found;
}

/** Refuses when a parent of which something is used isn't there, or is cut short. */
function requireUsed(set: OpenSet, found: FoundSets, used: ReadonlySet<number>): void {
  const missing: ParentInfo[] = [];
  for (const [parent, media] of usedParents(set.manifest, used)) {
    const there = found.get(parent.set.toLowerCase());
    if (there) {
      requireWhole(there);
      requireMedia(there, media);
    } else missing.push(parent);
  }
  if (missing.length > 0) throw missingParents(set, missing);
}

/** Names each parent that isn't there. */
export function missingParents({ name, manifest }: OpenSet, missing: readonly ParentInfo[]): MondoError {
  const names = missing.map((parent) => describeParent(parent, manifest.host.name)).join(msg` and on `);
  return new MondoError("not-found", msg`${name} builds on ${names}, which can't be found`, {
    hint: msg`Put what holds it into the same directory, under any name, or name its place with --parent.`,
    data: { missing: missing.map((parent) => parent.set) },
  });
}

/**
 * A set with all that is needed to read the content of what is wanted (everything, when `select` is absent): its
 * parents are there and are what it was made of. Sets without parents are returned as they are.
 */
export function requireParents(set: OpenSet, found: FoundSets, select?: Choice): OpenSet {
  const { parents = [], volumes } = set.manifest;
  if (parents.length === 0) return set;
  const selection = select ? selectionOf(openCatalog(catalogSpan(set)).names(), select) : everything;
  const used = volumesUsed(readCatalog(catalogSpan(set), true), selection);
  requireUsed(set, found, used);
  const whole = withParents(set, found);
  const foreign = whole.manifest.volumes.length - volumes.length;
  return { ...whole, needed: whole.manifest.volumes.filter((_, index) => index >= foreign || used.has(index)) };
}
