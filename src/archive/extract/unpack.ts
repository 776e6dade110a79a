/** Decompresses frames and makes what is in them: the work of a Worker while an archive is extracted. */

import type { ByteString } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { errnoText } from "../../host/syscalls.ts";
import { FrameContent } from "../catalog/content-defect.ts";
import { encodeEntry, entriesOf } from "../catalog/entry-record.ts";
import { FrameReader } from "../catalog/frame-reader.ts";
import { type Entry, storedSize } from "../entry.ts";
import type { Done, Job } from "../pool.ts";
import { isSealed } from "../tree/inode-attributes.ts";
import { Placer } from "./placer.ts";
import type { SharedPart } from "./sharing.ts";
import type { EntriesTask, PieceTask, UnpackData, UnpackResult, UnpackTask } from "./unpack-task.ts";

const NOTHING = new Uint8Array(0);

type Counts = Pick<UnpackResult, "entries" | "bytes">;

class Unpacker implements Job<UnpackTask, UnpackResult> {
  readonly #placer: Placer;
  readonly #frames: FrameReader;
  readonly #sealed = new PackedWriter(0);
  #damaged: ByteString[] = [];

  constructor(data: UnpackData) {
    this.#placer = new Placer(data);
    this.#frames = new FrameReader(data.volumes, data.codec);
  }

  run(task: UnpackTask): Done<UnpackResult> {
    this.#damaged = [];
    const counts = task.kind === "piece" ? this.#piece(task) : this.#entries(task);
    const { problems, names } = this.#placer;
    for (const entry of names.takeUnsealed()) encodeEntry(this.#sealed, entry);
    const troubles = { problems: problems.takeProblems(), failed: problems.takeFailed(), damaged: this.#damaged };
    const elsewhere = this.#frames.takeElsewhere();
    const leftBytes = this.#placer.left?.takeBytes() ?? 0;
    const left = leftBytes > 0 ? { leftBytes } : {};
    const about = {
      readBytes: this.#frames.takeBytesRead(),
      ...left,
      ...(elsewhere.length === 0 ? {} : { elsewhere }),
    };
    return { result: { ...counts, ...this.#takeSealed(), ...troubles, ...about } };
  }

  close(): void {
    this.#placer.close();
    this.#frames.close();
  }

  #takeSealed(): Pick<UnpackResult, "sealed"> {
    if (this.#sealed.length === 0) return {};
    const sealed = Uint8Array.prototype.slice.call(this.#sealed.bytes());
    this.#sealed.clear();
    return { sealed };
  }

  #entries(task: EntriesTask): Counts {
    // Read when the first file asks for it: what else there is stands in the catalog alone.
    const content = new FrameContent(this.#frames, task.frame);
    let [entries, bytes] = [0, 0];
    const shares = new Map(task.shares);
    if (task.shares) this.#placer.expect(task.shares.flatMap(([, parts]) => parts));
    for (const entry of entriesOf(task.records)) {
      if (!this.#entry(task.kind, entry, content, shares.get(entry.path))) continue;
      entries++;
      if (entry.kind === "file") bytes += storedSize(entry);
    }
    return { entries, bytes };
  }

  /** Whether the entry counts as made: a directory does when it is finished. */
  #entry(
    kind: EntriesTask["kind"],
    entry: Entry,
    frame: FrameContent,
    shares: readonly SharedPart[] | undefined,
  ): boolean {
    if (kind === "link") return this.#placer.link(entry);
    if (kind === "finish") return this.#placer.finishDirectory(entry);
    if (kind === "create" && entry.kind === "file") return this.#file(entry, frame, shares);
    if (kind === "create" && entry.kind !== "directory") return this.#placer.special(entry);
    if (kind === "create") this.#placer.directory(entry);
    else this.#placer.seal(entry);
    return false;
  }

  #file(entry: Entry, frame: FrameContent, shares: readonly SharedPart[] | undefined): boolean {
    const left = this.#placer.leftFile(entry);
    if (left !== undefined) {
      if (left && isSealed(entry)) encodeEntry(this.#sealed, entry);
      return left;
    }
    const size = storedSize(entry);
    const at = entry.dataOffset ?? 0;
    const content = size === 0 ? NOTHING : frame.sound({ at, size, hash: entry.hash });
    if (typeof content === "string") {
      this.#placer.problems.lost(entry.path, content);
      this.#damaged.push(entry.path);
    }
    const made = typeof content !== "string" && this.#placer.file(entry, content, at, shares);
    if (made && isSealed(entry)) encodeEntry(this.#sealed, entry);
    return made;
  }

  #piece({ frame, piece, fd, path, ranges, shares, isLeft }: PieceTask): Counts {
    if (isLeft && this.#placer.left?.hasPiece(fd, ranges, piece)) return { entries: 0, bytes: piece.length };
    const place = { at: piece.dataOffset, size: piece.length, hash: piece.hash };
    const content = new FrameContent(this.#frames, frame).sound(place);
    if (typeof content === "string") {
      this.#placer.problems.incomplete(path, msg`a part of it: ${content}`);
      this.#damaged.push(path);
      return { entries: 0, bytes: 0 };
    }
    const error = this.#placer.write(fd, ranges, content, piece.dataOffset, shares);
    if (error < 0) this.#placer.problems.incomplete(path, errnoText(-error));
    return { entries: 0, bytes: piece.length };
  }
}

/** The work of the pool that extracts archives. */
export function unpackWork(data: UnpackData): Job<UnpackTask, UnpackResult> {
  return new Unpacker(data);
}
