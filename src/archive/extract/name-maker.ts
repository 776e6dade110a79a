/** Names in directories of the target: made, and cleared of what stands in the way. */

import { type ByteString, byteStringToBytes } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import { closeFd, openAt, renameAt, renameFreeAt, statAt, statFd, unlinkAt } from "../../host/fs-calls.ts";
import { Errno, errnoText, OpenFlag } from "../../host/syscalls.ts";
import type { Entry } from "../entry.ts";
import { Directories, type Graft } from "../tree/directories.ts";
import { seal, unseal } from "../tree/inode-attributes.ts";
import { isSafePath, nameOf, parentOf } from "../tree/paths.ts";
import { keepCopy, type Overwrite, stays } from "./overwrite.ts";
import type { PlaceProblems } from "./place-problems.ts";

const CREATE = OpenFlag.readWrite | OpenFlag.create | OpenFlag.exclusive | OpenFlag.noFollow;

/** Why a file was not made of which a part is missing. */
export const LACKING = msg`it was not made, because a part of it is missing`;

/** Makes something by its name in an open directory; returns 0 or a descriptor, or a negative errno. */
type Make = (dirFd: number, name: ByteString) => number;

/**
 * Always the same for a name, so that a later extraction finds what a killed one has left, and short whatever that is.
 */
function hiddenName(path: ByteString): ByteString {
  const hash = Bun.hash.xxHash64(byteStringToBytes(nameOf(path)));
  return `.mondo-unfinished-${hash.toString(16).padStart(16, "0")}` as ByteString;
}

/** See `PlaceData`. */
interface NameRules {
  readonly grafts: readonly Graft[];
  readonly overwrite: Overwrite;
  readonly hideUnfinished: boolean;
}

/** Makes names below a target, with the directories above them. */
export class NameMaker {
  readonly #directories: Directories;
  readonly #problems: PlaceProblems;
  readonly #overwrite: Overwrite;
  readonly #hideUnfinished: boolean;
  /** Files that have a hidden name still. */
  readonly #hidden = new Set<ByteString>();
  /** Directories that something had to be put into, with the seals they had. */
  readonly #unsealed: Entry[] = [];

  /** `targetFd` stays the caller's. */
  constructor(targetFd: number, problems: PlaceProblems, { grafts, overwrite, hideUnfinished }: NameRules) {
    this.#problems = problems;
    this.#overwrite = overwrite;
    this.#hideUnfinished = hideUnfinished;
    const unlock = (fd: number, path: ByteString) => this.#unlock(fd, path);
    this.#directories = new Directories(targetFd, { create: true, unlock, grafts });
  }

