/**
 * A note beside a set that it was read through and was whole. It is worth what it says: these very files, not written
 * to since, were readable then. A medium that failed later shows nothing of that, and nobody has signed the note.
 */

import * as v from "valibot";
import { toByteString } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { AT_FDCWD, closeFd, fileSystemMagic, openAt, statFd } from "../../host/fs-calls.ts";
import type { Host } from "../../host/host.ts";
import { errnoText } from "../../host/syscalls.ts";
import { hasChangeTimes } from "../save/inode-mark.ts";
import { dateText } from "../set/chain.ts";
import type { OpenSet } from "../set/open-set.ts";
import { evict } from "../tree/evict.ts";

/** How old a note may be, in days, to stand in for a reading. */
export const RECENT_DAYS = 7;
const DAY_SECONDS = 86_400;
const MOST_BYTES = 1 << 20;

type NotedSet = Pick<OpenSet, "name" | "manifest" | "locate">;
type DroppedSet = Pick<OpenSet, "directory" | "manifest" | "locate">;

const noteSchema = v.object({
  format: v.literal("mondo-verified"),
  version: v.literal(1),
  set: v.string(),
  /** SHA-256 over what the manifest says of catalog and volumes. */
  contents: v.string(),
  /** When the reading began, seconds since 1970. */
  verified: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e12)),
  /** `changed` is the change time, which nobody can set: a copy of a file has another one. */
  files: v.array(v.object({ name: v.string(), sizeBytes: v.number(), changed: v.string() })),
});
type Note = v.InferOutput<typeof noteSchema>;

/** When a set was read through, seconds since 1970; or why that is not known, as a phrase. */
export type LastReading = { readonly at: number } | { readonly why: string };

const refused = (message: string) =>
  new MondoError("usage", message, { hint: msg`Leave --note out: no note is kept of such a backup.` });

const MOUNT_IT = msg`Mount it writable and name the file there, or leave --note out.`;

/** Refuses a note of what is no file: a stream, a tape. */
export const noNoteBeside = (name: string): MondoError => refused(msg`nothing can be written beside ${name}`);

/** Does work with each file that holds a part of the set, which is open. */
function eachFile<T>({ name, manifest, locate }: NotedSet, work: (fd: number, path: string) => T): T[] {
  const paths = new Set<string>();
  for (const file of [manifest.catalog, ...manifest.volumes]) {
    const span = locate(file.name);
    if (!span) throw new MondoError("damaged", msg`${name} has no ${file.name}`);
    paths.add(span.path);
  }
  return [...paths].map((path) => {
    const fd = openAt(AT_FDCWD, toByteString(path), 0);
    if (fd < 0) throw new MondoError("damaged", msg`${path} can't be opened: ${errnoText(-fd)}`);
    try {
      return work(fd, path);
    } finally {
      closeFd(fd);
    }
  });
}

/** FUSE_SUPER_MAGIC: what it says of change times is up to a program, and often the modification time. */
const FUSE = 0x65735546;

/** Tells the kind of a file system by an open file. */
type MagicOf = (fd: number) => number;

/** Throws `usage` where a copy with the times of its original could not be told from it. */
function requireChangeTime(fd: number, path: string, magicOf: MagicOf): void {
  const magic = magicOf(fd);
  if (hasChangeTimes(magic) && magic !== FUSE) return;
  throw refused(msg`${path} lies on a file system without change times (FAT, exFAT, FUSE): a copy looks the same`);
}

/** Refuses a directory whose file system has no change times, for a set that is to be made and noted in it. */
export function requireNotable(directory: string, magicOf: MagicOf = fileSystemMagic): void {
  const fd = openAt(AT_FDCWD, toByteString(directory), 0);
  if (fd < 0) return;
  try {
    requireChangeTime(fd, directory, magicOf);
  } finally {
    closeFd(fd);
  }
}

