/** Reads files, makes tar of them and compresses it: the work of a Worker while an archive is written. */
import type { ByteString } from "../../base/bytes.ts";
import type { CodecName, Compressor } from "../../drivers/codec/codec.ts";
import { codecNamed } from "../../drivers/codec/codecs.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { encodeSparseMap } from "../../formats/archive/pax.ts";
import {
  closeFd,
  type FileStat,
  readLinkAt,
  statAt,
  statFd,
  syncFileSystem,
  type Xattrs,
  xattrsAt,
  xattrsOfFd,
} from "../../host/fs-calls.ts";
import { Errno, errnoText } from "../../host/syscalls.ts";
import { decodeEntry, encodeEntry } from "../catalog/entry-record.ts";
import { LARGE_BYTES } from "../catalog/frame-bytes.ts";
import { headerOf } from "../catalog/tar-entry.ts";
import { type Entry, type Problem, storedSize } from "../entry.ts";
import type { Done, Job } from "../pool.ts";
import { Directories } from "../tree/directories.ts";
import { InodeAttributeReader } from "../tree/inode-attributes.ts";
import type { Draft } from "../tree/live-file.ts";
import { deviceOf, draftEntry, inodeKey, openFound, openQuietly } from "../tree/live-file.ts";
import { nameOf, parentOf, shown } from "../tree/paths.ts";
import { readRanges } from "../tree/read-ranges.ts";
import { extentsOf, hasChanged } from "./file-content.ts";
import { InodeMarker } from "./inode-mark.ts";
import { isSameFile } from "./known-files.ts";
import { putSplice } from "./splice.ts";
import { TarBuffer } from "./tar-buffer.ts";

export interface PackData {
  /** The root, open in this process. */
  readonly rootFd: number;
  readonly level: number;
  readonly codec: CodecName;
}

/** What follows the path of a regular file in a batch: no path starts so. */
export const REGULAR = "/";
/** Follows an empty path, and is followed by a number: so many known files that are not to be looked at. */
export const SAME = "/=";
/** Follows a regular file that may be what is known of it. */
export const MAYBE = "/?";

/** Paths to pack, each followed by one of the marks, or the first link of its file, or nothing; all joined by NUL. */
interface BatchTask {
  readonly kind: "batch";
  readonly paths: string;
  /** Entry records of the known files, in order; of those marked SAME undefined. */
  readonly known?: readonly (Uint8Array | undefined)[];
}

/** Reads a part of a large file for its hash alone. */
interface HashTask {
  readonly kind: "hash";
  readonly fd: number;
  readonly ranges: readonly number[];
}

/** A part of a large file that the main thread holds open. */
interface PieceTask {
  readonly kind: "piece";
  readonly fd: number;
  /** Header and sparse map, before the first piece. */
  readonly prefix?: Uint8Array;
  /** [offset, length, …] in the file. */
  readonly ranges: readonly number[];
  /** Bytes of content before this piece and in it: the last one is padded. */
  readonly storedBefore: number;
  readonly last: boolean;
}

/** Writes out what is dirty in the file system of an open directory. */
interface SyncTask {
  readonly kind: "sync";
  readonly fd: number;
}

export type PackTask = (BatchTask | PieceTask | HashTask | SyncTask) & {
  /** Memory for the frame, of one that is stored. */
  readonly room?: ArrayBuffer;
};

export interface PackResult {
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly tarBytes: number;
  readonly contentBytes: number;
  readonly entries: number;
  /** Entry records of a batch. */
  readonly records: Uint8Array;
  readonly problems: readonly Problem[];
  /** Files that have become too large for a batch. */
  readonly deferred: readonly ByteString[];
  /** What could not be had, whatever the reason. */
  readonly missing: readonly ByteString[];
  /** Of a piece. */
  readonly piece?: {
    readonly dataOffset: number;
    readonly length: number;
    readonly hash: bigint;
    readonly trouble?: string;
  };
}

/** Of a file that is saved without them. */
export function unreadableXattrs(error: number): string {
  return `its extended attributes can't be read: ${errnoText(-error)}`;
}

/** A copy with memory of its own (a Buffer's `slice` would be a view). */
function ownCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.prototype.slice.call(bytes) as Uint8Array<ArrayBuffer>;
}

class Packer implements Job<PackTask, PackResult> {
  readonly #rootFd: number;
  readonly #compressor: Compressor;
  readonly #directories: Directories;
  readonly #tar = new TarBuffer();
  readonly #records = new PackedWriter(1 << 16);
  readonly #attributes = new InodeAttributeReader();
  readonly #marker = new InodeMarker();
  #problems: Problem[] = [];
  #deferred: ByteString[] = [];
  #missed: ByteString[] = [];
  #entries = 0;
  #contentBytes = 0;
  /** What is known of the file at hand. */
  #candidate: { readonly index: number; readonly entry: Entry } | undefined;

