/** Names in directories of the target: made, and cleared of what stands in the way. */
import { type ByteString, byteStringToBytes } from "../../base/bytes.ts";
import { closeFd, openAt, renameAt, statAt, unlinkAt } from "../../host/fs-calls.ts";
import { Errno, errnoText, OpenFlag } from "../../host/syscalls.ts";
import type { Entry } from "../entry.ts";
import { Directories, type Graft } from "../tree/directories.ts";
import { unseal } from "../tree/inode-attributes.ts";
import { isSafePath, nameOf, parentOf } from "../tree/paths.ts";
import type { PlaceProblems } from "./place-problems.ts";

const CREATE = OpenFlag.readWrite | OpenFlag.create | OpenFlag.exclusive | OpenFlag.noFollow;

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
  readonly keepExisting: boolean;
  readonly hideUnfinished: boolean;
}

/** Makes names below a target, with the directories above them. */
export class NameMaker {
  readonly #directories: Directories;
  readonly #problems: PlaceProblems;
  readonly #keepExisting: boolean;
  readonly #hideUnfinished: boolean;
  /** Files that have a hidden name still. */
  readonly #hidden = new Set<ByteString>();
  /** Directories that something had to be put into, with the seals they had. */
  readonly #unsealed: Entry[] = [];

  /** `targetFd` stays the caller's. */
  constructor(targetFd: number, problems: PlaceProblems, { grafts, keepExisting, hideUnfinished }: NameRules) {
    this.#problems = problems;
    this.#keepExisting = keepExisting;
    this.#hideUnfinished = hideUnfinished;
    const unlock = (fd: number, path: ByteString) => this.#unlock(fd, path);
    this.#directories = new Directories(targetFd, { create: true, unlock, grafts });
  }

  /** Takes away the files that have not got their names. */
  close(): void {
    for (const path of this.#hidden) {
      const dirFd = this.#directories.open(parentOf(path));
      if (dirFd >= 0) unlinkAt(dirFd, hiddenName(path));
    }
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
  make({ path }: Entry, make: Make): number | undefined {
    const dirFd = this.#directoryOf(path);
    const made = dirFd < 0 ? dirFd : this.#tryToMake(dirFd, path, make);
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
  publish({ path }: Entry): boolean {
    if (!this.#hidden.delete(path)) return true;
    const dirFd = this.#directoryOf(path);
    const hidden = hiddenName(path);
    const rename: Make = (fd, name) => renameAt(fd, hidden, name);
    let error = dirFd < 0 ? dirFd : rename(dirFd, nameOf(path));
    // A directory has the name, or something immutable.
    if ((error === -Errno.EISDIR || error === -Errno.EPERM) && !this.#keepExisting) {
      const gone = this.#clear(dirFd, path);
      error = gone < 0 ? gone : rename(dirFd, nameOf(path));
    }
    if (error >= 0) return true;
    if (dirFd >= 0) unlinkAt(dirFd, hidden);
    this.#refused(path, error);
    return false;
  }

  /**
   * Takes away a file that could not be filled: a later try that keeps what exists must not take it for the whole one.
   */
  unmake(path: ByteString, error: number): void {
    const dirFd = this.#directories.open(parentOf(path));
    const name = this.#hidden.delete(path) ? hiddenName(path) : nameOf(path);
    if (dirFd >= 0) unlinkAt(dirFd, name);
    this.#problems.lost(path, errnoText(-error));
  }

  /** The directory of an entry that is no root; a negative errno when its path is not safe. */
  #directoryOf(path: ByteString): number {
    return isSafePath(path) && path !== "" ? this.#directories.open(parentOf(path)) : -Errno.EINVAL;
  }

  #tryToMake(dirFd: number, path: ByteString, make: Make): number {
    let made = make(dirFd, nameOf(path));
    if (made === -Errno.EPERM) {
      this.#unlock(dirFd, parentOf(path));
      made = make(dirFd, nameOf(path));
    }
    if (made !== -Errno.EEXIST || this.#keepExisting) return made;
    const gone = this.#clear(dirFd, path);
    return gone < 0 ? gone : make(dirFd, nameOf(path));
  }

  #makeHidden({ path }: Entry, make: Make): number | undefined {
    const dirFd = this.#directoryOf(path);
    if (dirFd < 0) return this.#refused(path, dirFd);
    if (this.#keepExisting && typeof statAt(dirFd, nameOf(path)) !== "number")
      return this.#refused(path, -Errno.EEXIST);
    const hidden = hiddenName(path);
    const makeAnew: Make = (fd) => {
      const made = make(fd, hidden);
      if (made !== -Errno.EEXIST) return made;
      // Of an extraction that was killed.
      const gone = unlinkAt(fd, hidden);
      return gone < 0 ? gone : make(fd, hidden);
    };
    const made = this.#tryToMake(dirFd, path, makeAnew);
    if (made < 0) return this.#refused(path, made);
    this.#hidden.add(path);
    return made;
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
    let error = unlinkAt(dirFd, name);
    if (error === -Errno.EPERM) {
      unsealName(dirFd, name);
      this.#unlock(dirFd, parentOf(path));
      error = unlinkAt(dirFd, name);
    }
    return error === -Errno.EISDIR ? unlinkAt(dirFd, name, true) : error;
  }
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
  if (error === -Errno.EINVAL) return "its path is not valid below the target";
  if (error === -Errno.ELOOP || error === -Errno.ENOTDIR) return "something that is not a directory is in its path";
  if (error === -Errno.ENOTEMPTY) return "a directory that is not empty is in its place";
  return errnoText(-error);
}