function statOf(fd: number, path: string): Note["files"][number] {
  const stat = statFd(fd);
  if (typeof stat === "number") throw new MondoError("damaged", msg`${path} can't be read: ${errnoText(-stat)}`);
  const changed = `${stat.ctimeSec}.${String(stat.ctimeNsec).padStart(9, "0")}`;
  return { name: path.slice(path.lastIndexOf("/") + 1), sizeBytes: stat.size, changed };
}

/** Where the note lies: beside an image, or with the files of a directory. */
function placeOf({ name, manifest: { catalog, parents = [] }, locate }: NotedSet, host: Host): string {
  if (parents.length > 0) throw refused(msg`${name} builds on other backups`);
  const path = locate(catalog.name)?.path ?? name;
  if (host.stat(path)?.kind === "block") {
    throw new MondoError("usage", msg`nothing can be written beside ${path}`, { hint: MOUNT_IT });
  }
  return besideFile(path, catalog.name);
}

/** The note beside an image. */
export const notePathOf = (image: string): string => `${image}.verified`;

const IN_DIRECTORY = "verified.json";

/** The note by the path where a file of a set lies: its own, or that of an image. */
const besideFile = (path: string, name: string): string =>
  path.endsWith(`/${name}`) ? `${path.slice(0, -name.length)}${IN_DIRECTORY}` : notePathOf(path);

function contentsOf({ manifest: { catalog, volumes } }: NotedSet): string {
  const lines = [catalog, ...volumes].map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  return new Bun.CryptoHasher("sha256").update(lines.join("")).digest("hex");
}

/** A reading that is to be noted down when it went well. */
export interface NotedReading {
  /** Writes the note; returns its path. Throws where files changed meanwhile, or none can be written. */
  wentWell(): string;
}

/** Writes the note of a reading that found nothing wrong. That this fails is told, and makes the backup no worse. */
export function noteDown({ wentWell }: NotedReading, reporter: Pick<Reporter, "info" | "warn">): void {
  try {
    reporter.info(msg`Noted in ${wentWell()}`);
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    reporter.warn(msg`the backup is whole, but that could not be noted: ${messageOf(error)}`);
  }
}

/** How a note is begun. */
interface NoteManner {
  /** A path as people know it. Default: as it is. */
  readonly shown?: (path: string) => string;
  readonly magicOf?: MagicOf;
}

/** Takes an earlier note away, having tried whether one can be written in its place. Throws `usage`. */
function makeRoom(host: Host, place: string, name: string, shown: (path: string) => string): void {
  try {
    if (host.lstat(place)?.kind === "directory") throw new MondoError("system", msg`${place} is a directory`);
    host.write(place, "");
    host.remove(place);
  } catch (error) {
    const why = messageOf(error).replaceAll(place, shown(place));
    throw new MondoError("usage", msg`nothing can be written beside ${shown(name)}: ${why}`, { hint: MOUNT_IT });
  }
}

/**
 * Begins a reading of which a note is to be left: what is in memory of the set's files is let go of, so that the medium
 * is read. An earlier note goes: a reading that ends early, or finds damage, leaves none. Throws `usage` for a set
 * beside which none can be written, or that builds on others.
 */
export function beginNotedReading(
  host: Host,
  set: NotedSet,
  { shown = (path) => path, magicOf = fileSystemMagic }: NoteManner = {},
): NotedReading {
  const place = placeOf(set, host);
  const began = Math.floor(host.nowMs() / 1000);
  eachFile(set, (fd, path) => requireChangeTime(fd, shown(path), magicOf));
  const files = eachFile(set, (fd, path) => {
    const stat = statOf(fd, path);
    evict(fd, 0, stat.sizeBytes);
    return stat;
  });
  makeRoom(host, place, set.name, shown);
  return {
    wentWell() {
      if (JSON.stringify(eachFile(set, statOf)) !== JSON.stringify(files)) {
        throw new MondoError("damaged", msg`files of ${set.name} were changed while they were read`);
      }
      const about = { set: set.manifest.set, contents: contentsOf(set), verified: began, files };
      const note: Note = { format: "mondo-verified", version: 1, ...about };
      host.write(place, `${JSON.stringify(note)}\n`);
      return place;
    },
  };
}

