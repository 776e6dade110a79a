import type { ByteString } from "../../base/bytes.ts";
import { type FileStat, FileType } from "../../host/fs-calls.ts";
import { entryBody } from "../catalog/entry-record.ts";
import { FRAME_BYTES, LARGE_BYTES } from "../catalog/frame-bytes.ts";
import type { Directories } from "../tree/directories.ts";
import type { ReadAhead } from "../tree/read-ahead.ts";
import { type BatchTask, BatchWriter } from "./batch.ts";
import { HardLinks } from "./hard-links.ts";
import type { KnownFile, KnownFiles } from "./known-files.ts";
import type { LargeFiles } from "./large-files.ts";
import type { SharingQuestion } from "./sharing-question.ts";
import type { Found } from "./walk.ts";

/** A batch that a Worker packs. */
export interface SentBatch {
  /** Its hard links: path and first name. */
  readonly links: readonly (readonly [path: ByteString, first: ByteString])[];
  /** Its files that the parent has, in the order in which the batch counts them. */
  readonly known: readonly KnownFile[];
}

/** What an entry counts for in a batch beside its content. */
const ENTRY_BYTES = 1024;

/** Bytes that a file takes in an archive, roughly: a sparse one no more than it occupies. */
function storedEstimate(stat: FileStat): number {
  return (stat.mode & FileType.mask) === FileType.file ? Math.min(stat.size, stat.blocks * 512 + FRAME_BYTES) : 0;
}

/** Where what has been gathered goes. */
export interface GathererParts {
  readonly directories: Directories;
  readonly known: KnownFiles | undefined;
  readonly ahead: ReadAhead;
  readonly large: LargeFiles;
  /** Of a differential backup. */
  readonly sharing: SharingQuestion | undefined;
  /** Hands a batch to a Worker. */
  readonly send: (task: BatchTask, about: SentBatch) => Promise<void>;
}

/**
 * Sorts what a walk finds: unchanged since the parent, large, or one of a batch, which is sent when it fills a frame.
 */
export class Gatherer {
  readonly #parts: GathererParts;
  readonly #hardLinks: HardLinks;
  readonly #batch = new BatchWriter();
  #bytes = 0;
  #links: [ByteString, ByteString][] = [];
  #known: KnownFile[] = [];

  constructor(parts: GathererParts) {
    this.#parts = parts;
    this.#hardLinks = new HardLinks((path) => parts.directories.statOf(path));
  }

  /** Takes an entry. No promise for each of them: most only join the batch. */
  take(found: Found): Promise<void> | undefined {
    const { path, stat } = found;
    const first = this.#hardLinks.firstOf(found);
    const isRegular = first === undefined && (stat.mode & FileType.mask) === FileType.file;
    const { known: files, ahead } = this.#parts;
    const known = files?.at(path, stat);
    const judgement = known && isRegular ? files?.judge(known, stat) : "new";
    if (known && judgement === "same") return this.#same(path, stat, known);
    const maybe = judgement === "maybe" ? known : undefined;
    const bytes = first === undefined ? storedEstimate(stat) : 0;
    if (bytes > LARGE_BYTES) return this.flush().then(() => this.#large(path, maybe));
    if (maybe && !maybe.entry.pieces) this.#maybe(path, maybe);
    else if (isRegular) this.#batch.regular(path);
    else this.#other(path, first);
    if (isRegular) ahead.add(path, stat);
    return this.#counted(ENTRY_BYTES + bytes);
  }

  /** Sends the batch, however small. */
  async flush(): Promise<void> {
    const task = this.#batch.take();
    const [links, known] = [this.#links, this.#known];
    this.#bytes = 0;
    this.#links = [];
    this.#known = [];
    if (!task) return;
    this.#parts.ahead.run();
    await this.#parts.send(task, { links, known });
  }

  /**
   * A file that needs no more than its place in the catalog. It counts for what is kept of it until its batch is
   * stored.
   */
  #same(path: ByteString, stat: FileStat, known: KnownFile): Promise<void> | undefined {
    if (this.#parts.sharing?.isToBeAsked(path, stat)) this.#batch.look(path, known.record);
    else this.#batch.same();
    this.#known.push(known);
    return this.#counted(ENTRY_BYTES);
  }

  #maybe(path: ByteString, known: KnownFile): void {
    this.#batch.maybe(path, known.record);
    this.#known.push(known);
  }

  #other(path: ByteString, first: ByteString | undefined): void {
    this.#batch.other(path, first);
    if (first !== undefined) this.#links.push([path, first]);
  }

  async #large(path: ByteString, known?: KnownFile): Promise<void> {
    const entry = await this.#parts.large.save(path, known);
    if (!known || !entry) return;
    this.#batch.same();
    this.#known.push({ ...known, entry, record: entryBody(entry) });
    await this.#counted(ENTRY_BYTES);
  }

  #counted(bytes: number): Promise<void> | undefined {
    this.#bytes += bytes;
    return this.#bytes >= FRAME_BYTES ? this.flush() : undefined;
  }
}