  constructor(data: PackData) {
    this.#rootFd = data.rootFd;
    this.#compressor = codecNamed(data.codec).compressor(data.level);
    this.#directories = new Directories(data.rootFd);
  }

  run(task: PackTask): Done<PackResult> {
    this.#tar.length = 0;
    this.#records.clear();
    this.#problems = [];
    this.#deferred = [];
    this.#missed = [];
    this.#entries = 0;
    this.#contentBytes = 0;
    const piece = task.kind === "piece" ? this.#piece(task) : task.kind === "hash" ? this.#hash(task) : undefined;
    if (task.kind === "batch") this.#batch(task);
    // That it fails is no affair of a backup, which reads what is in memory.
    if (task.kind === "sync") syncFileSystem(task.fd);
    const frame = this.#frame(task.room, piece);
    const result: PackResult = {
      frame,
      tarBytes: this.#tar.length,
      contentBytes: this.#contentBytes,
      entries: this.#entries,
      records: ownCopy(this.#records.bytes()),
      problems: this.#problems,
      deferred: this.#deferred,
      missing: this.#missed,
      ...(piece ? { piece } : {}),
    };
    return { result, transfer: [frame.buffer] };
  }

  close(): void {
    this.#directories.close();
  }

  #frame(room?: ArrayBuffer, piece?: PackResult["piece"]): Uint8Array<ArrayBuffer> {
    if (this.#tar.length === 0) return room ? new Uint8Array(room, 0, 0) : new Uint8Array(0);
    // Neither header nor padding: the frame's checksum is the piece's.
    const isWhole = piece !== undefined && piece.length === this.#tar.length;
    const aid = { ...(room ? { room } : {}), ...(isWhole ? { xxh64: piece.hash } : {}) };
    return this.#compressor.compress(this.#tar.filled(), aid);
  }

  #piece(task: PieceTask): NonNullable<PackResult["piece"]> {
    if (task.prefix) this.#tar.append(task.prefix);
    const dataOffset = this.#tar.length;
    const trouble = readRanges(task.fd, task.ranges, this.#tar);
    const length = this.#tar.length - dataOffset;
    const hash = Bun.hash.xxHash64(this.#tar.bytes.subarray(dataOffset, this.#tar.length));
    if (task.last) this.#tar.pad(task.storedBefore + length);
    this.#contentBytes = length;
    return { dataOffset, length, hash, ...(trouble ? { trouble } : {}) };
  }

  #hash(task: HashTask): NonNullable<PackResult["piece"]> {
    const trouble = readRanges(task.fd, task.ranges, this.#tar);
    const [length, hash] = [this.#tar.length, Bun.hash.xxHash64(this.#tar.filled())];
    this.#tar.length = 0;
    return { dataOffset: 0, length, hash, ...(trouble ? { trouble } : {}) };
  }

  #batch({ paths, known = [] }: BatchTask): void {
    const parts = paths.split("\0") as ByteString[];
    let index = 0;
    for (let i = 0; i + 1 < parts.length; i += 2) {
      const [path, mark] = [parts[i] ?? ("" as ByteString), parts[i + 1] ?? ("" as ByteString)];
      if (mark === REGULAR) this.#regular(path);
      else if (mark.startsWith(SAME)) {
        const count = Number(mark.slice(SAME.length));
        putSplice(this.#records, index, count);
        index += count;
      } else if (mark === MAYBE) {
        this.#candidate = { index, entry: decodeEntry(known[index] ?? new Uint8Array(0)) };
        index++;
        this.#regular(path);
        this.#candidate = undefined;
      } else this.#entry(path, mark);
    }
  }

  #regular(path: ByteString): void {
    this.#file(this.#directories.open(parentOf(path)), nameOf(path), path);
  }

  /** Of a path at this moment. What `#directories` gave before is no longer valid. */
  #statOf(path: ByteString): FileStat | number {
    const parent = this.#directories.open(parentOf(path));
    return parent < 0 ? parent : statAt(parent, nameOf(path));
  }

  #entry(path: ByteString, firstLink: ByteString): void {
    const first = firstLink === "" ? undefined : this.#statOf(firstLink);
    const parent = this.#directories.open(parentOf(path));
    const name = (path === "" ? "." : nameOf(path)) as ByteString;
    const stat = parent < 0 ? parent : path === "" ? statFd(this.#rootFd) : statAt(parent, name);
    if (typeof stat === "number") {
      this.#missing(path, stat);
      return;
    }
    const draft = draftEntry(path, stat);
    // A first link that has gone meanwhile would take the content along: then this one holds it.
    const isLink = typeof first === "object" && inodeKey(first) === inodeKey(stat);
    if (isLink) this.#put({ ...draft, kind: "hardlink", target: firstLink, size: 0 });
    else if (draft.kind === "file") this.#file(parent, name, path);
    else if (draft.kind === "directory") this.#directory(parent, name, draft, stat);
    else this.#special(parent, name, draft);
  }

  #directory(parent: number, name: ByteString, draft: Draft, stat: FileStat): void {
    const fd = openFound(parent, name, stat);
    // One that can't be listed still has attributes that can be asked by name.
    this.#takeXattrs(draft, fd < 0 ? xattrsAt(parent, name) : xattrsOfFd(fd));
    if (fd >= 0) {
      Object.assign(draft, this.#attributes.of(fd, deviceOf(stat)));
      closeFd(fd);
    }
    this.#put(draft);
  }

  #special(parent: number, name: ByteString, draft: Draft): void {
    if (draft.kind === "symlink") {
      const target = readLinkAt(parent, name);
      if (typeof target === "number") {
        this.#missing(draft.path, target);
        return;
      }
      draft.target = target;
    }
    this.#takeXattrs(draft, xattrsAt(parent, name));
    this.#put(draft);
  }