  /** Takes away the files that have not got their names. */
  close(): void {
    for (const path of this.#hidden) this.#unlinkHidden(path);
    this.#directories.close();
  }

  /** The directory of a path, made if need be: a descriptor that is valid until the next call, or a negative errno. */
  directory(path: ByteString): number {
    return this.#directories.open(path);
  }

  /**
   * The directories since the last call that were immutable or append-only, as entries with just these flags: see
   * `seal`.
   */
  takeUnsealed(): Entry[] {
    return this.#unsealed.splice(0);
  }

  /** Calls `make` with the entry's directory and name, taking away what has the name already. Undefined: a problem. */
  make(entry: Entry, make: Make): number | undefined {
    const { path } = entry;
    const dirFd = this.#directoryOf(path);
    const made = dirFd < 0 ? dirFd : this.#tryToMake(dirFd, entry, make);
    return made < 0 ? this.#refused(path, made) : made;
  }

  /** Makes a new file for the entry and opens it; it may get its name only by `publish`. Undefined: a problem. */
  makeFile(entry: Entry, mode: number): number | undefined {
    const make: Make = (dirFd, name) => openAt(dirFd, name, CREATE, mode);
    return this.#hideUnfinished ? this.#makeHidden(entry, make) : this.make(entry, make);
  }

  /** Opens a file again that `makeFile` made; a negative errno when it can't be. */
  reopen({ path }: Entry): number {
    const dirFd = this.#directoryOf(path);
    const name = this.#hidden.has(path) ? hiddenName(path) : nameOf(path);
    return dirFd < 0 ? dirFd : openAt(dirFd, name, OpenFlag.readWrite | OpenFlag.noFollow | OpenFlag.nonBlock);
  }

  /** Gives a file its name, in place of whatever has it; at once if it has it already. False: a problem. */
  publish(entry: Entry): boolean {
    const { path } = entry;
    if (!this.#hidden.delete(path)) return true;
    const dirFd = this.#directoryOf(path);
    const error = dirFd < 0 ? dirFd : this.#putInPlace(dirFd, entry);
    if (error >= 0) return true;
    if (dirFd >= 0) unlinkAt(dirFd, hiddenName(path));
    this.#refused(path, error);
    return false;
  }

  /**
   * Takes away a file that could not be filled: a later try that keeps what exists must not take it for the whole one.
   */
  unmake(path: ByteString, error: number): void {
    this.drop(path, errnoText(-error));
  }

  /** The same, with a reason in words. */
  drop(path: ByteString, reason: string): void {
    const dirFd = this.#directories.open(parentOf(path));
    const name = this.#hidden.delete(path) ? hiddenName(path) : nameOf(path);
    if (dirFd >= 0) unlinkAt(dirFd, name);
    this.#problems.lost(path, reason);
  }

  /** Takes away what has the hidden name of a path, if that was given. */
  forget(path: ByteString): void {
    if (this.#hidden.has(path)) this.#unlinkHidden(path);
    this.#hidden.delete(path);
  }

  /** Gives a file that lacks something its name if nothing has it, else takes it away. False: a problem. */
  publishPart(entry: Entry): boolean {
    const { path } = entry;
    if (!this.#hidden.has(path)) return true;
    const dirFd = this.#directoryOf(path);
    if (dirFd < 0 || statAt(dirFd, nameOf(path)) === -Errno.ENOENT) return this.publish(entry);
    this.drop(path, LACKING);
    return false;
  }

  #unlinkHidden(path: ByteString): void {
    const dirFd = this.#directories.open(parentOf(path));
    if (dirFd >= 0) unlinkAt(dirFd, hiddenName(path));
  }

  /** The directory of an entry that is no root; a negative errno when its path is not safe. */
  #directoryOf(path: ByteString): number {
    return isSafePath(path) && path !== "" ? this.#directories.open(parentOf(path)) : -Errno.EINVAL;
  }

  #tryToMake(dirFd: number, entry: Entry, make: Make): number {
    const { path } = entry;
    const name = nameOf(path);
    const made = this.#unlocked(dirFd, path, () => make(dirFd, name));
    if (made !== -Errno.EEXIST || this.#staysAt(dirFd, entry)) return made;
    if (this.#hideUnfinished) {
      const hidden = this.#unlocked(dirFd, path, () => this.#makeUnder(dirFd, path, make));
      // What can't be a link is made as a copy instead.
      if (hidden < 0 || statAt(dirFd, hiddenName(path)) === -Errno.ENOENT) return hidden;
      const error = this.#putInPlace(dirFd, entry);
      if (error >= 0) return hidden;
      unlinkAt(dirFd, hiddenName(path));
      return error;
    }
    const gone = this.#makeWay(dirFd, entry);
    return gone < 0 ? gone : make(dirFd, name);
  }

  #makeHidden(entry: Entry, make: Make): number | undefined {
    const { path } = entry;
    const dirFd = this.#directoryOf(path);
    if (dirFd < 0) return this.#refused(path, dirFd);
    if (this.#staysAt(dirFd, entry)) return this.#refused(path, -Errno.EEXIST);
    const made = this.#unlocked(dirFd, path, () => this.#makeUnder(dirFd, path, make));
    if (made < 0) return this.#refused(path, made);
    this.#hidden.add(path);
    return made;
  }

  /** Makes something under the hidden name of a path, which an extraction that was killed may have left. */
  #makeUnder(dirFd: number, path: ByteString, make: Make): number {
    const hidden = hiddenName(path);
    const made = make(dirFd, hidden);
    if (made !== -Errno.EEXIST) return made;
    const gone = unlinkAt(dirFd, hidden);
    return gone < 0 ? gone : make(dirFd, hidden);
  }

  /** Once more where the directory was immutable. */
  #unlocked(dirFd: number, path: ByteString, make: () => number): number {
    const made = make();
    if (made !== -Errno.EPERM) return made;
    this.#unlock(dirFd, parentOf(path));
    return make();
  }

