/** A file once more, from the disk: content with its holes, and metadata. */
import type { ByteString } from "../../base/bytes.ts";
import { dataExtents, readFully, statFd, writeFully, xattrsOfFd } from "../../host/fs-calls.ts";
import { Errno } from "../../host/syscalls.ts";
import { RangeCursor } from "../catalog/ranges.ts";
import type { Entry } from "../entry.ts";
import { InodeAttributeReader } from "../tree/inode-attributes.ts";
import { deviceOf, draftEntry } from "../tree/live-file.ts";

const CHUNK_BYTES = 1 << 20;

/** The entry that a copy of an open file has, with the holes of the file; a negative errno if it is no regular file. */
export function copyOf(fd: number, path: ByteString): Entry | number {
  const stat = statFd(fd);
  if (typeof stat === "number") return stat;
  const entry = draftEntry(path, stat);
  if (entry.kind !== "file") return -Errno.EMLINK;
  const [extents, xattrs] = [dataExtents(fd, stat.size), xattrsOfFd(fd)];
  return {
    ...entry,
    ...(typeof extents === "object" ? { extents } : {}),
    ...(typeof xattrs === "object" ? { xattrs } : {}),
    ...new InodeAttributeReader().of(fd, deviceOf(stat)),
  };
}

/** Copies what the entry says is data; 0 or a negative errno. */
export function copyContent(from: number, to: number, { extents, size }: Entry): number {
  const cursor = new RangeCursor(extents ?? [0, size]);
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let run = cursor.take(CHUNK_BYTES); run.length > 0; run = cursor.take(CHUNK_BYTES)) {
    for (let i = 0; i < run.length; i += 2) {
      const [offset, length] = [run[i] ?? 0, run[i + 1] ?? 0];
      const got = readFully(from, buffer, 0, length, offset);
      const error = got < 0 ? got : writeFully(to, buffer, 0, got, offset);
      if (error < 0) return error;
    }
  }
  return 0;
}
