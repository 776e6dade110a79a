/** Files that are stored in pieces, by several Workers at once: held open until all pieces are read. */
import { type ByteString, toByteString } from "../../base/bytes.ts";
import { adviseFd, closeFd, openAt, statFd } from "../../host/fs-calls.ts";
import { OpenFlag } from "../../host/syscalls.ts";
import { FRAME_BYTES } from "../catalog/frame-bytes.ts";
import { RangeCursor } from "../catalog/ranges.ts";
import { type Problem, storedSize } from "../entry.ts";
import type { Pool } from "../pool.ts";
import type { Directories } from "../tree/directories.ts";
import { openQuietly } from "../tree/live-file.ts";
import type { ImageSource } from "./archive-request.ts";
import { missingProblem } from "./frame-draft.ts";
import { isSameFile, type KnownFile } from "./known-files.ts";
import { openUnleasedLater } from "./lease.ts";
import { changeOf, type FileDescriber, type OpenFile } from "./open-file.ts";
import type { PackResult, PackTask, PieceTask } from "./pack-task.ts";
import { TarBuffer } from "./tar-buffer.ts";

/** Opens a file to be stored in pieces; a problem when it can't be. */
export async function openLargeFile(
  directories: Directories,
  describer: FileDescriber,
  path: ByteString,
): Promise<OpenFile | Problem> {
  const fd = await openUnleasedLater(() => {
    const { parent, name } = directories.at(path);
    return parent < 0 ? parent : openQuietly(parent, name, 0);
  });
  const file = fd < 0 ? fd : describer.describe(fd, path);
  if (typeof file === "object") return toBeCut(file);
  if (fd >= 0) closeFd(fd);
  return missingProblem(path, file);
}

/** Opens a device to be stored like a file; nobody knows when it was changed. */
export function openImage({ entry, device, sizeBytes, extents, mtimeSec }: ImageSource): OpenFile | Problem {
  const path = toByteString(entry);
  const fd = openAt(0, toByteString(device), OpenFlag.read);
  const stat = fd < 0 ? fd : statFd(fd);
  if (typeof stat === "number") return missingProblem(path, stat);
  const isWhole = extents.length === 2 && extents[0] === 0 && extents[1] === sizeBytes;
  const owner = { mode: 0o600, uid: 0, gid: 0, mtimeSec, mtimeNsec: 0 };
  return toBeCut({
    ...{ fd, stat },
    entry: { path, kind: "file", ...owner, size: sizeBytes, ...(isWhole ? {} : { extents }) },
  });
}

function toBeCut(file: OpenFile): OpenFile {
  adviseFd(file.fd, "sequential");
  file.entry.pieces = Math.max(1, Math.ceil(storedSize(file.entry) / FRAME_BYTES));
  return file;
}

function headOf({ entry }: OpenFile): Uint8Array {
  const tar = new TarBuffer(8192);
  tar.head(entry);
  return tar.filled();
}

/** The tasks that store a file, in order. */
export function* pieceTasks(file: OpenFile): Generator<PieceTask, void, void> {
  const { fd, entry } = file;
  const total = storedSize(entry);
  const cursor = new RangeCursor(entry.extents ?? [0, entry.size]);
  let storedBefore = 0;
  do {
    const ranges = cursor.take(FRAME_BYTES);
    const length = Math.min(FRAME_BYTES, total - storedBefore);
    const head = storedBefore === 0 ? { head: headOf(file) } : {};
    yield { kind: "piece", fd, ...head, ranges, storedBefore, last: storedBefore + length === total };
    storedBefore += length;
  } while (storedBefore < total);
}

/** Whether a file still holds what is known of it; reads it all unless its attributes say no. */
export async function isKnownContent(
  file: OpenFile,
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
      return piece?.unread === undefined && piece?.hash === known?.hash && piece?.length === known?.length;
    });
    if (!isSame) return false;
  }
  return changeOf(file) === undefined;
}