  #file(parent: number, name: ByteString, path: ByteString): void {
    const fd = parent < 0 ? parent : openQuietly(parent, name, 0);
    if (fd < 0) {
      this.#missing(path, fd);
      return;
    }
    try {
      // One more try for a file that changes under our eyes: most are done by then.
      if (!this.#fileContent(fd, path, false)) this.#fileContent(fd, path, true);
    } finally {
      closeFd(fd);
    }
  }

  /** False: it changed, and nothing was stored (unless `accept`). */
  #fileContent(fd: number, path: ByteString, accept: boolean): boolean {
    const stat = statFd(fd);
    if (typeof stat === "number") {
      this.#missing(path, stat);
      return true;
    }
    const draft = draftEntry(path, stat);
    if (draft.kind !== "file") {
      this.#missing(path, -Errno.ENOENT);
      return true;
    }
    const extents = extentsOf(fd, stat);
    if (extents) draft.extents = extents;
    const size = storedSize(draft);
    if (size > 2 * LARGE_BYTES) {
      this.#deferred.push(path);
      return true;
    }
    const start = this.#tar.length;
    this.#takeXattrs(draft, xattrsOfFd(fd));
    Object.assign(draft, this.#attributes.of(fd, deviceOf(stat)));
    const trouble = this.#content(fd, draft, size);
    const changed = size > 0 && hasChanged(stat, statFd(fd));
    if ((changed || trouble) && !accept) {
      this.#tar.length = start;
      return false;
    }
    if (trouble) this.#problem(path, trouble);
    else if (changed) this.#problem(path, "it changed while it was read");
    Object.assign(draft, this.#marker.of(fd, stat));
    const candidate = trouble || changed ? undefined : this.#candidate;
    if (candidate && isSameFile(candidate.entry, draft)) {
      this.#tar.length = start;
      putSplice(this.#records, candidate.index, 1, { ...draft, dataOffset: candidate.entry.dataOffset ?? 0 });
      return true;
    }
    encodeEntry(this.#records, draft);
    this.#entries++;
    this.#contentBytes += size;
    return true;
  }

  #content(fd: number, draft: Draft, size: number): string | undefined {
    const map = draft.extents ? encodeSparseMap(draft.extents, draft.size) : undefined;
    this.#tar.header(headerOf(draft, map?.length));
    if (map) this.#tar.append(map);
    draft.dataOffset = this.#tar.length;
    const trouble = readRanges(fd, draft.extents ?? [0, size], this.#tar);
    draft.hash = Bun.hash.xxHash64(this.#tar.bytes.subarray(draft.dataOffset, this.#tar.length));
    this.#tar.pad(size);
    return trouble;
  }

  #takeXattrs(draft: Draft, xattrs: Xattrs | undefined | number): void {
    if (typeof xattrs === "number") {
      this.#problem(draft.path, unreadableXattrs(xattrs));
    } else if (xattrs) draft.xattrs = xattrs;
  }

  /** Tar knows no sockets: they stand in the catalog only. */
  #put(entry: Entry): void {
    if (entry.kind !== "socket") this.#tar.header(headerOf(entry));
    encodeEntry(this.#records, entry);
    this.#entries++;
  }

  #missing(path: ByteString, error: number): void {
    this.#missed.push(path);
    if (error === -Errno.ENOENT) this.#problem(path, "it vanished before it was read");
    else this.#problems.push({ path: shown(path), severity: "lost", reason: errnoText(-error) });
  }

  #problem(path: ByteString, reason: string): void {
    this.#problems.push({ path: shown(path), severity: "changed", reason });
  }
}

/** The work of the pool that writes archives. */
export function packWork(data: PackData): Job<PackTask, PackResult> {
  return new Packer(data);
}