  /** Whether something has the entry's name, and keeps it. */
  #staysAt(dirFd: number, entry: Entry): boolean {
    if (this.#overwrite === "always" || this.#overwrite === "copy") return false;
    const there = statAt(dirFd, nameOf(entry.path));
    return typeof there !== "number" && stays(this.#overwrite, entry, there);
  }

  /** Gives what has a hidden name its own, in place of whatever has that, if the rule lets it. */
  #putInPlace(dirFd: number, entry: Entry): number {
    const { path } = entry;
    let isKept = this.#overwrite !== "copy";
    const error = this.#withoutSeals(dirFd, path, () => {
      const kept = isKept ? 0 : this.#keepCopy(dirFd, entry);
      if (kept < 0) return kept;
      isKept = true;
      const renamed = this.#rename(dirFd, entry);
      if (renamed !== -Errno.EISDIR) return renamed;
      // A directory has the name.
      const gone = this.#clear(dirFd, path);
      return gone < 0 ? gone : this.#rename(dirFd, entry);
    });
    // rename(2) leaves both names of one file.
    if (error === 0) unlinkAt(dirFd, hiddenName(path));
    return error;
  }

  /** Renames what has the hidden name; looks again what has the other one by now, after a large file hours later. */
  #rename(dirFd: number, entry: Entry): number {
    const [hidden, name] = [hiddenName(entry.path), nameOf(entry.path)];
    if (this.#overwrite === "never") {
      const error = renameFreeAt(dirFd, hidden, name);
      if (error !== -Errno.EINVAL && error !== -Errno.ENOSYS) return error;
    }
    return this.#staysAt(dirFd, entry) ? -Errno.EEXIST : renameAt(dirFd, hidden, name);
  }

  /** Takes away what has the entry's name, or gives it another one. */
  #makeWay(dirFd: number, entry: Entry): number {
    const keep = () => this.#keepCopy(dirFd, entry);
    const kept = this.#overwrite === "copy" ? this.#withoutSeals(dirFd, entry.path, keep) : 0;
    if (kept < 0) return kept;
    const gone = this.#clear(dirFd, entry.path);
    return gone === -Errno.ENOENT ? 0 : gone;
  }

  #keepCopy(dirFd: number, entry: Entry): number {
    const copy = keepCopy(dirFd, nameOf(entry.path), entry);
    if (typeof copy === "number") return copy;
    if (copy !== undefined) this.#problems.replaced(entry.path, copy);
    return 0;
  }

  /**
   * Once more where what has the name, or the directory, is immutable or append-only. What had the name is so again
   * afterwards, wherever it still has one.
   */
  #withoutSeals(dirFd: number, path: ByteString, act: () => number): number {
    const done = act();
    if (done !== -Errno.EPERM) return done;
    const fd = openAt(dirFd, nameOf(path), OpenFlag.noFollow | OpenFlag.nonBlock);
    const seals = fd < 0 ? 0 : unseal(fd);
    this.#unlock(dirFd, parentOf(path));
    const again = act();
    if (seals !== 0 && hasName(fd)) seal(fd, seals);
    if (fd >= 0) closeFd(fd);
    return again;
  }

  #refused(path: ByteString, error: number): undefined {
    if (error === -Errno.EEXIST) this.#problems.kept(path);
    else this.#problems.lost(path, refusal(error));
  }

  /**
   * Takes immutability from an open directory that something is to be put into. Another thread may have been faster.
   */
  #unlock(fd: number, path: ByteString): void {
    const flags = unsealName(fd, "." as ByteString);
    if (flags === 0) return;
    const nobody = { mode: 0, uid: 0, gid: 0, size: 0, mtimeSec: 0, mtimeNsec: 0 };
    this.#unsealed.push({ path, kind: "directory", ...nobody, flags });
  }

  /** Removes a file or an empty directory. */
  #clear(dirFd: number, path: ByteString): number {
    const name = nameOf(path);
    return this.#withoutSeals(dirFd, path, () => {
      const error = unlinkAt(dirFd, name);
      return error === -Errno.EISDIR ? unlinkAt(dirFd, name, true) : error;
    });
  }
}

function hasName(fd: number): boolean {
  const stat = statFd(fd);
  return typeof stat !== "number" && stat.nlink > 0;
}

/** Takes the seals from what stands in the way; those it had. */
function unsealName(dirFd: number, name: ByteString): number {
  const fd = openAt(dirFd, name, OpenFlag.noFollow | OpenFlag.nonBlock);
  if (fd < 0) return 0;
  const done = unseal(fd);
  closeFd(fd);
  return done;
}

/** Why the kernel (or our own rule) did not let an entry be made. */
export function refusal(error: number): string {
  if (error === -Errno.EINVAL) return msg`its path is not valid below the target`;
  if (error === -Errno.ELOOP || error === -Errno.ENOTDIR) return msg`something that is not a directory is in its path`;
  if (error === -Errno.ENOTEMPTY) return msg`a directory that is not empty is in its place`;
  return errnoText(-error);
}
