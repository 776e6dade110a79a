import type { ByteString } from "../../base/bytes.ts";
import { stored } from "../../base/message.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { Errno, storedErrno } from "../../host/syscalls.ts";
import { encodeEntry } from "../catalog/entry-record.ts";
import type { Entry, Problem } from "../entry.ts";
import { shown } from "../tree/paths.ts";
import { putSplice } from "./batch.ts";
import type { PackResult } from "./pack-task.ts";
import { TarBuffer } from "./tar-buffer.ts";

/** What a task makes, up to its compression: the tar of a frame, records for the catalog, and what went wrong. */
export class FrameDraft {
  readonly tar = new TarBuffer();
  readonly records = new PackedWriter(1 << 16);
  deferred: ByteString[] = [];
  contentBytes = 0;
  #problems: Problem[] = [];
  #missing: ByteString[] = [];
  #entries = 0;
  #isShared = false;

  /** Begins another one in the same memory. */
  clear(): void {
    this.tar.length = 0;
    this.records.clear();
    this.deferred = [];
    this.contentBytes = 0;
    this.#problems = [];
    this.#missing = [];
    this.#entries = 0;
    this.#isShared = false;
  }

  /** Puts an entry without content. Tar knows no sockets: they stand in the catalog alone. */
  entry(entry: Entry): void {
    if (entry.kind !== "socket") this.tar.head(entry);
    this.record(entry, 0);
  }

  /** Puts the record of an entry whose tar is there already. */
  record(entry: Entry, contentBytes: number): void {
    encodeEntry(this.records, entry);
    this.#entries++;
    this.contentBytes += contentBytes;
    if (entry.shared) this.#isShared = true;
  }

  /** Marks the place of a known file; `now`: its entry, if that was read. */
  splice(index: number, now: Entry | undefined): void {
    putSplice(this.records, index, 1, now);
    if (now?.shared) this.#isShared = true;
  }

  /** An entry can't be read at all. */
  missing(path: ByteString, error: number): void {
    this.#missing.push(path);
    this.#problems.push(missingProblem(path, error));
  }

  /** An entry is saved, but not as it was. */
  changed(path: ByteString, reason: string): void {
    this.#problems.push({ path: shown(path), severity: "changed", reason });
  }

  /** All but the frame; `records` has memory of its own. */
  result(): Omit<PackResult, "frame" | "piece"> {
    return {
      tarBytes: this.tar.length,
      contentBytes: this.contentBytes,
      entries: this.#entries,
      // A Buffer's `slice` would be a view.
      records: Uint8Array.prototype.slice.call(this.records.bytes()),
      problems: this.#problems,
      deferred: this.deferred,
      missing: this.#missing,
      isShared: this.#isShared,
    };
  }
}

/** Of an entry that can't be read at all. */
export function missingProblem(path: ByteString, error: number): Problem {
  return error === -Errno.ENOENT
    ? { path: shown(path), severity: "changed", reason: stored`it vanished before it was read` }
    : { path: shown(path), severity: "lost", reason: storedErrno(-error) };
}
