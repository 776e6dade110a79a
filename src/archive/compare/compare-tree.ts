import { MondoError } from "../../base/errors.ts";
import type { Reporter } from "../../base/report.ts";
import { MIB } from "../../base/units.ts";
import type { PlacedImage } from "../../effects/effect.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { closeFd, FileType, statAt } from "../../host/fs-calls.ts";
import { Rotation } from "../../host/rotation.ts";
import { memoryBytes, processorCount } from "../../host/threads.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { decodeEntry, entriesOf, peekEntry } from "../catalog/entry-record.ts";
import { RecordType } from "../catalog/records.ts";
import type { Piece } from "../entry.ts";
import { Pool } from "../pool.ts";
import { Directories } from "../tree/directories.ts";
import { openDirectory } from "../tree/open-root.ts";
import { nameOf, parentOf } from "../tree/paths.ts";
import { ReadAhead } from "../tree/read-ahead.ts";
import {
  type CompareData,
  type CompareResult,
  type CompareTask,
  compareWork,
  type Difference,
} from "./compare-entry.ts";

export type { Difference } from "./compare-entry.ts";

export interface CompareRequest {
  readonly catalog: Catalog;
  /** The tree that stands for the archive's root. */
  readonly root: string;
  /** Read all files and compare their checksums, too. */
  readonly content: boolean;
  /** Paths below the root where owners, modes and xattrs are not kept. */
  readonly lenientMounts?: readonly string[];
  /** Entries whose content is on a device. */
  readonly devices?: readonly PlacedImage[];
  readonly threads?: number;
}

/** One line for people. */
export function showDifference({ severity, path, what, detail }: Difference): string {
  return `[${severity}] ${path}: ${what}${detail === "" ? "" : ` (${detail})`}`;
}

const TASK_BYTES = 64 * 1024;
const TASK_CONTENT_BYTES = 16 * MIB;

/** The catalog cut into tasks: entries together, a file in pieces by itself. */
function* tasksOf(catalog: Catalog): Generator<CompareTask, void, void> {
  const records = new PackedWriter(TASK_BYTES);
  let content = 0;
  let large: { readonly records: Uint8Array; readonly pieces: Piece[] } | undefined;
  const take = (): Uint8Array => {
    const bytes = Uint8Array.prototype.slice.call(records.bytes());
    records.clear();
    content = 0;
    return bytes;
  };
  for (const record of catalog.records()) {
    if (record.type === "piece") large?.pieces.push(record.piece);
    if (record.type !== "entry") continue;
    if (large) yield large;
    large = undefined;
    const { inPieces, kind } = peekEntry(record.bytes);
    if (records.length > 0 && (inPieces || records.length >= TASK_BYTES || content >= TASK_CONTENT_BYTES)) {
      yield { records: take() };
    }
    records.u8(RecordType.entry);
    records.block(record.bytes);
    if (inPieces) large = { records: take(), pieces: [] };
    else if (kind === "file") content += decodeEntry(record.bytes).size;
  }
  if (large) yield large;
  if (records.length > 0) yield { records: take() };
}

class Comparison {
  readonly #reporter: Reporter;
  readonly #rootFd: number;
  readonly #directories: Directories;
  /** Where content is read and a disk turns. */
  readonly #ahead: ReadAhead | undefined;
  readonly #pool: Pool<CompareData, CompareTask, CompareResult>;
  readonly #pending: Promise<CompareResult>[] = [];
  readonly #differences: Difference[] = [];
  #bytes = 0;
  #total = 0;

  constructor(request: CompareRequest, reporter: Reporter) {
    this.#reporter = reporter;
    this.#rootFd = openDirectory(request.root);
    const { content, lenientMounts = [], devices = [] } = request;
    this.#directories = new Directories(this.#rootFd);
    this.#ahead = content && new Rotation().isAny() ? new ReadAhead(this.#directories) : undefined;
    const wanted = request.threads ?? processorCount();
    const threads = memoryBytes() < 700 * MIB ? Math.min(1, wanted) : wanted;
    const data = { rootFd: this.#rootFd, content, lenientMounts, devices };
    this.#pool = new Pool("archive-compare", data, threads, compareWork);
  }

  async run(catalog: Catalog, signal?: AbortSignal): Promise<Difference[]> {
    this.#total = catalog.end().contentBytes;
    for (const task of tasksOf(catalog)) {
      if (signal?.aborted) throw new MondoError("cancelled", "the comparison was interrupted");
      // Of two large files one is read after the other.
      const isAlone = this.#ahead !== undefined && task.pieces !== undefined;
      if (isAlone) await this.#drain(0);
      else this.#ask(task);
      this.#pending.push(this.#pool.run(task));
      await this.#drain(isAlone ? 0 : this.#pool.window);
    }
    await this.#drain(0);
    return this.#differences;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#pending);
    await this.#pool.close();
    this.#directories.close();
    closeFd(this.#rootFd);
  }

  #ask({ records }: CompareTask): void {
    if (!this.#ahead) return;
    for (const { path, kind } of entriesOf(records)) {
      const parent = kind === "file" ? this.#directories.open(parentOf(path)) : -1;
      const stat = parent < 0 ? parent : statAt(parent, nameOf(path));
      if (typeof stat === "object" && (stat.mode & FileType.mask) === FileType.file) this.#ahead.add(path, stat);
    }
    this.#ahead.run();
  }

  async #drain(most: number): Promise<void> {
    for (let next = this.#pending[0]; next && this.#pending.length > most; next = this.#pending[0]) {
      const { differences, bytes } = await next;
      this.#pending.shift();
      for (const difference of differences) this.#differences.push(difference);
      this.#bytes += bytes;
      this.#reporter.progress({ label: "compare", done: this.#bytes, total: this.#total, unit: "bytes" });
    }
  }
}

/** Every entry of the catalog against the tree, in the catalog's order. What is on the disk but not in the catalog is no difference. */
export async function compareTree(
  request: CompareRequest,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<Difference[]> {
  const comparison = new Comparison(request, reporter);
  try {
    return await comparison.run(request.catalog, signal);
  } finally {
    await comparison.close();
  }
}
