/**
 * Sets as directories: `HOST/PREFIX/2026-11-30T08-15-00`, of a differential backup with its level behind
 * (`2026-12-01T08-15-00.d1`). In each lies what an ISO holds: the set in `mondo`, kernel and initrd in `boot`.
 */
import type { Host } from "../../host/host.ts";

/** A set that is a directory of its own among others. */
export interface DatedSet {
  readonly directory: string;
  /** Names of the directories above it; undefined: they are above the place that was searched. */
  readonly host: string | undefined;
  readonly setName: string | undefined;
  /** `2026-11-30T08-15-00`, which sorts by age. */
  readonly date: string;
  readonly level: number;
}

type Reader = Pick<Host, "list" | "lstat">;

const DATED = /^(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2})(?:\.d([1-9]))?$/;
/** Nothing that people keep has more machines, or more prefixes of one, in a directory. */
const MOST_NAMES = 4096;

/** What a directory of a set is called; `created`: seconds since 1970. No colons, which FAT and Windows refuse. */
export function datedName(created: number, level: number): string {
  const date = new Date(created * 1000).toISOString().slice(0, 19).replaceAll(":", "-");
  return level === 0 ? date : `${date}.d${level}`;
}

/** When and of what level the set in a directory of such a name is; undefined: no set is called so. */
export function datedNameIn(name: string): { readonly created: number; readonly level: number } | undefined {
  const [, date, level = "0"] = DATED.exec(name) ?? [];
  if (date === undefined) return undefined;
  const created = Date.parse(`${date.slice(0, 10)}T${date.slice(11).replaceAll("-", ":")}Z`) / 1000;
  return Number.isNaN(created) ? undefined : { created, level: Number(level) };
}

/** A name of a machine, or a prefix, as that of a directory on any file system. */
export const directoryNameOf = (text: string): string => text.replace(/[^\w.-]/g, "_").replace(/^\.|\.$/g, "_");

/** The path of a set's own directory `mondo`. */
export const setDirectoryOf = ({ directory }: Pick<DatedSet, "directory">): string => `${directory}/mondo`;

const joined = (directory: string, name: string) => `${directory === "/" ? "" : directory}/${name}`;

/** Not through links: they may lead anywhere, round in circles, or out of a medium. */
const isDirectory = (host: Reader, path: string) => host.lstat(path)?.kind === "directory";

function datedIn(host: Reader, directory: string, names: readonly string[], above: readonly string[]): DatedSet[] {
  const [setName, machine] = [above.at(-1), above.at(-2)];
  return names.flatMap((name) => {
    const [, date, level = "0"] = DATED.exec(name) ?? [];
    const path = joined(directory, name);
    // The manifest is written last: a set without it is unfinished.
    if (date === undefined || host.lstat(`${path}/mondo/manifest.json`)?.kind !== "file") return [];
    return [{ directory: path, host: machine, setName, date, level: Number(level) }];
  });
}

/** Dated sets in a directory, in those below it, and in theirs; oldest first. */
export function datedSetsBelow(host: Reader, directory: string, above: readonly string[] = []): DatedSet[] {
  const names = host.list(directory).slice(0, MOST_NAMES);
  const here = datedIn(host, directory, names, above);
  if (here.length > 0 || above.length === 2) return here.sort((a, b) => (a.date < b.date ? -1 : 1));
  return names
    .filter((name) => !name.startsWith(".") && isDirectory(host, joined(directory, name)))
    .flatMap((name) => datedSetsBelow(host, joined(directory, name), [...above, name]));
}

/** Sets that belong together: of one machine with one prefix, `web1/mondorescue`. */
export const familyOf = ({ host, setName }: DatedSet): string =>
  [host, setName].filter((name) => name !== undefined).join("/");

/** What `-p` and `prefix=` name: the prefix, with the level behind it that a differential backup has. */
export const prefixOf = ({ setName = "", level }: DatedSet): string => (level === 0 ? setName : `${setName}-d${level}`);
