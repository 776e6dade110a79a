import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { encodeEntry } from "../catalog/entry-record.ts";
import { putRecord, RecordType } from "../catalog/records.ts";
import type { Entry, FrameInfo } from "../entry.ts";
import type { EntriesTask } from "./unpack-task.ts";

/** Records of one task may grow to this when no frame ends them. */
const TASK_BYTES = 256 * 1024;
/** With a frame, to this: each task reads its frame, so a frame with many attributes must not be cut small. */
const FRAME_TASK_BYTES = 16 << 20;

/** Collects entries for a task. */
export class EntryTasks {
  readonly #records = new PackedWriter(TASK_BYTES);

  /** Whether it is time to take them. */
  get isFull(): boolean {
    return this.#records.length >= TASK_BYTES;
  }

  /** The same for entries whose content lies in one frame. */
  get isFullOfFrame(): boolean {
    return this.#records.length >= FRAME_TASK_BYTES;
  }

  add(entry: Entry): void {
    encodeEntry(this.#records, entry);
  }

  /** Adds an entry by the body of its record. */
  addRecord(bytes: Uint8Array): void {
    putRecord(this.#records, RecordType.entry, bytes);
  }

  /** The task with what has been added since the last call; undefined: nothing has. */
  take(kind: EntriesTask["kind"], frame?: FrameInfo): EntriesTask | undefined {
    if (this.#records.length === 0) return undefined;
    const records = Uint8Array.prototype.slice.call(this.#records.bytes());
    this.#records.clear();
    return { kind, records, ...(frame ? { frame } : {}) };
  }
}
