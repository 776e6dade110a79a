import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { SshPublicKey } from "../../formats/archive/ssh-signature.ts";
import type { Host } from "../../host/host.ts";
import { CATALOG_NAME } from "../catalog/catalog-writer.ts";
import type { FileSpan, Locate, VolumeInfo } from "../set-files.ts";
import { type DatedSet, datedSetsBelow, familyOf, prefixOf, setDirectoryOf } from "./dated-sets.ts";
import { ANOTHER_COPY, findSibling, openIsoMedium, unfinished, WITHOUT_MONDO } from "./iso-medium.ts";
import { type Manifest, mediumOf } from "./manifest.ts";
import { readManifest } from "./read-manifest.ts";
import { volumesInImages } from "./volumes-in-images.ts";

/** A set that can be read, wherever it lies. */
export interface OpenSet {
  /** For people: the directory, or the ISO. */
  readonly name: string;
  /** What `locate` doesn't find is looked for here by those who need a path (names in messages). */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly locate: Locate;
  /**
   * Files that must be there, of a set with parents: its own, and those of parents' volumes that it uses. Absent: all
   * volumes.
   */
  readonly needed?: readonly VolumeInfo[];
  /** Its media in order, and where each lies; undefined: it is not beside the others. */
  readonly media: readonly { readonly number: number; readonly place: string | undefined }[];
  /** Keys, one of which must have signed it: what is read of it has to match its manifest. Absent: anybody may have. */
  readonly trusted?: readonly SshPublicKey[];
  /** What is known to be wrong with what is there without reading it through: an image that is cut short. */
  readonly defects: readonly string[];
}

/** `name`: the directory as people know it, which may be the one above. */
function openDirectorySet(host: Host, directory: string, name = directory): OpenSet {
  const manifest = readManifest(host, `${directory}/manifest.json`);
  const asFile = (name: string) => {
    const file = `${directory}/${name}`;
    // Not through links, which may lead to anything: see readManifest().
    const stat = host.lstat(file);
    return stat?.kind === "file" ? { path: file, offset: 0, sizeBytes: stat.sizeBytes } : undefined;
  };
  const areHere = manifest.volumes.every(({ name }) => asFile(name) !== undefined);
  const inImages = areHere ? undefined : volumesInImages(host, directory, manifest);
  const locate = (name: string) => asFile(name) ?? inImages?.spans.get(name);
  const { number, of } = mediumOf(manifest);
  // The volumes of several discs may have been copied together.
  const isThere = (medium: number) =>
    medium === number ||
    manifest.volumes.every((volume) => volume.medium !== medium || locate(volume.name) !== undefined);
  const media = Array.from({ length: of }, (_, index) => index + 1);
  return {
    name,
    directory,
    manifest,
    media: media.map((medium) => ({ number: medium, place: isThere(medium) ? directory : undefined })),
    locate,
    defects: [...(manifest.state?.flaws ?? []), ...(inImages?.troubles ?? [])],
  };
}

/** A set in ISO images; the media that are not there are missing in `media`. */
function openIsoSet(host: Host, iso: string): OpenSet {
  const first = openIsoMedium(host, iso);
  const { manifest } = first;
  const { number, of } = mediumOf(manifest);
  const found = new Map([[number, first]]);
  const troubles: string[] = [];
  for (let other = 1; other <= of; other++) {
    const medium = found.get(other) ?? findSibling(host, first, other, (text) => troubles.push(text));
    if (medium) found.set(other, medium);
  }
  const mediumNumber = new Map(manifest.volumes.map(({ name, medium = 1 }) => [name, medium]));
  return {
    name: iso,
    directory: `${iso}:/mondo`,
    manifest,
    media: Array.from({ length: of }, (_, index) => ({ number: index + 1, place: found.get(index + 1)?.path })),
    locate: (name) => found.get(mediumNumber.get(name) ?? number)?.spans.get(name),
    defects: [...[...found.values()].flatMap(({ defects }) => defects), ...troubles],
  };
}

const severalIn = (directory: string, found: readonly string[]): MondoError =>
  new MondoError("usage", msg`${directory} holds more than one backup: ${found.join(", ")}`, {
    hint: msg`Name one of them, or give its prefix with -p.`,
  });

function notIn(host: Host, directory: string, iso: string): MondoError {
  const names = host.list(directory);
  if (names.includes(CATALOG_NAME) || names.some((name) => name.endsWith(".tar.zst"))) return unfinished(directory);
  return new MondoError("not-found", msg`there is no backup in ${directory} (no manifest.json, no ${iso})`, {
    hint: msg`Name the ISO, its directory, or the directory mondo of a mounted medium.`,
  });
}

