import type { ByteString } from "../../base/bytes.ts";
import { LARGE_BYTES } from "../catalog/frame-bytes.ts";
import { type Entry, storedSize } from "../entry.ts";
import { readRanges } from "../tree/read-ranges.ts";
import { describeUnread } from "../tree/unread.ts";
import type { Candidate } from "./batch.ts";
import type { FrameDraft } from "./frame-draft.ts";
import { isSameFile } from "./known-files.ts";
import { changeOf, type FileDescriber, type OpenFile } from "./open-file.ts";
import type { TarBuffer } from "./tar-buffer.ts";

/**
 * Puts a small file that is open into a draft; of one that has grown too large for a batch only its path, among the
 * deferred. A file that is still what is known of it is not stored.
 */
export function packFile(
  draft: FrameDraft,
  describer: FileDescriber,
  fd: number,
  path: ByteString,
  known?: Candidate,
): void {
  const start = draft.tar.length;
  // One more try for a file that changes under our eyes: most are done by then.
  for (const isLast of [false, true]) {
    const file = describer.describe(fd, path);
    if (typeof file === "number") {
      draft.missing(path, file);
      return;
    }
    const size = storedSize(file.entry);
    if (size > 2 * LARGE_BYTES) {
      draft.deferred.push(path);
      return;
    }
    const flaw = putContent(draft.tar, file, size) ?? (size > 0 ? changeOf(file) : undefined);
    if (flaw === undefined || isLast) {
      for (const reason of [file.trouble, flaw]) if (reason !== undefined) draft.changed(path, reason);
      putRecord(draft, file.entry, size, flaw === undefined ? known : undefined, start);
      return;
    }
    draft.tar.length = start;
  }
}

/** Puts headers and content. Returns why a part of the content is zeros, if so. */
function putContent(tar: TarBuffer, { fd, entry }: OpenFile, size: number): string | undefined {
  tar.head(entry);
  entry.dataOffset = tar.length;
  const unread = readRanges(fd, entry.extents ?? [0, size], tar);
  entry.hash = Bun.hash.xxHash64(tar.bytes.subarray(entry.dataOffset, tar.length));
  tar.pad(size);
  return unread && describeUnread(unread);
}

/** Puts the record; takes the tar from `start` on away again when the file is what is known of it. */
function putRecord(draft: FrameDraft, entry: Entry, size: number, known: Candidate | undefined, start: number): void {
  if (known && isSameFile(known.entry, entry)) {
    draft.tar.length = start;
    draft.splice(known.index, { ...entry, dataOffset: known.entry.dataOffset ?? 0 });
  } else draft.record(entry, size);
}
