import type { ByteString } from "../../base/bytes.ts";
import { closeFd } from "../../host/fs-calls.ts";
import type { Pool } from "../pool.ts";
import type { Directories } from "../tree/directories.ts";
import { shown } from "../tree/paths.ts";
import type { ReadAhead } from "../tree/read-ahead.ts";
import { bothUnread, describeUnread, type Unread } from "../tree/unread.ts";
import type { ArchiveOutput } from "./archive-output.ts";
import type { ImageSource } from "./archive-request.ts";
import type { KnownFile } from "./known-files.ts";
import { isKnownContent, openImage, openLargeFile, pieceTasks } from "./large-file.ts";
import { changeOf, FileDescriber, type OpenFile } from "./open-file.ts";
import type { PackData, PackResult, PackTask, PieceTask, ReadPiece } from "./pack-task.ts";
import type { ProblemLog } from "./problem-log.ts";

/** A piece that a Worker reads. */
export interface SentPiece {
  readonly file: OpenFile;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** The parts of a backup that large files have to do with. */
export interface LargeFileParts {
  readonly directories: Directories;
  readonly ahead: ReadAhead;
  readonly pool: Pool<PackData, PackTask, PackResult>;
  readonly output: ArchiveOutput;
  readonly problems: ProblemLog;
  /** Hands a piece to a Worker; its result goes to `stored`. */
  readonly send: (task: PieceTask, about: SentPiece) => Promise<void>;
  /** See `PackData`. */
  readonly sharing: readonly string[];
  /** Called for what can't be opened. */
  readonly onMissing: (path: ByteString) => void;
}

/** Saves files in pieces, each of which stays open until its last piece is stored. */
export class LargeFiles {
  readonly #parts: LargeFileParts;
  readonly #describer: FileDescriber;
  readonly #open = new Set<OpenFile>();
  /** What of a file could not be read, over all its pieces so far: one problem, with all of the bytes. */
  readonly #unread = new WeakMap<OpenFile, Unread>();

  constructor(parts: LargeFileParts) {
    this.#parts = parts;
    this.#describer = new FileDescriber(parts.sharing);
  }

  /** Sends all pieces of a file; not when it still is what is known of it: then returns its entry. */
  async save(path: ByteString, known?: KnownFile): Promise<OpenFile["entry"] | undefined> {
    const { directories, problems, pool, onMissing } = this.#parts;
    const file = await openLargeFile(directories, this.#describer, path);
    if ("severity" in file) {
      onMissing(path);
      problems.note(file);
      return undefined;
    }
    this.#open.add(file);
    const { trouble } = file;
    if (trouble !== undefined) problems.note({ path: shown(path), severity: "changed", reason: trouble });
    if (known && trouble === undefined && (await isKnownContent(file, known, pool))) {
      this.#close(file);
      return file.entry;
    }
    await this.#pieces(file);
    return undefined;
  }

  /** Sends all pieces of a device; undefined when it can't be opened. */
  async saveImage(image: ImageSource): Promise<OpenFile | undefined> {
    const file = openImage(image);
    if ("severity" in file) {
      this.#parts.problems.note(file);
      return undefined;
    }
    this.#open.add(file);
    await this.#pieces(file);
    return file;
  }

  /** Takes over the result of a piece. */
  stored({ file, isFirst, isLast }: SentPiece, piece: ReadPiece): void {
    const { output, problems } = this.#parts;
    if (isFirst) output.largeFile(file.entry);
    output.piece(piece);
    const unread = bothUnread(this.#unread.get(file), piece.unread);
    if (unread) this.#unread.set(file, unread);
    if (!isLast) return;
    const reason = unread ? describeUnread(unread) : changeOf(file);
    this.#close(file);
    if (reason !== undefined) problems.note({ path: shown(file.entry.path), severity: "changed", reason });
  }

  /** Closes the files of a backup that has ended early. */
  close(): void {
    for (const file of this.#open) closeFd(file.fd);
    this.#open.clear();
  }

  async #pieces(file: OpenFile): Promise<void> {
    let isFirst = true;
    for (const task of pieceTasks(file)) {
      this.#parts.ahead.ranges(file.fd, file.stat, task.ranges);
      await this.#parts.send(task, { file, isFirst, isLast: task.last });
      isFirst = false;
    }
  }

  #close(file: OpenFile): void {
    closeFd(file.fd);
    this.#open.delete(file);
  }
}