function noteIn(host: Host, place: string): Note | undefined {
  try {
    const stat = host.lstat(place);
    if (stat?.kind !== "file" || stat.sizeBytes > MOST_BYTES) return undefined;
    const result = v.safeParse(noteSchema, JSON.parse(host.readText(place)));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** Where notes may lie of the files that a set reads: its own, and its parents'. */
function notePlaces({ directory, manifest, locate }: DroppedSet): ReadonlySet<string> {
  const places = [manifest.catalog, ...manifest.volumes].flatMap(({ name }) => {
    const path = locate(name)?.path;
    return path === undefined ? [] : [besideFile(path, name)];
  });
  return new Set([`${directory}/${IN_DIRECTORY}`, ...places]);
}

/** A set that is read, and who hears of it; `shown`: a path as people know it. */
interface ReadSet {
  readonly host: Host;
  readonly set: DroppedSet;
  readonly reporter: Pick<Reporter, "info" | "warn">;
  readonly shown?: (path: string) => string;
}

/** Takes notes of earlier readings away; one that can't be removed is named. */
export function dropNotes({ host, set, reporter, shown = (path) => path }: ReadSet): void {
  for (const place of notePlaces(set)) {
    // Anything else there is nobody's note, and counts for nothing.
    if (!noteIn(host, place)) continue;
    try {
      host.remove(place);
      reporter.info(msg`${shown(place)} is removed: it says that this backup is whole`);
    } catch (error) {
      reporter.warn(
        msg`${shown(place)} says that this backup is whole, and can't be removed (${messageOf(error)}): remove it, or do not restore with mondo.check=recent`,
      );
    }
  }
}

const isDamage = (error: unknown): boolean =>
  error instanceof MondoError && (error.code === "damaged" || error.code === "format");

/**
 * Does work that reads a set. Where it finds damage (in what it throws, or by `isDamaged` in its result), notes of
 * earlier readings are taken away: a bad sector changes no time of a file. One that can't be removed is named.
 */
export async function droppingNotes<T>(
  read: ReadSet,
  work: () => Promise<T>,
  isDamaged: (result: T) => boolean = () => false,
): Promise<T> {
  try {
    const result = await work();
    if (isDamaged(result)) dropNotes(read);
    return result;
  } catch (error) {
    if (isDamage(error)) dropNotes(read);
    throw error;
  }
}

function readingIn(host: Host, set: NotedSet, magicOf: MagicOf): LastReading {
  const place = placeOf(set, host);
  const note = noteIn(host, place);
  if (!note) return { why: msg`${place} is missing or can't be read` };
  if (note.set !== set.manifest.set || note.contents !== contentsOf(set)) {
    return { why: msg`${place} is about another backup` };
  }
  eachFile(set, (fd, path) => requireChangeTime(fd, path, magicOf));
  if (JSON.stringify(eachFile(set, statOf)) !== JSON.stringify(note.files)) {
    return { why: msg`its files were changed or copied after they were read through (${dateText(note.verified)})` };
  }
  const age = host.nowMs() / 1000 - note.verified;
  if (age >= 0 && age <= RECENT_DAYS * DAY_SECONDS) return { at: note.verified };
  return { why: msg`it was read through on ${dateText(note.verified)}, not within the last ${RECENT_DAYS} days` };
}

/** When the files of a set were last read through and were whole, by the note beside it, if they are as they were. */
export function lastReading(host: Host, set: NotedSet, magicOf: MagicOf = fileSystemMagic): LastReading {
  try {
    return readingIn(host, set, magicOf);
  } catch (error) {
    return { why: messageOf(error) };
  }
}
