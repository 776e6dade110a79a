/** Makes one entry on the disk, inside the target whatever its path says. */

import { type ByteString, toByteString } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import type { PlacedImage } from "../../effects/effect.ts";
import {
  closeFd,
  FileType,
  makeNodeAt,
  openAt,
  setXattrFd,
  symlinkAt,
  truncateFd,
  writeFully,
} from "../../host/fs-calls.ts";
import { Errno, errnoText, OpenFlag } from "../../host/syscalls.ts";
import type { Entry } from "../entry.ts";
import { Directories, type Graft } from "../tree/directories.ts";
import { seal, setEarlyFlags, setInodeAttributes, unseal } from "../tree/inode-attributes.ts";
import { openQuietly } from "../tree/live-file.ts";
import { isSafePath, nameOf, parentOf, shown } from "../tree/paths.ts";
import { type Birth, Births } from "./births.ts";
import { copyContent, copyOf } from "./copy-file.ts";
import { LeftFiles } from "./left-files.ts";
import { LinkAttempt } from "./link-attempt.ts";
import { MetadataSetter } from "./metadata-setter.ts";
import { LACKING, NameMaker, refusal } from "./name-maker.ts";
import type { Overwrite } from "./overwrite.ts";
import { openPlace, openSpecial, specialPlace } from "./place.ts";
import { PlaceProblems } from "./place-problems.ts";
import { SameMount } from "./same-mount.ts";
import { SharedSource } from "./shared-source.ts";
import type { SharedPart } from "./sharing.ts";

export interface PlaceData {
  /** The target, open in this process. */
  readonly targetFd: number;
  /** What stands in for parts of it, open as well. */
  readonly grafts?: readonly Graft[];
  /** Paths where owners, modes and xattrs can't be stored. */
  readonly lenientMounts: readonly string[];
  /** Entries whose content goes to a device. */
  readonly devices?: readonly PlacedImage[];
  /** What becomes of what has an entry's name already. Default: it is replaced. */
  readonly overwrite?: Overwrite;
  /** Gives files their names when they are complete. */
  readonly hideUnfinished?: boolean;
  /** Keeps files, and parts of files and devices, that have the backup's content already. */
  readonly goOn?: boolean;
}

const SPECIAL_TYPES = {
  symlink: FileType.symlink,
  char: FileType.char,
  block: FileType.block,
  fifo: FileType.fifo,
  socket: FileType.socket,
} as const;

/** What a further name is made of: an open directory, the name in the archive, and the one that is there. */
interface LinkSource {
  readonly from: number;
  readonly first: ByteString;
  readonly target: ByteString;
}

/** Creates entries below a target. Nothing throws: what fails is in `problems`. */
export class Placer {
  readonly problems = new PlaceProblems();
  readonly names: NameMaker;
  /** What an extraction that was cut off has left; undefined: everything is made anew. */
  readonly left: LeftFiles | undefined;
  readonly #metadata: MetadataSetter;
  readonly #devices: ReadonlyMap<ByteString, string>;
  /** Its own, so that a link's two directories can be open at once. */
  readonly #linkDirectories: Directories;
  readonly #sameMount: SameMount;
  readonly #source: SharedSource;
  readonly #births = new Births();
  /** Of files that take no more names: the latest copy, by their first name. */
  readonly #copies = new Map<ByteString, ByteString>();

  constructor(data: PlaceData) {
    const { targetFd, grafts = [], lenientMounts, devices = [], overwrite = "always", hideUnfinished = false } = data;
    this.names = new NameMaker(targetFd, this.problems, { grafts, overwrite, hideUnfinished });
    this.left = data.goOn ? new LeftFiles(this.names) : undefined;
    this.#metadata = new MetadataSetter(this.problems, lenientMounts);
    this.#devices = new Map(devices.map(({ entry, device }) => [toByteString(entry), device]));
    this.#linkDirectories = new Directories(targetFd, { grafts });
    this.#source = new SharedSource(this.#linkDirectories);
    this.#sameMount = new SameMount(grafts);
  }

  close(): void {
    this.names.close();
    this.#source.close();
    this.#linkDirectories.close();
  }

  /** Opens a file that has parts in it already; undefined: there is none of its size, or nobody looks. */
  openLeft(entry: Entry): number | undefined {
    const device = this.left && this.#devices.get(entry.path);
    if (device === undefined) return this.left?.begun(entry);
    const fd = openAt(0, toByteString(device), OpenFlag.readWrite);
    return fd < 0 ? undefined : fd;
  }

