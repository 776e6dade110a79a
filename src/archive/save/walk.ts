import type { ByteString } from "../../base/bytes.ts";
import { isLockedFd } from "../../host/encryption.ts";
import { type FileStat, listFd, statAt, statFd } from "../../host/fs-calls.ts";
import { Errno, errnoText, OpenFlag } from "../../host/syscalls.ts";
import type { Problem } from "../entry.ts";
import { Directories } from "../tree/directories.ts";
import { inodeKey, isDirectory, openQuietly } from "../tree/live-file.ts";
import { nameOf, parentOf, shown } from "../tree/paths.ts";
import type { ScopeRules, Verdict } from "./scope.ts";

/** A path found, with what the kernel said about it at that moment. */
export interface Found {
  readonly path: ByteString;
  readonly stat: FileStat;
}

export interface WalkOptions {
  readonly rules: ScopeRules;
  /** Directories by `inodeKey` whose content is left out (where the archive is being written). */
  readonly skip?: ReadonlySet<string>;
  readonly onProblem: (problem: Problem) => void;
}

interface Level {
  readonly path: ByteString;
  readonly stat: FileStat;
  readonly verdict: Verdict;
  readonly names: readonly ByteString[];
  next: number;
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Everything below an open root that the rules want, directories before what they hold, names in byte order. What
 * vanishes meanwhile is passed over; a directory that can't be listed is a problem.
 */
export function* walk(rootFd: number, options: WalkOptions): Generator<Found, void, void> {
  const directories = new Directories(rootFd);
  try {
    const stat = statFd(rootFd);
    if (typeof stat === "number") return;
    yield { path: "" as ByteString, stat };
    const top = "" as ByteString;
    const levels = [enter(directories, top, stat, options.rules.verdict(top, "out"), options)];
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const name = level.names[level.next++];
      if (name === undefined) {
        levels.pop();
        continue;
      }
      const path = (level.path === "" ? name : `${level.path}/${name}`) as ByteString;
      const verdict = options.rules.verdict(path, level.verdict);
      if (verdict === "out") continue;
      const found = statAt(directories.open(level.path), name);
      if (typeof found === "number") {
        if (found !== -Errno.ENOENT) options.onProblem(lost(path, found));
        continue;
      }
      const directory = isDirectory(found);
      if (!directory && options.rules.isExcluded(path)) continue;
      const note = uncarried(found, level.stat);
      if (note !== undefined) options.onProblem({ path: shown(path), severity: "note", reason: note });
      yield { path, stat: found };
      if (directory && holdsContent(path, found, level.stat, options)) {
        levels.push(enter(directories, path, found, verdict, options));
      }
    }
  } finally {
    directories.close();
  }
}

function lost(path: ByteString, error: number): Problem {
  return { path: shown(path), severity: "lost", reason: errnoText(-error) };
}

/** What a file has that no archive carries: said once of an encrypted tree. */
function uncarried({ encrypted, verity }: FileStat, parent: FileStat): string | undefined {
  if (verity) return "fs-verity seals it: its content is saved, a restore does not seal it again";
  if (encrypted && !parent.encrypted) return "it is encrypted (fscrypt): a restore brings it back unencrypted";
  return undefined;
}

/** Names of an open directory; those of one without its key are not its names, and must not come back as such. */
function namesOf(fd: number, { encrypted }: FileStat): ByteString[] | number {
  return encrypted && isLockedFd(fd) ? -Errno.ENOKEY : listFd(fd);
}

/** Whether the walk goes down into a directory. */
function holdsContent(path: ByteString, stat: FileStat, parent: FileStat, { rules, skip }: WalkOptions): boolean {
  if (rules.isExcluded(path) || skip?.has(inodeKey(stat))) return false;
  // A nested btrfs subvolume has a device number of its own, but nothing is mounted on it: it belongs to what it lies
  // in.
  const mounted = stat.mountRoot ?? (stat.devMajor !== parent.devMajor || stat.devMinor !== parent.devMinor);
  return !mounted || rules.isOwnMount(path);
}

function enter(
  directories: Directories,
  path: ByteString,
  stat: FileStat,
  verdict: Verdict,
  { onProblem }: WalkOptions,
): Level {
  const level = { path, stat, verdict, next: 0 };
  const name = (path === "" ? "." : nameOf(path)) as ByteString;
  const fd = openQuietly(directories.open(parentOf(path)), name, OpenFlag.directory);
  const names = fd < 0 ? fd : namesOf(fd, stat);
  if (fd >= 0) directories.keep(path, fd);
  if (typeof names !== "number") return { ...level, names: names.sort(byBytes) };
  if (names !== -Errno.ENOENT) onProblem(lost(path, names));
  return { ...level, names: [] };
}
