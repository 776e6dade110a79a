/**
 * Files that are being saved, small or large: what is known of one while it is open, and whether it changes meanwhile.
 */

import type { ByteString } from "../../base/bytes.ts";
import { stored } from "../../base/message.ts";
import { type FileStat, MOST_XATTR_BYTES, statFd, xattrsOfFd } from "../../host/fs-calls.ts";
import { Errno, storedErrno } from "../../host/syscalls.ts";
import type { Entry } from "../entry.ts";
import { InodeAttributeReader, type InodeAttributes } from "../tree/inode-attributes.ts";
import { type Draft, deviceOf, draftEntry } from "../tree/live-file.ts";
import { InodeMarker } from "./inode-mark.ts";
import { SharedRangeReader } from "./shared-ranges.ts";
import { storedExtents } from "./stored-extents.ts";

/** An open file and its entry: all but where its content is stored, and the content's hash. */
export interface OpenFile {
  readonly fd: number;
  /** From before anything else was read. */
  readonly stat: FileStat;
  readonly entry: Draft;
  /** What could not be read, its content aside. */
  readonly trouble?: string;
}

/** Describes open files. Remembers what file systems can't do, so that it is asked once. */
export class FileDescriber {
  readonly #attributes = new InodeAttributeReader();
  readonly #marker = new InodeMarker();
  readonly #shared: SharedRangeReader;

  /** Devices (`8:1`) on which much is known to be shared. */
  constructor(sharing?: readonly string[]) {
    this.#shared = new SharedRangeReader(sharing);
  }

  /** All of a regular file but its content, or a negative errno: ENOENT when something else has its name now. */
  describe(fd: number, path: ByteString): OpenFile | number {
    const stat = statFd(fd);
    if (typeof stat === "number") return stat;
    const entry = draftEntry(path, stat);
    if (entry.kind !== "file") return -Errno.ENOENT;
    const extents = storedExtents(fd, stat);
    if (extents) entry.extents = extents;
    const xattrs = xattrsOfFd(fd);
    if (typeof xattrs === "object") entry.xattrs = xattrs;
    Object.assign(entry, this.attributesOf(fd, stat), this.#marker.of(fd, stat));
    Object.assign(entry, this.#shared.of(fd, stat));
    return { fd, stat, entry, ...(typeof xattrs === "number" ? { trouble: unreadableXattrs(xattrs) } : {}) };
  }

  /** An entry that is as it was, with what its open file has in common with others now; undefined: it is not. */
  shareAnew(fd: number, stat: FileStat, { shared: _, ...entry }: Entry): Entry | undefined {
    return stat.size === entry.size ? { ...entry, ...this.#shared.of(fd, stat) } : undefined;
  }

  /** Flags and project id of an open file or directory. */
  attributesOf(fd: number, stat: FileStat): InodeAttributes {
    return this.#attributes.of(fd, deviceOf(stat));
  }
}

/** Of what is saved without its extended attributes. */
export function unreadableXattrs(error: number): string {
  if (error === -Errno.E2BIG)
    return stored`its extended attributes are not saved: they are more than ${MOST_XATTR_BYTES >> 20} MiB`;
  return stored`its extended attributes can't be read: ${storedErrno(-error)}`;
}

/** The reason when an open file is no longer what it was. */
export function changeOf({ fd, stat }: Pick<OpenFile, "fd" | "stat">): string | undefined {
  return hasChanged(stat, statFd(fd)) ? stored`it changed while it was read` : undefined;
}

function hasChanged(before: FileStat, after: FileStat | number): boolean {
  if (typeof after === "number") return true;
  return (
    before.size !== after.size ||
    before.mtimeSec !== after.mtimeSec ||
    before.mtimeNsec !== after.mtimeNsec ||
    before.ctimeSec !== after.ctimeSec ||
    before.ctimeNsec !== after.ctimeNsec
  );
}