  /** Makes a new, empty file of the entry's size. The descriptor is the caller's; undefined: a problem. */
  create(entry: Entry): number | undefined {
    const device = this.#devices.get(entry.path);
    if (device !== undefined) return this.#openDevice(entry, device);
    const fd = this.names.makeFile(entry, 0o600);
    if (fd === undefined) return undefined;
    prepare(fd, entry);
    const error = entry.size > 0 ? truncateFd(fd, entry.size) : 0;
    if (error === 0) return fd;
    closeFd(fd);
    this.names.unmake(entry.path, error);
    return undefined;
  }

  /** Opens a file that `create` made, and that has no metadata yet; a negative errno when it can't be. */
  reopen(entry: Entry): number {
    const device = this.#devices.get(entry.path);
    const flags = this.left ? OpenFlag.readWrite : OpenFlag.write;
    return device === undefined ? this.names.reopen(entry) : openAt(0, toByteString(device), flags);
  }

  /** A file with all its content, which stands in `bytes` at `at`. */
  file(entry: Entry, bytes: Uint8Array, at: number, shares?: readonly SharedPart[]): boolean {
    const directory = parentOf(entry.path);
    const mode = this.#births.modeFor(entry, directory);
    const fd = entry.extents ? this.create(entry) : this.names.makeFile(entry, mode);
    if (fd === undefined) return false;
    const birth = entry.extents ? undefined : this.#births.of(fd, directory, mode);
    if (!entry.extents) prepare(fd, entry);
    const error = this.write(fd, entry.extents ?? [0, entry.size], bytes, at, shares);
    const isMade = error === 0 && this.finishFile(entry, fd, birth);
    closeFd(fd);
    if (error < 0) this.names.unmake(entry.path, error);
    return isMade;
  }

  /** A file that is in place already gets its metadata; undefined: it is not, or nobody looks. */
  leftFile(entry: Entry): boolean | undefined {
    const fd = this.left?.whole(entry);
    if (fd === undefined) return undefined;
    unseal(fd);
    const isMade = this.finishFile(entry, fd);
    closeFd(fd);
    return isMade;
  }

  /** Gets ready for many files that share something with others. */
  expect(shares: Iterable<SharedPart>): void {
    this.#source.expect(shares);
  }

  /**
   * Writes content into ranges [offset, length, …] of a file, but for what it can share with others; 0 or an error.
   */
  write(
    fd: number,
    ranges: readonly number[],
    bytes: Uint8Array,
    at: number,
    shares: readonly SharedPart[] = [],
  ): number {
    let from = at;
    for (let i = 0; i < ranges.length; i += 2) {
      const [offset, length] = [ranges[i] ?? 0, ranges[i + 1] ?? 0];
      const error = length === 0 ? 0 : this.#writeRange(fd, { offset, length }, bytes, from, shares);
      if (error < 0) return error;
      from += length;
    }
    this.#source.close();
    return 0;
  }

