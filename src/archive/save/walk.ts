import type { ByteString } from "../../base/bytes.ts";
import { stored } from "../../base/message.ts";
import { isLockedFd } from "../../host/encryption.ts";
import { type FileStat, fileSystemMagic, listFd, statAt, statFd } from "../../host/fs-calls.ts";
import { Errno, OpenFlag, storedErrno } from "../../host/syscalls.ts";
import { HIDDEN } from "../../layout/hidden-places.ts";
import type { Problem } from "../entry.ts";
import { Directories, type Graft } from "../tree/directories.ts";
import { inodeKey, isDirectory, openQuietly } from "../tree/live-file.ts";
import { shown } from "../tree/paths.ts";
import { FOREIGN_SWAP_REASON, holdsForeignSwap, isForeignSwap } from "./foreign-swap.ts";
import type { ScopeRules, Verdict } from "./scope.ts";

/** A path found, with what the kernel said about it at that moment. */
export interface Found {
  readonly path: ByteString;
  readonly stat: FileStat;
}

export interface WalkOptions {
  readonly rules: ScopeRules;
  /** What the archive is being written to, by `inodeKey`: files are left out, and the content of directories. */
  readonly skip?: ReadonlySet<string>;
  /** What is seen below mounts; open, and the caller's. Default: nothing. */
  readonly grafts?: readonly Graft[];
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
  /** Whether this lies below a mount. */
  readonly isBelow: boolean;
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
  const { rules, onProblem, skip, grafts = [] } = options;
  const directories = new Directories(rootFd, { grafts });
  try {
    const stat = statFd(rootFd);
    if (typeof stat === "number") return;
    yield { path: "" as ByteString, stat };
    const top = "" as ByteString;
    const mounted = stat.mountRoot ?? true;
    const levels = [
      withReserved(
        enter(directories, { path: top, stat, verdict: rules.verdict(top, "out"), mounted, isBelow: false }, options),
        options,
      ),
    ];
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const name = level.names[level.next++];
      if (name === undefined) {
        levels.pop();
        continue;
      }
      const path = (level.path === "" ? name : `${level.path}/${name}`) as ByteString;
      if (path === HIDDEN && rules.hiddenTrees.length > 0) {
        levels.push({ ...level, path, verdict: "way", names: rules.hiddenTrees, isBelow: true, next: 0 });
        continue;
      }
      const verdict = rules.verdict(path, level.verdict);
      if (verdict === "out") continue;
      const { parent, name: own } = directories.at(path);
      const found = parent < 0 ? parent : statAt(parent, own);
      if (typeof found === "number") {
        if (found !== -Errno.ENOENT) onProblem(lost(path, found));
        continue;
      }
      const directory = isDirectory(found);
      if (!directory && (verdict === "shut" || skip?.has(inodeKey(found)))) continue;
      const isSwap = level.isForeign && isForeignSwap(name, found) && !rules.isIncluded(path);
      const note = isSwap ? FOREIGN_SWAP_REASON : uncarried(found, level.stat);
      if (note !== undefined) onProblem({ path: shown(path), severity: "note", reason: note });
      if (isSwap) continue;
      // The directories above a place below a mount are saved where they are seen.
      if (!level.isBelow || verdict !== "way") yield { path, stat: found };
      if (!directory || verdict === "shut" || skip?.has(inodeKey(found))) continue;
      const isBelow = level.isBelow || directories.isGraft(path);
      const mounted = isMounted(found, level.stat);
      if (isBelow ? isSubvolume(found, level) : mounted && !belongs(path, verdict, rules)) continue;
      levels.push(enter(directories, { path, stat: found, verdict, mounted, isBelow }, options));
    }
  } finally {
    directories.close();
  }
}

/** The top of a tree, with the name at which the archive has what lies below mounts of the set. */
function withReserved(top: Level, { rules, onProblem }: WalkOptions): Level {
  if (rules.hiddenTrees.length === 0) return top;
  const reserved = HIDDEN as ByteString;
  if (top.names.includes(reserved)) {
    const reason = stored`a backup has what lies below mount points at this name: give the directory another one`;
    onProblem({ path: shown(reserved), severity: "lost", reason });
  }
  return { ...top, names: [...new Set([...top.names, reserved])].sort(byBytes) };
}

/** A subvolume of btrfs below a mount: the layout tells of those. */
function isSubvolume({ devMajor, devMinor }: FileStat, { isBelow, verdict, stat }: Level): boolean {
  return isBelow && verdict === "in" && (devMajor !== stat.devMajor || devMinor !== stat.devMinor);
}

function lost(path: ByteString, error: number): Problem {
  return { path: shown(path), severity: "lost", reason: storedErrno(-error) };
}

/** What a file has that no archive carries: said once of an encrypted tree. */
function uncarried({ encrypted, verity }: FileStat, parent: FileStat): string | undefined {
  if (verity) return stored`fs-verity seals it: its content is saved, a restore does not seal it again`;
  if (encrypted && !parent.encrypted) return stored`it is encrypted (fscrypt): a restore brings it back unencrypted`;
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
  readonly isBelow: boolean;
}

function enter(directories: Directories, { mounted, ...place }: Entered, options: WalkOptions): Level {
  const { onProblem, magicOf = fileSystemMagic } = options;
  const { path, stat } = place;
  const { parent, name } = directories.at(path);
  const fd = parent < 0 ? parent : openQuietly(parent, name, OpenFlag.directory);
  const names = fd < 0 ? fd : namesOf(fd, stat);
  const level = { ...place, isForeign: mounted && fd >= 0 && holdsForeignSwap(magicOf(fd)), next: 0 };
  if (fd >= 0) directories.keep(path, fd);
  if (typeof names !== "number") return { ...level, names: names.sort(byBytes) };
  if (names !== -Errno.ENOENT) onProblem(lost(path, names));
  return { ...level, names: [] };
}
