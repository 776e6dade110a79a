import type { ByteString } from "../../base/bytes.ts";
import { type FileStat, FileType, linkAt, renameAt, statAt } from "../../host/fs-calls.ts";
import { Errno } from "../../host/syscalls.ts";
import type { Entry } from "../entry.ts";

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

/** A file that is the entry's by its length and time: a copy of it would only be in the way. */
function isSame(entry: Entry, there: FileStat): boolean {
  const isFile = entry.kind === "file" && (there.mode & FileType.mask) === FileType.file;
  return isFile && there.size === entry.size && !isBefore(there, entry) && !isBefore(entry, there);
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
  if (isSame(entry, there)) return undefined;
  const copy = freeName(dirFd, name);
  if (copy === undefined) return -Errno.EEXIST;
  const linked = (there.mode & FileType.mask) === FileType.directory ? -Errno.EPERM : linkAt(dirFd, name, dirFd, copy);
  if (linked === 0) return copy;
  const moved = renameAt(dirFd, name, copy);
  return moved < 0 ? moved : copy;
}
