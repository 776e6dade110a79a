/** Decompresses frames and makes what is in them: the work of a Worker while an archive is extracted. */
import type { ByteString } from "../../base/bytes.ts";
import { messageOf } from "../../base/errors.ts";
import type { CodecName } from "../../drivers/codec/codec.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { errnoText } from "../../host/syscalls.ts";
import { contentDefect } from "../catalog/content-defect.ts";
import { encodeEntry, entriesOf } from "../catalog/entry-record.ts";
import { FrameReader } from "../catalog/frame-reader.ts";
import { type Entry, type FrameInfo, type Piece, type Problem, storedSize } from "../entry.ts";
import type { Done, Job } from "../pool.ts";
import type { VolumePlace } from "../set-files.ts";
import { isSealed } from "../tree/inode-attributes.ts";
import { type PlaceData, Placer } from "./place.ts";

export interface UnpackData extends PlaceData {
  /** Of the frames; zstd when absent. */
  readonly codec?: CodecName;
  readonly volumes: readonly VolumePlace[];
}

/** Entry records to make (`create`), to link, to give their metadata to (`finish`, directories) or their last flags (`seal`). */
interface EntriesTask {
  readonly kind: "create" | "link" | "finish" | "seal";
  readonly frame?: FrameInfo;
  readonly records: Uint8Array;
}

/** A part of a large file that the main thread has created and holds open. */
interface PieceTask {
  readonly kind: "piece";
  readonly frame: FrameInfo;
  readonly piece: Piece;
  readonly fd: number;
  readonly path: ByteString;
  readonly ranges: readonly number[];
}

export type UnpackTask = EntriesTask | PieceTask;

export interface UnpackResult {
  readonly entries: number;
  readonly bytes: number;
  readonly problems: readonly Problem[];
  /** Entries that were not made. */
  readonly failed: readonly ByteString[];
  /** Records of the files made that are to become immutable or append-only, if any, and of directories that were. */
  readonly sealed?: Uint8Array;
  /** Compressed bytes read. */
  readonly readBytes: number;
}

const NOTHING = new Uint8Array(0);

class Unpacker implements Job<UnpackTask, UnpackResult> {
  readonly #placer: Placer;
  readonly #frames: FrameReader;
  readonly #sealed = new PackedWriter(0);

  constructor(data: UnpackData) {
    this.#placer = new Placer(data);
    this.#frames = new FrameReader(data.volumes, data.codec);
  }

  run(task: UnpackTask): Done<UnpackResult> {
    const counts = task.kind === "piece" ? this.#piece(task) : this.#entries(task);
    const [problems, failed] = [this.#placer.takeProblems(), this.#placer.takeFailed()];
    for (const entry of this.#placer.takeUnsealed()) encodeEntry(this.#sealed, entry);
    return { result: { ...counts, ...this.#takeSealed(), problems, failed, readBytes: this.#frames.takeBytesRead() } };
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

  #entries(task: EntriesTask): { entries: number; bytes: number } {
    // Read when the first file asks for it: what else there is stands in the catalog alone.
    let content: Uint8Array | string | undefined;
    const read = () => (content ??= this.#read(task.frame));
    let [entries, bytes] = [0, 0];
    for (const entry of entriesOf(task.records)) {
      if (!this.#entry(task.kind, entry, read)) continue;
      entries++;
      if (entry.kind === "file") bytes += storedSize(entry);
    }
    return { entries, bytes };
  }

  #entry(kind: EntriesTask["kind"], entry: Entry, read: () => Uint8Array | string): boolean {
    if (kind === "link") return this.#placer.link(entry);
    if (kind === "seal") {
      this.#placer.seal(entry);
      return false; // counted when it was made
    }
    if (kind === "finish") return this.#placer.finishDirectory(entry);
    if (entry.kind === "directory") {
      this.#placer.directory(entry);
      return false; // counted when it is finished
    }
    return entry.kind === "file" ? this.#file(entry, read) : this.#placer.special(entry);
  }

  #file(entry: Entry, read: () => Uint8Array | string): boolean {
    const size = storedSize(entry);
    const at = entry.dataOffset ?? 0;
    const content = size === 0 ? NOTHING : read();
    const wrong = size > 0 && (typeof content === "string" ? content : contentDefect(content, at, size, entry.hash));
    if (wrong) this.#placer.lost(entry.path, wrong);
    const made = !wrong && typeof content !== "string" && this.#placer.file(entry, content, at);
    if (made && isSealed(entry)) encodeEntry(this.#sealed, entry);
    return made;
  }

  #piece({ frame, piece, fd, path, ranges }: PieceTask): { entries: number; bytes: number } {
    const content = this.#read(frame);
    const wrong =
      typeof content === "string" ? content : contentDefect(content, piece.dataOffset, piece.length, piece.hash);
    if (wrong || typeof content === "string") {
      this.#placer.incomplete(path, `a part of it: ${wrong}`);
      return { entries: 0, bytes: 0 };
    }
    const error = this.#placer.write(fd, ranges, content, piece.dataOffset);
    if (error < 0) this.#placer.incomplete(path, errnoText(-error));
    return { entries: 0, bytes: piece.length };
  }

  /** The tar bytes, or what is wrong with them: a damaged frame costs only what is in it. */
  #read(frame: FrameInfo | undefined): Uint8Array | string {
    if (!frame) return "the catalog names no place for its content";
    try {
      return this.#frames.read(frame);
    } catch (error) {
      return messageOf(error);
    }
  }
}

/** The work of the pool that extracts archives. */
export function unpackWork(data: UnpackData): Job<UnpackTask, UnpackResult> {
  return new Unpacker(data);
}