  /** Goes along a range: what is shared in between is not written. `from`: where its bytes are. */
  #writeRange(
    fd: number,
    { offset, length }: { readonly offset: number; readonly length: number },
    bytes: Uint8Array,
    from: number,
    shares: readonly SharedPart[],
  ): number {
    let done = 0;
    for (const part of shares) {
      const start = part.offset - offset;
      if (start < done || start + part.length > length) continue;
      const error = start > done ? writeFully(fd, bytes, from + done, start - done, offset + done) : 0;
      if (error < 0) return error;
      done = start + this.#source.take(fd, part, bytes, from + start);
    }
    return done < length ? writeFully(fd, bytes, from + done, length - done, offset + done) : 0;
  }

  /** Gives an open file that has its content its metadata, and its name. False: a problem. */
  finishFile(entry: Entry, fd: number, birth?: Birth): boolean {
    if (this.#devices.has(entry.path)) return true;
    this.#setFileMetadata(entry, fd, birth);
    return this.names.publish(entry);
  }

  /** The same for a file that lacks something: it gets its name only where nothing has it. */
  finishPart(entry: Entry, fd: number): boolean {
    if (this.#devices.has(entry.path)) return true;
    this.#setFileMetadata(entry, fd);
    return this.names.publishPart(entry);
  }

  /** Takes away a file that lacks something. */
  dropPart({ path }: Entry): void {
    if (!this.#devices.has(path)) this.names.drop(path, LACKING);
  }

  #setFileMetadata(entry: Entry, fd: number, birth?: Birth): void {
    this.#metadata.set(entry, openPlace(fd), birth);
    const hasAttributes = !birth?.isPlain || entry.flags || entry.project;
    if (hasAttributes) this.#metadata.refusedFlags(entry, setInodeAttributes(fd, entry));
  }

  /**
   * Makes a finished file immutable or append-only, which must wait until all links to it are made; or a directory
   * again.
   */
  seal(entry: Entry): void {
    const fd = this.#openNamed(entry.path, OpenFlag.noFollow | OpenFlag.nonBlock);
    if (fd < 0) {
      this.#metadata.check(entry, msg`flags`, fd);
      return;
    }
    this.#metadata.refusedFlags(entry, seal(fd, entry.flags ?? 0));
    closeFd(fd);
  }

  /** Makes a directory that isn't there; its metadata come at the end (`finishDirectory`). */
  directory({ path }: Entry): void {
    const fd = isSafePath(path) ? this.names.directory(path) : -Errno.EINVAL;
    if (fd < 0) this.problems.lost(path, refusal(fd));
  }

  /** Metadata of a directory that nothing more will be put into. */
  finishDirectory(entry: Entry): boolean {
    const fd = this.#openNamed(entry.path, OpenFlag.directory | OpenFlag.noFollow);
    if (fd < 0) {
      this.problems.lost(entry.path, refusal(fd));
      return false;
    }
    unseal(fd);
    this.#metadata.set(entry, openPlace(fd));
    this.#metadata.refusedFlags(entry, setInodeAttributes(fd, entry) ?? seal(fd, entry.flags ?? 0));
    closeFd(fd);
    return true;
  }

  /** A symlink, device, fifo or socket. */
  special(entry: Entry): boolean {
    const { kind, path } = entry;
    const type = SPECIAL_TYPES[kind as keyof typeof SPECIAL_TYPES] as number | undefined;
    const made = this.names.make(entry, (dirFd, name) => {
      if (kind === "symlink") return symlinkAt(entry.target ?? ("" as ByteString), dirFd, name);
      if (type === undefined) return -Errno.EINVAL;
      return makeNodeAt(dirFd, name, type | 0o600, entry.rdev?.major ?? 0, entry.rdev?.minor ?? 0);
    });
    if (made === undefined || type === undefined) return false;
    const directory = parentOf(path);
    const fd = openSpecial(this.names.directory(directory), nameOf(path), type);
    if (fd < 0) {
      this.problems.lost(path, fd === -Errno.EEXIST ? msg`somebody has put something else in its place` : refusal(fd));
      return false;
    }
    const birth = kind === "symlink" ? this.#births.ofLink(directory) : undefined;
    this.#metadata.set(entry, specialPlace(fd, type), birth);
    closeFd(fd);
    return true;
  }

  /** A further name of a file that is already there; a copy where the file system takes no more names. */
  link(named: Entry): boolean {
    const first = named.target ?? ("" as ByteString);
    const target = this.#sameMount.seenFrom(named.path, this.#copies.get(first) ?? first);
    const entry = { ...named, path: this.#sameMount.seenFrom(target, named.path) };
    const from = isSafePath(target) && target !== "" ? this.#linkDirectories.open(parentOf(target)) : -Errno.EINVAL;
    if (from < 0) {
      this.problems.lost(entry.path, msg`its first link ${shown(target)}: ${refusal(from)}`);
      return false;
    }
    const attempt = new LinkAttempt(from, nameOf(target));
    if (this.names.make(entry, (dirFd, name) => attempt.make(dirFd, name)) === undefined) return false;
    return attempt.limit === 0 || this.#copy(entry, { from, first, target }, attempt.limit);
  }

  /** A further name as a file of its own, to which the next ones are linked. */
  #copy({ path }: Entry, { from, first, target }: LinkSource, why: number): boolean {
    const source = openQuietly(from, nameOf(target), 0);
    const copy = source < 0 ? source : copyOf(source, path);
    if (typeof copy === "number") {
      if (source >= 0) closeFd(source);
      this.problems.lost(path, msg`its first link ${shown(target)}: ${refusal(why)}`);
      return false;
    }
    const isMade = this.#filled(copy, source);
    closeFd(source);
    if (!isMade) return false;
    this.#copies.set(first, path);
    this.problems.copied(path, target, why);
    return true;
  }

  #filled(entry: Entry, source: number): boolean {
    const fd = this.create(entry);
    if (fd === undefined) return false;
    const error = copyContent(source, fd, entry);
    const isMade = error === 0 && this.finishFile(entry, fd);
    closeFd(fd);
    if (error < 0) this.names.unmake(entry.path, error);
    return isMade;
  }

  #openDevice(entry: Entry, device: string): number | undefined {
    const fd = openAt(0, toByteString(device), OpenFlag.write);
    if (fd >= 0) return fd;
    this.problems.lost(entry.path, `${device}: ${errnoText(-fd)}`);
    return undefined;
  }

  /** Opens what has a path, the root included. */
  #openNamed(path: ByteString, flags: number): number {
    const dirFd = isSafePath(path) ? this.names.directory(parentOf(path)) : -Errno.EINVAL;
    return dirFd < 0 ? dirFd : openAt(dirFd, (path === "" ? "." : nameOf(path)) as ByteString, flags);
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
