/** Makes one entry on the disk, inside the target whatever its path says. */
import { type ByteString, displayBytes, toByteString } from "../../base/bytes.ts";
import type { PlacedImage } from "../../effects/effect.ts";
import {
  chmodAt,
  chmodFd,
  chownAt,
  chownFd,
  closeFd,
  FileType,
  linkAt,
  makeNodeAt,
  openAt,
  removeXattrFd,
  setModifiedAt,
  setModifiedFd,
  setXattrAt,
  setXattrFd,
  symlinkAt,
  truncateFd,
  unlinkAt,
  writeFully,
  xattrNamesOfFd,
} from "../../host/fs-calls.ts";
import { Errno, errnoText, OpenFlag } from "../../host/syscalls.ts";
import type { Entry, Problem } from "../entry.ts";
import { Directories } from "../tree/directories.ts";
import { seal, setEarlyFlags, setInodeAttributes, unseal } from "../tree/inode-attributes.ts";
import { isSafePath, nameOf, parentOf, relativePath, shown } from "../tree/paths.ts";
import { type Birth, Births, isInherited } from "./births.ts";

export interface PlaceData {
  /** The target, open in this process. */
  readonly targetFd: number;
  /** Paths where owners, modes and xattrs can't be stored. */
  readonly lenientMounts: readonly string[];
  /** Entries whose content goes to a device. */
  readonly devices?: readonly PlacedImage[];
  /** Leaves what has an entry's name already as it is. */
  readonly keepExisting?: boolean;
}

const NODE_TYPES = {
  char: FileType.char,
  block: FileType.block,
  fifo: FileType.fifo,
  socket: FileType.socket,
} as const;
const CREATE = OpenFlag.readWrite | OpenFlag.create | OpenFlag.exclusive | OpenFlag.noFollow;

/** Where metadata goes: an open file or a name in an open directory. */
interface Place {
  owner(uid: number, gid: number): number;
  mode(mode: number): number;
  xattr(name: ByteString, value: Uint8Array): number;
  /** Takes away attributes that came from elsewhere (an inherited ACL, an earlier life of a directory). */
  dropOtherXattrs(keep: ReadonlyMap<ByteString, Uint8Array> | undefined): void;
  modified(sec: number, nsec: number): number;
}

function openPlace(fd: number): Place {
  return {
    owner: (uid, gid) => chownFd(fd, uid, gid),
    mode: (mode) => chmodFd(fd, mode),
    xattr: (name, value) => setXattrFd(fd, name, value),
    dropOtherXattrs: (keep) => {
      const names = xattrNamesOfFd(fd);
      if (typeof names === "number") return;
      for (const name of names) if (!keep?.has(name) && isInherited(name)) removeXattrFd(fd, name);
    },
    modified: (sec, nsec) => setModifiedFd(fd, sec, nsec),
  };
}

function namedPlace(dirFd: number, name: ByteString, symlink: boolean): Place {
  return {
    owner: (uid, gid) => chownAt(dirFd, name, uid, gid),
    mode: (mode) => (symlink ? 0 : chmodAt(dirFd, name, mode)),
    xattr: (key, value) => setXattrAt(dirFd, name, key, value),
    // Made anew, and its kinds inherit nothing but security labels, which the policy gives.
    dropOtherXattrs: () => {},
    modified: (sec, nsec) => setModifiedAt(dirFd, name, sec, nsec),
  };
}

/** Creates entries below a target. Nothing throws: what fails is a Problem. */
export class Placer {
  readonly problems: Problem[] = [];
  readonly #failed: ByteString[] = [];
  readonly #keepExisting: boolean;
  readonly #lenient: readonly ByteString[];
  readonly #devices: ReadonlyMap<ByteString, string>;
  readonly #directories: Directories;
  /** Its own, so that a link's two directories can be open at once. */
  readonly #linkDirectories: Directories;
  readonly #births = new Births();
  /** Directories that something had to be put into, with the seals they had. */
  readonly #unsealed: Entry[] = [];

  constructor(data: PlaceData) {
    this.#lenient = data.lenientMounts.map(relativePath);
    this.#devices = new Map((data.devices ?? []).map(({ entry, device }) => [toByteString(entry), device]));
    this.#keepExisting = data.keepExisting ?? false;
    const unlock = (fd: number, path: ByteString) => this.#unlock(fd, path);
    this.#directories = new Directories(data.targetFd, { create: true, unlock });
    this.#linkDirectories = new Directories(data.targetFd);
  }

  close(): void {
    this.#directories.close();
    this.#linkDirectories.close();
  }

  /** The problems since the last call. */
  takeProblems(): Problem[] {
    return this.problems.splice(0);
  }

  /** The entries since the last call that were not made: nothing may be linked to what stands there instead. */
  takeFailed(): ByteString[] {
    return this.#failed.splice(0);
  }

