import type { ByteString } from "../../base/bytes.ts";
import { isLockedFd } from "../../host/encryption.ts";
import { type FileStat, fileSystemMagic, listFd, statAt, statFd } from "../../host/fs-calls.ts";
import { Errno, errnoText, OpenFlag } from "../../host/syscalls.ts";
import type { Problem } from "../entry.ts";
import { Directories } from "../tree/directories.ts";
import { inodeKey, isDirectory, openQuietly } from "../tree/live-file.ts";
import { nameOf, parentOf, shown } from "../tree/paths.ts";
import { FOREIGN_SWAP_REASON, holdsForeignSwap, isForeignSwap } from "./foreign-swap.ts";
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
  /** The kind of the file system of an open directory: linux/magic.h. Default: what the kernel says. */
  readonly magicOf?: (fd: number) => number;
}

interface Level {
  readonly path: ByteString;
  readonly stat: FileStat;
  readonly verdict: Verdict;
  readonly names: readonly ByteString[];
  /** Whether swap files of another system are to be expected here. */
  readonly isForeign: boolean;
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
    const mounted = stat.mountRoot ?? true;
    const levels = [
      enter(directories, { path: top, stat, verdict: options.rules.verdict(top, "out"), mounted }, options),
    ];
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
      if (!directory && verdict === "shut") continue;
      const isSwap = level.isForeign && isForeignSwap(name, found) && !options.rules.isIncluded(path);
      const note = isSwap ? FOREIGN_SWAP_REASON : uncarried(found, level.stat);
      if (note !== undefined) options.onProblem({ path: shown(path), severity: "note", reason: note });
      if (isSwap) continue;
      yield { path, stat: found };
      if (!directory || verdict === "shut" || options.skip?.has(inodeKey(found))) continue;
      const mounted = isMounted(found, level.stat);
      if (mounted && !belongs(path, verdict, options.rules)) continue;
      levels.push(enter(directories, { path, stat: found, verdict, mounted }, options));
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

/**
 * A nested btrfs subvolume has a device number of its own, but nothing is mounted on it: it belongs to what it lies in.
 */
function isMounted(stat: FileStat, parent: FileStat): boolean {
  return stat.mountRoot ?? (stat.devMajor !== parent.devMajor || stat.devMinor !== parent.devMinor);
}

/** Whether the walk goes down into a mount point: into one of the set, or one that was asked for. */
function belongs(path: ByteString, verdict: Verdict, rules: ScopeRules): boolean {
  return verdict === "way" || rules.isOwnMount(path) || rules.isIncluded(path);
}

interface Entered {
  readonly path: ByteString;
  readonly stat: FileStat;
  readonly verdict: Verdict;
  readonly mounted: boolean;
}

function enter(directories: Directories, { mounted, ...place }: Entered, options: WalkOptions): Level {
  const { onProblem, magicOf = fileSystemMagic } = options;
  const { path, stat } = place;
  const name = (path === "" ? "." : nameOf(path)) as ByteString;
  const fd = openQuietly(directories.open(parentOf(path)), name, OpenFlag.directory);
  const names = fd < 0 ? fd : namesOf(fd, stat);
  const level = { ...place, isForeign: mounted && fd >= 0 && holdsForeignSwap(magicOf(fd)), next: 0 };
  if (fd >= 0) directories.keep(path, fd);
  if (typeof names !== "number") return { ...level, names: names.sort(byBytes) };
  if (names !== -Errno.ENOENT) onProblem(lost(path, names));
  return { ...level, names: [] };
}
