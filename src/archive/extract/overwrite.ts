import type { ByteString } from "../../base/bytes.ts";
import {
  closeFd,
  type FileStat,
  FileType,
  linkAt,
  renameAt,
  statAt,
  type Xattrs,
  xattrsOfFd,
} from "../../host/fs-calls.ts";
import { Errno } from "../../host/syscalls.ts";
import { ContentComparer } from "../compare/compare-content.ts";
import type { Entry } from "../entry.ts";
import { openQuietly } from "../tree/live-file.ts";

/**
 * What becomes of a file that has an entry's name already. `never`: it stays; `older`: it is replaced where it was
 * changed before the backup's; `always`: it is replaced; `copy`: it is replaced, and stays under another name.
 */
export type Overwrite = "never" | "older" | "always" | "copy";

/** All of them, for options. */
export const OVERWRITES: readonly Overwrite[] = ["never", "older", "always", "copy"];

/** What a file is called that another has replaced. */
const SUFFIX = ".before-restore";
/** Bytes of a name. Source: limits.h, NAME_MAX. */
const LONGEST = 255;
const MOST_COPIES = 1000;

type Dated = Pick<Entry, "mtimeSec" | "mtimeNsec">;

const isBefore = (a: Dated, b: Dated): boolean =>
  a.mtimeSec < b.mtimeSec || (a.mtimeSec === b.mtimeSec && a.mtimeNsec < b.mtimeNsec);

/** Whether what has the name of an entry stays. */
export const stays = (overwrite: Overwrite, entry: Dated, there: Dated): boolean =>
  overwrite === "never" || (overwrite === "older" && !isBefore(there, entry));

/** Whether directories that are there keep their own metadata. */
export const keepsDirectories = (overwrite: Overwrite): boolean => overwrite === "never" || overwrite === "older";

const PERMISSIONS = 0o7777;

/** Whether owner, permissions and extended attributes of something are an entry's. */
export function hasSameAccess(
  entry: Entry,
  there: Pick<FileStat, "uid" | "gid" | "mode">,
  found: Xattrs | undefined | number,
): boolean {
  const isOwned = there.uid === entry.uid && there.gid === entry.gid && (there.mode & PERMISSIONS) === entry.mode;
  return isOwned && typeof found !== "number" && areEqual(found ?? new Map(), entry.xattrs ?? new Map());
}

const areEqual = (one: Xattrs, other: Xattrs): boolean =>
  one.size === other.size &&
  [...one].every(
    ([name, value]) => Buffer.compare(value, other.get(name) ?? new Uint8Array(0)) === 0 && other.has(name),
  );

/** One a thread: it has a buffer. */
let comparer: ContentComparer | undefined;

/** Of a large file, whose pieces have the checksums, nothing is known here. */
function hasSameContent(entry: Entry, fd: number): boolean {
  comparer ??= new ContentComparer();
  return entry.size === 0 || (!entry.pieces && comparer.fileDefect(entry, fd, undefined) === undefined);
}

function isMarked({ inode }: Entry, there: FileStat): boolean {
  return (
    inode !== undefined &&
    inode.high === there.inoHigh &&
    inode.low === there.inoLow &&
    inode.ctimeSec === there.ctimeSec &&
    inode.ctimeNsec === there.ctimeNsec
  );
}

/** A file that is the entry's in all it has: a copy of it would only be in the way. Length and time don't tell. */
function isSame(dirFd: number, name: ByteString, entry: Entry, there: FileStat): boolean {
  const isFile = entry.kind === "file" && (there.mode & FileType.mask) === FileType.file;
  if (!isFile || there.size !== entry.size || isBefore(there, entry) || isBefore(entry, there)) return false;
  if (isMarked(entry, there)) return true;
  const fd = openQuietly(dirFd, name, 0);
  if (fd < 0) return false;
  const isWhole = hasSameAccess(entry, there, xattrsOfFd(fd)) && hasSameContent(entry, fd);
  closeFd(fd);
  return isWhole;
}

/** The first name that nothing has. */
function freeName(dirFd: number, name: ByteString): ByteString | undefined {
  for (let number = 1; number <= MOST_COPIES; number++) {
    const end = number === 1 ? SUFFIX : `${SUFFIX}-${number}`;
    const free = `${name.slice(0, LONGEST - end.length)}${end}` as ByteString;
    if (statAt(dirFd, free) === -Errno.ENOENT) return free;
  }
  return undefined;
}

/** The name that a copy had before; undefined: it is none. */
export const nameBefore = (name: string): string | undefined => /^(.+)\.before-restore(?:-\d+)?$/s.exec(name)?.[1];

/**
 * Gives what has the entry's name another one, beside it: by a link, so that the name is never without a file, else by
 * renaming. The new name; undefined: there was nothing to keep; a negative errno: it can't be.
 */
export function keepCopy(dirFd: number, name: ByteString, entry: Entry): ByteString | number | undefined {
  const there = statAt(dirFd, name);
  if (typeof there === "number") return there === -Errno.ENOENT ? undefined : there;
  if (isSame(dirFd, name, entry, there)) return undefined;
  const copy = freeName(dirFd, name);
  if (copy === undefined) return -Errno.EEXIST;
  const linked = (there.mode & FileType.mask) === FileType.directory ? -Errno.EPERM : linkAt(dirFd, name, dirFd, copy);
  if (linked === 0) return copy;
  const moved = renameAt(dirFd, name, copy);
  return moved < 0 ? moved : copy;
}