/** Where the one backup below a directory lies: its first ISO, or its newest directory. */
function placeIn(host: Host, directory: string, prefix: string | undefined): { iso: string } | { dated: DatedSet } {
  const names = host.list(directory);
  const isos =
    prefix === undefined
      ? names.filter((name) => name.endsWith("-1.iso"))
      : names.filter((name) => name === `${prefix}-1.iso`);
  const [iso] = isos;
  if (prefix !== undefined && iso !== undefined) return { iso: `${directory}/${iso}` };
  const all = datedSetsBelow(host, directory);
  const dated = all.filter((one) => prefix === undefined || one.setName === undefined || prefixOf(one) === prefix);
  const families = [...new Set(dated.map(familyOf))];
  if (isos.length + families.length > 1) throw severalIn(directory, [...isos, ...families]);
  const newest = dated.at(-1);
  if (newest) return { dated: newest };
  if (iso !== undefined) return { iso: `${directory}/${iso}` };
  throw notIn(host, directory, prefix === undefined ? "*-1.iso" : `${prefix}-1.iso`);
}

/**
 * Opens a set by the name that a person gives it: a directory with manifest.json (or one that has it in `mondo/`), an
 * ISO, a device with a disc or stick in it, or a directory that holds the ISO or dated sets, of which the newest is
 * taken. Throws `not-found`, `usage`, `format` or `damaged`.
 */
export function openSet(host: Host, place: string, prefix?: string): OpenSet {
  const path = place === "/" ? place : place.replace(/\/+$/, "");
  const stat = host.stat(path);
  if (!stat) {
    throw new MondoError("not-found", msg`${path} does not exist`, {
      hint: msg`Name an ISO, its directory, or a directory with manifest.json.`,
    });
  }
  if (stat.kind === "file") return openIsoSet(host, path);
  if (stat.kind === "block") return openIsoSet(host, path);
  if (stat.kind !== "directory") {
    throw new MondoError("usage", msg`${path} is neither an ISO nor a directory`, { hint: msg`Name one of them.` });
  }
  for (const directory of prefix === undefined ? [path, `${path}/mondo`] : []) {
    if (host.exists(`${directory}/manifest.json`)) return openDirectorySet(host, directory, path);
  }
  const found = placeIn(host, path, prefix);
  return "iso" in found
    ? openIsoSet(host, found.iso)
    : openDirectorySet(host, setDirectoryOf(found.dated), found.dated.directory);
}

/** Where the set's catalog lies; `damaged` when it has none. */
export function catalogSpan({ name, manifest, locate }: Pick<OpenSet, "name" | "manifest" | "locate">): FileSpan {
  const span = locate(manifest.catalog.name);
  if (span) return span;
  throw new MondoError("damaged", msg`${name} has no catalog (${manifest.catalog.name})`, { hint: WITHOUT_MONDO });
}

/** Numbers of the media that are missing; `wanted`: of these alone. */
export function missingMedia({ media }: OpenSet, wanted?: ReadonlySet<number>): number[] {
  return media.filter(({ number, place }) => place === undefined && (wanted?.has(number) ?? true)).map((m) => m.number);
}

/** Refuses a set with missing media; the error gives their numbers, host and date. */
export function requireMedia(set: OpenSet, wanted?: ReadonlySet<number>): void {
  const missing = missingMedia(set, wanted);
  if (missing.length === 0) return;
  const put = msg`Put ${missing.length === 1 ? msg`it` : msg`them`} beside ${set.name}.`;
  throw new MondoError("not-found", describeMissing(set, missing), {
    hint: msg`${put} What the others hold can be restored with mondo verify --salvage.`,
    data: { set: set.manifest.set, missing },
  });
}

/** Which media are missing, for people. */
export function describeMissing({ manifest, media, name }: OpenSet, missing: readonly number[]): string {
  const when = new Date(manifest.created * 1000).toISOString().slice(0, 16).replace("T", " ");
  const which = missing.length === 1 ? msg`medium ${missing[0]}` : msg`media ${missing.join(", ")}`;
  const whose = msg`the backup of ${manifest.host.name}, ${when} UTC (set ${manifest.set})`;
  return msg`${which} of ${media.length} of ${whose} ${missing.length === 1 ? msg`is` : msg`are`} not beside ${name}`;
}

/** Refuses a set that is known to be incomplete. */
export function requireWhole({ defects }: OpenSet): void {
  const [defect] = defects;
  if (defect !== undefined) throw new MondoError("damaged", defect, { hint: ANOTHER_COPY });
}

/** Refuses images that are cut short. Flaws of the manifest are left to those who use it: a restore asks about them. */
export function requireComplete({ defects, manifest }: OpenSet): void {
  const flaws = manifest.state?.flaws ?? [];
  const cut = defects.find((defect) => !flaws.includes(defect));
  if (cut !== undefined) throw new MondoError("damaged", cut, { hint: ANOTHER_COPY });
}