  /** The directories since the last call that were immutable or append-only, as entries with just these flags: see `seal`. */
  takeUnsealed(): Entry[] {
    return this.#unsealed.splice(0);
  }

  lost(path: ByteString, reason: string): void {
    this.#failed.push(path);
    this.incomplete(path, reason);
  }

  /** The entry is there, but a part of it is not what it was. */
  incomplete(path: ByteString, reason: string): void {
    this.problems.push({ path: shown(path), severity: "lost", reason });
  }

  /** Makes a new, empty file of the entry's size in place of whatever has its name. The descriptor is the caller's; undefined: a problem. */
  create(entry: Entry): number | undefined {
    const device = this.#devices.get(entry.path);
    if (device !== undefined) return this.#openDevice(entry, device);
    const fd = this.#make(entry, (dirFd, name) => openAt(dirFd, name, CREATE, 0o600));
    if (fd === undefined) return undefined;
    prepare(fd, entry);
    const error = entry.size > 0 ? truncateFd(fd, entry.size) : 0;
    if (error === 0) return fd;
    closeFd(fd);
    this.#unmade(entry.path, error);
    return undefined;
  }

  /** Takes away a file that could not be filled: a later try that keeps what exists must not take it for the whole one. */
  #unmade(path: ByteString, error: number): void {
    const dirFd = this.#directories.open(parentOf(path));
    if (dirFd >= 0) unlinkAt(dirFd, nameOf(path));
    this.lost(path, errnoText(-error));
  }

  #openDevice(entry: Entry, device: string): number | undefined {
    const fd = openAt(0, toByteString(device), OpenFlag.write);
    if (fd >= 0) return fd;
    this.lost(entry.path, `${device}: ${errnoText(-fd)}`);
    return undefined;
  }

  /** A file with all its content, which stands in `bytes` at `at`. */
  file(entry: Entry, bytes: Uint8Array, at: number): boolean {
    const directory = parentOf(entry.path);
    const mode = this.#births.modeFor(entry, directory);
    const fd = entry.extents
      ? this.create(entry)
      : this.#make(entry, (dirFd, name) => openAt(dirFd, name, CREATE, mode));
    if (fd === undefined) return false;
    const birth = entry.extents ? undefined : this.#births.of(fd, directory, mode);
    if (!entry.extents) prepare(fd, entry);
    const error = this.write(fd, entry.extents ?? [0, entry.size], bytes, at);
    if (error === 0) this.finishFile(entry, fd, birth);
    closeFd(fd);
    if (error < 0) this.#unmade(entry.path, error);
    return error === 0;
  }

  /** Writes content into ranges [offset, length, …] of a file; 0 or an error. */
  write(fd: number, ranges: readonly number[], bytes: Uint8Array, at: number): number {
    let from = at;
    for (let i = 0; i < ranges.length; i += 2) {
      const [offset, length] = [ranges[i] ?? 0, ranges[i + 1] ?? 0];
      const error = length === 0 ? 0 : writeFully(fd, bytes, from, length, offset);
      if (error < 0) return error;
      from += length;
    }
    return 0;
  }

  /** Owner, mode, xattrs and time of an open file: what it does not have from its birth. */
  finishFile(entry: Entry, fd: number, birth?: Birth): void {
    if (this.#devices.has(entry.path)) return;
    this.#metadata(entry, openPlace(fd), birth);
    if (birth?.isPlain && !entry.flags && !entry.project) return;
    this.#refused(entry, setInodeAttributes(fd, entry));
  }

  /** Makes a finished file immutable or append-only, which must wait until all links to it are made; or a directory again. */
  seal(entry: Entry): void {
    const dirFd = isSafePath(entry.path) ? this.#directories.open(parentOf(entry.path)) : -Errno.EINVAL;
    const name = (entry.path === "" ? "." : nameOf(entry.path)) as ByteString;
    const fd = dirFd < 0 ? dirFd : openAt(dirFd, name, OpenFlag.noFollow | OpenFlag.nonBlock);
    if (fd < 0) {
      this.#check(entry, "flags", fd);
      return;
    }
    this.#refused(entry, seal(fd, entry.flags ?? 0));
    closeFd(fd);
  }

  /** Makes a directory that isn't there; its metadata come at the end (`finishDirectory`). */
  directory(entry: Entry): boolean {
    const fd = isSafePath(entry.path) ? this.#directories.open(entry.path) : -Errno.EINVAL;
    if (fd < 0) this.lost(entry.path, refusal(fd));
    return fd >= 0;
  }

  /** Metadata of a directory that nothing more will be put into. */
  finishDirectory(entry: Entry): boolean {
    const dirFd = this.#directories.open(parentOf(entry.path));
    const name = (entry.path === "" ? "." : nameOf(entry.path)) as ByteString;
    const safe = isSafePath(entry.path);
    const fd = !safe ? -Errno.EINVAL : openAt(dirFd, name, OpenFlag.directory | OpenFlag.noFollow);
    if (fd < 0) {
      this.lost(entry.path, refusal(fd));
      return false;
    }
    unseal(fd);
    this.#metadata(entry, openPlace(fd));
    this.#refused(entry, setInodeAttributes(fd, entry) ?? seal(fd, entry.flags ?? 0));
    closeFd(fd);
    return true;
  }

  /** A symlink, device, fifo or socket. */
  special(entry: Entry): boolean {
    const { kind, path } = entry;
    const made = this.#make(entry, (dirFd, name) => {
      if (kind === "symlink") return symlinkAt(entry.target ?? ("" as ByteString), dirFd, name);
      if (!(kind in NODE_TYPES)) return -Errno.EINVAL;
      const type = NODE_TYPES[kind as keyof typeof NODE_TYPES];
      return makeNodeAt(dirFd, name, type | 0o600, entry.rdev?.major ?? 0, entry.rdev?.minor ?? 0);
    });
    if (made === undefined) return false;
    const directory = parentOf(path);
    const birth = kind === "symlink" ? this.#births.ofLink(directory) : undefined;
    this.#metadata(entry, namedPlace(this.#directories.open(directory), nameOf(path), kind === "symlink"), birth);
    return true;
  }

  /** A further name of a file that is already there. */
  link(entry: Entry): boolean {
    const target = entry.target ?? ("" as ByteString);
    const from = isSafePath(target) && target !== "" ? this.#linkDirectories.open(parentOf(target)) : -Errno.EINVAL;
    if (from < 0) {
      this.lost(entry.path, `its first link /${displayBytes(target)}: ${refusal(from)}`);
      return false;
    }
    return this.#make(entry, (dirFd, name) => linkAt(from, nameOf(target), dirFd, name)) !== undefined;
  }

  /** Calls `make` with the entry's directory and name, taking away what has the name already. */
  #make(entry: Entry, make: (dirFd: number, name: ByteString) => number): number | undefined {
    const { path } = entry;
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
    if (made !== -Errno.EEXIST) this.lost(path, refusal(made));
    else this.#kept(path);
    return undefined;
  }

  #kept(path: ByteString): void {
    this.#failed.push(path);
    this.problems.push({ path: shown(path), severity: "note", reason: "it exists already and was left as it is" });
  }

  /** Takes immutability from an open directory that something is to be put into. Another thread may have been faster. */
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

  /** In this order: a change of owner takes away set-id bits and file capabilities; everything moves the time of change. */
  #metadata(entry: Entry, place: Place, birth?: Birth): void {
    const hasOwner = birth !== undefined && birth.uid === entry.uid && birth.gid === entry.gid;
    if (!hasOwner) this.#check(entry, "owner", place.owner(entry.uid, entry.gid));
    // Before the mode, which an inherited ACL would reinterpret.
    if (!birth?.isPlain) place.dropOtherXattrs(entry.xattrs);
    if (!birth?.isPlain || birth.mode !== entry.mode) this.#check(entry, "mode", place.mode(entry.mode));
    for (const [name, value] of entry.xattrs ?? []) {
      this.#check(entry, `attribute ${displayBytes(name)}`, place.xattr(name, value));
    }
    this.#check(entry, "time", place.modified(entry.mtimeSec, entry.mtimeNsec));
  }

  /** Flags that a file system of another kind does not have. */
  #refused(entry: Entry, what: string | undefined): void {
    if (what === undefined || this.#isLenient(entry.path)) return;
    this.problems.push({ path: shown(entry.path), severity: "changed", reason: `its flags can't be set: ${what}` });
  }

  #check(entry: Entry, what: string, error: number): void {
    if (error >= 0 || this.#isLenient(entry.path)) return;
    const reason = `its ${what} can't be set: ${errnoText(-error)}`;
    this.problems.push({ path: shown(entry.path), severity: "changed", reason });
  }

  #isLenient(path: ByteString): boolean {
    return this.#lenient.some((mount) => path === mount || path.startsWith(`${mount}/`) || mount === "");
  }
}

const COMPRESSION = "btrfs.compression" as ByteString;

/** Gives a new file what decides how its content is stored. What fails comes up again at the end. */
function prepare(fd: number, entry: Entry): void {
  const compression = entry.xattrs?.get(COMPRESSION);
  // Before the flag of the same meaning, which chooses an algorithm of its own.
  if (compression) setXattrFd(fd, COMPRESSION, compression);
  setEarlyFlags(fd, entry);
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
function refusal(error: number): string {
  if (error === -Errno.EINVAL) return "its name is not one that can stand below the target";
  if (error === -Errno.ELOOP || error === -Errno.ENOTDIR) return "something that is no directory stands in its path";
  if (error === -Errno.ENOTEMPTY) return "a directory with content stands in its place";
  return errnoText(-error);
}
