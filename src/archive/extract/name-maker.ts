/** Names in directories of the target: made, and cleared of what stands in the way. */
import type { ByteString } from "../../base/bytes.ts";
import { closeFd, openAt, unlinkAt } from "../../host/fs-calls.ts";
import { Errno, errnoText, OpenFlag } from "../../host/syscalls.ts";
import type { Entry } from "../entry.ts";
import { Directories } from "../tree/directories.ts";
import { unseal } from "../tree/inode-attributes.ts";
import { isSafePath, nameOf, parentOf } from "../tree/paths.ts";
import type { PlaceProblems } from "./place-problems.ts";

/** Makes names below a target, with the directories above them. */
export class NameMaker {
  readonly #directories: Directories;
  readonly #problems: PlaceProblems;
  readonly #keepExisting: boolean;
  /** Directories that something had to be put into, with the seals they had. */
  readonly #unsealed: Entry[] = [];

  /** `targetFd` stays the caller's. */
  constructor(targetFd: number, problems: PlaceProblems, keepExisting: boolean) {
    this.#problems = problems;
    this.#keepExisting = keepExisting;
    const unlock = (fd: number, path: ByteString) => this.#unlock(fd, path);
    this.#directories = new Directories(targetFd, { create: true, unlock });
  }

  close(): void {
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
  make({ path }: Entry, make: (dirFd: number, name: ByteString) => number): number | undefined {
    const dirFd = isSafePath(path) && path !== "" ? this.#directories.open(parentOf(path)) : -Errno.EINVAL;
    let made = dirFd < 0 ? dirFd : make(dirFd, nameOf(path));
    if (made === -Errno.EPERM) {
      this.#unlock(dirFd, parentOf(path));
      made = make(dirFd, nameOf(path));
    }
    if (made === -Errno.EEXIST && !this.#keepExisting) {
      const gone = this.#clear(dirFd, path);
      made = gone < 0 ? gone : make(dirFd, nameOf(path));
    }
    if (made >= 0) return made;
    if (made === -Errno.EEXIST) this.#problems.kept(path);
    else this.#problems.lost(path, refusal(made));
    return undefined;
  }

  /**
   * Takes away a file that could not be filled: a later try that keeps what exists must not take it for the whole one.
   */
  unmake(path: ByteString, error: number): void {
    const dirFd = this.#directories.open(parentOf(path));
    if (dirFd >= 0) unlinkAt(dirFd, nameOf(path));
    this.#problems.lost(path, errnoText(-error));
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
