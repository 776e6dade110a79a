import { type ByteString, toByteString } from "../../base/bytes.ts";
import { PackedReader, PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { encodeSparseMap } from "../../formats/archive/pax.ts";
import { adviseFd, closeFd, type FileStat, openAt, statFd, xattrsOfFd } from "../../host/fs-calls.ts";
import { Errno, errnoText, OpenFlag } from "../../host/syscalls.ts";
import { encodeEntry } from "../catalog/entry-record.ts";
import { FRAME_BYTES } from "../catalog/frame-bytes.ts";
import { RangeCursor } from "../catalog/ranges.ts";
import { headerOf } from "../catalog/tar-entry.ts";
import { type Entry, type Problem, storedSize } from "../entry.ts";
import type { Pool } from "../pool.ts";
import type { Directories } from "../tree/directories.ts";
import { InodeAttributeReader } from "../tree/inode-attributes.ts";
import { draftEntry, openQuietly } from "../tree/live-file.ts";
import { nameOf, parentOf, shown } from "../tree/paths.ts";
import type { ImageSource } from "./archive-request.ts";
import { extentsOf, hasChanged } from "./file-content.ts";
import { InodeMarker } from "./inode-mark.ts";
import { isSameFile, type KnownFile } from "./known-files.ts";
import { type PackResult, type PackTask, unreadableXattrs } from "./pack.ts";
import { TarBuffer } from "./tar-buffer.ts";

/** A file that several Workers read at once: held open until all its pieces are done. */
export interface LargeFile {
  readonly entry: Entry;
  readonly fd: number;
  readonly stat: FileStat;
  /** Header and sparse map. */
  readonly prefix: Uint8Array;
  /** What of it could not be had, its content aside. */
  readonly trouble?: string;
}

/** Opens a file to be stored in pieces; a problem when it can't be. */
export function openLargeFile(directories: Directories, path: ByteString): LargeFile | Problem {
  const parent = directories.open(parentOf(path));
  const fd = parent < 0 ? parent : openQuietly(parent, nameOf(path), 0);
  if (fd < 0) return missing(path, fd);
  const stat = statFd(fd);
  const xattrs = xattrsOfFd(fd);
  const draft = typeof stat === "number" ? undefined : draftEntry(path, stat);
  if (typeof stat === "number" || draft?.kind !== "file") {
    closeFd(fd);
    return missing(path, -Errno.ENOENT);
  }
  adviseFd(fd, "sequential");
  const extents = extentsOf(fd, stat);
  if (extents) draft.extents = extents;
  const trouble = typeof xattrs === "number" ? { trouble: unreadableXattrs(xattrs) } : {};
  if (typeof xattrs === "object") draft.xattrs = xattrs;
  Object.assign(draft, new InodeAttributeReader().of(fd, 0));
  draft.pieces = Math.max(1, Math.ceil(storedSize(draft) / FRAME_BYTES));
  Object.assign(draft, new InodeMarker().of(fd, stat));
  return { entry: draft, fd, stat, prefix: prefixOf(draft), ...trouble };
}

function missing(path: ByteString, error: number): Problem {
  return error === -Errno.ENOENT
    ? { path: shown(path), severity: "changed", reason: "it vanished before it was read" }
    : { path: shown(path), severity: "lost", reason: errnoText(-error) };
}

/** Opens a device to be stored like a file, whose times nobody knows. */
export function openImage({ entry, device, sizeBytes, extents, mtimeSec }: ImageSource): LargeFile | Problem {
  const path = toByteString(entry);
  const fd = openAt(0, toByteString(device), OpenFlag.read);
  const stat = fd < 0 ? fd : statFd(fd);
  if (typeof stat === "number") return missing(path, stat);
  adviseFd(fd, "sequential");
  const whole = extents.length === 2 && extents[0] === 0 && extents[1] === sizeBytes;
  const owner = { mode: 0o600, uid: 0, gid: 0, mtimeSec, mtimeNsec: 0 };
  const draft: Entry = { path, kind: "file", ...owner, size: sizeBytes, ...(whole ? {} : { extents }) };
  const drawn = { ...draft, pieces: Math.max(1, Math.ceil(storedSize(draft) / FRAME_BYTES)) };
  return { entry: drawn, fd, stat, prefix: prefixOf(drawn) };
}

function prefixOf(entry: Entry): Uint8Array {
  const tar = new TarBuffer(8192);
  const map = entry.extents ? encodeSparseMap(entry.extents, entry.size) : undefined;
  tar.header(headerOf(entry, map?.length));
  if (map) tar.append(map);
  return tar.filled();
}

/** The tasks that store the file, in order. */
export function* pieceTasks(file: LargeFile): Generator<PackTask & { readonly kind: "piece" }> {
  const total = storedSize(file.entry);
  let storedBefore = 0;
  const cursor = new RangeCursor(file.entry.extents ?? [0, file.entry.size]);
  do {
    const ranges = cursor.take(FRAME_BYTES);
    const length = Math.min(FRAME_BYTES, total - storedBefore);
    const prefix = storedBefore === 0 ? { prefix: file.prefix } : {};
    yield { kind: "piece", fd: file.fd, ...prefix, ranges, storedBefore, last: storedBefore + length === total };
    storedBefore += length;
  } while (storedBefore < total);
}

/** Whether a file with pieces holds what is known of it; reads it all unless its attributes say no. */
export async function isKnownContent(
  file: LargeFile,
  { entry, pieces }: KnownFile,
  pool: Pool<unknown, PackTask, PackResult>,
): Promise<boolean> {
  if (entry.pieces !== file.entry.pieces || !isSameFile(entry, file.entry)) return false;
  const cursor = new RangeCursor(file.entry.extents ?? [0, file.entry.size]);
  for (let i = 0; i < pieces.length; i += pool.window) {
    const some = pieces.slice(i, i + pool.window).map(({ piece }) => piece);
    const read = await Promise.all(
      some.map(({ length }) => pool.run({ kind: "hash", fd: file.fd, ranges: cursor.take(length) })),
    );
    const isSame = read.every(({ piece }, at) => {
      const known = some[at];
      return piece?.trouble === undefined && piece?.hash === known?.hash && piece?.length === known?.length;
    });
    if (!isSame) return false;
  }
  return !hasChanged(file.stat, statFd(file.fd));
}

/** The body of an entry's record. */
export function recordOf(entry: Entry): Uint8Array {
  const writer = new PackedWriter();
  encodeEntry(writer, entry);
  const reader = new PackedReader(writer.bytes());
  reader.u8();
  return Uint8Array.prototype.slice.call(reader.block());
}

/** Closes the file; the reason when it is not what it was at first. */
export function closeLargeFile(file: LargeFile): string | undefined {
  const changed = hasChanged(file.stat, statFd(file.fd));
  closeFd(file.fd);
  return changed ? "it changed while it was read" : undefined;
}
