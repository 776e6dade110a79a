/** `-I` and `-E` as the archive needs them: without symbolic links on the way, and each with an effect. */

import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import { findWithin } from "../image/copy.ts";
import type { BackupRequest } from "./request.ts";

/** Paths as seen below the root. */
export interface ChosenPaths {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** What a person should know of them. */
  readonly notes: readonly string[];
}

type Files = Pick<Host, "lstat" | "readLink">;
type Named = Pick<BackupRequest, "root" | "include" | "exclude">;

/** A path as it was named, and what it means. */
interface Place {
  readonly named: string;
  /** The real path of its directory, and its name: a symbolic link is not followed. Undefined: nothing is there. */
  readonly self: string | undefined;
  /** Where it leads; undefined: nowhere. */
  readonly real: string | undefined;
  /** Symbolic links among its parts, by their real paths. */
  readonly links: readonly string[];
}

/** Of absolute paths. */
export const isAtOrBelow = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);

const absolute = (path: string) => (path === "" ? "/" : path);

/** The path in its real directory, if something is there. */
function selfOf(host: Files, root: string, path: string): string | undefined {
  const cut = path.lastIndexOf("/");
  const parent = cut === 0 ? "" : findWithin(host, root, path.slice(0, cut));
  const self = parent === undefined ? undefined : `${parent}${path.slice(cut)}`;
  return self !== undefined && host.lstat(`${root}${self}`) ? self : undefined;
}

function placeOf(host: Files, root: string, named: string): Place {
  if (named === "/") return { named, self: "/", real: "/", links: [] };
  const parts = named.split("/").slice(1);
  const prefixes = parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
  const selves = prefixes.map((prefix) => selfOf(host, root, prefix));
  const links = selves.filter((self) => self !== undefined && host.lstat(`${root}${self}`)?.kind === "symlink");
  const real = findWithin(host, root, named);
  return {
    named,
    self: selves.at(-1),
    real: real === undefined ? undefined : absolute(real),
    links: links.filter((link) => link !== undefined),
  };
}

/** The links on the way are saved, too: without them nobody finds the files by the path that was named. */
function included({ named, self, real, links }: Place): string[] {
  if (self !== undefined) return [...links, ...(real === undefined ? [] : [real])];
  throw new MondoError("not-found", msg`-I ${named} does not exist`, { hint: msg`Include only paths that are there.` });
}

/** Of a link to a directory the content is meant; any other link is left out itself. */
function excluded(host: Files, root: string, { self, real }: Place): string | undefined {
  const leadsToDirectory = real !== undefined && host.lstat(`${root}${real}`)?.kind === "directory";
  return leadsToDirectory ? real : self;
}

function withoutEffect(named: string, why: string): string {
  const hint = /[*?[]/.test(named) ? msg`; -E takes paths, no patterns` : "";
  return msg`-E ${named} leaves nothing out: ${why}${hint}`;
}

/** Of an include, that nothing stands behind it: what was meant is not in the tree. */
function ledNowhere({ named, real }: Place, root: string): string[] {
  if (real !== undefined) return [];
  const where = root === "" ? msg`nowhere` : msg`to nothing below ${root}`;
  return [msg`-I ${named} leads ${where} by a symbolic link: the link is all that is saved of it`];
}

function ledTo(option: string, { named, real }: Place): string[] {
  return real === undefined || real === named ? [] : [msg`${option} ${named} leads to ${real} by a symbolic link`];
}

/** What is chosen and left out as one and the same. */
function refuseContradiction(include: readonly string[], exclude: ReadonlyMap<string, string>): void {
  for (const path of include) {
    const named = exclude.get(path);
    if (named === undefined) continue;
    if (path === "/") throw new MondoError("usage", msg`-E / leaves nothing to save`, { hint: msg`Leave out less.` });
    throw new MondoError("usage", msg`-I ${path} and -E ${named} contradict each other`, {
      hint: msg`Give one of them.`,
    });
  }
}

/**
 * Follows the symbolic links in what was named, below the root. Throws `not-found` for an include that isn't there and
 * `usage` for one that is left out again.
 */
export function choosePaths(host: Files, { root, include, exclude }: Named): ChosenPaths {
  const base = root === "/" ? "" : root;
  const chosen = include.map((path) => placeOf(host, base, path));
  const taken = [...new Set(chosen.flatMap(included))];
  const notes = chosen.flatMap((place) => [...ledTo("-I", place), ...ledNowhere(place, base)]);
  const left = new Map<string, string>();
  for (const place of exclude.map((path) => placeOf(host, base, path))) {
    const path = excluded(host, base, place);
    const isMeant = (one: string) => path !== undefined && isAtOrBelow(path, one);
    if (path === undefined) notes.push(withoutEffect(place.named, msg`it does not exist`));
    else if (!taken.some(isMeant)) notes.push(withoutEffect(place.named, msg`it is not below what -I chooses`));
    else {
      left.set(path, place.named);
      if (path === place.real) notes.push(...ledTo("-E", place));
    }
  }
  refuseContradiction(
    chosen.flatMap(({ real }) => real ?? []),
    left,
  );
  return { include: taken, exclude: [...left.keys()], notes };
}
