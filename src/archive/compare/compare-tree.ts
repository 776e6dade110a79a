import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { MIB } from "../../base/units.ts";
import type { PlacedImage } from "../../effects/effect.ts";
import { closeFd, FileType } from "../../host/fs-calls.ts";
import { Rotation } from "../../host/rotation.ts";
import { memoryBytes, processorCount } from "../../host/threads.ts";
import type { HiddenPlace } from "../../layout/hidden-places.ts";
import type { Catalog } from "../catalog/catalog.ts";
import { entriesOf } from "../catalog/entry-record.ts";
import type { Choice } from "../entry.ts";
import { Pool } from "../pool.ts";
import { TaskQueue } from "../task-queue.ts";
import { Directories } from "../tree/directories.ts";
import { type Grafts, openGrafts } from "../tree/grafts.ts";
import { openDirectory } from "../tree/open-root.ts";
import { ReadAhead } from "../tree/read-ahead.ts";
import { compareWork } from "./compare-entry.ts";
import { type CompareData, type CompareResult, type CompareTask, compareTasks } from "./compare-task.ts";
import type { Difference } from "./difference.ts";

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
  /** Places below mounts, where the tree has mounts. Default: they are where the archive has them. */
  readonly hidden?: readonly HiddenPlace[];
  /** Entries that are not looked at. Default: none. */
  readonly skip?: Choice;
  /** Default: one for each processor. */
  readonly threads?: number;
}

class TreeComparison {
  readonly #rootFd: number;
  readonly #grafts: Grafts;
  readonly #directories: Directories;
  /** Where content is read and a disk turns. */
  readonly #ahead: ReadAhead | undefined;
  readonly #pool: Pool<CompareData, CompareTask, CompareResult>;
  readonly #queue: TaskQueue<CompareTask, CompareResult>;
  readonly #differences: Difference[] = [];
  readonly #skip: Choice | undefined;
  #bytes = 0;

  constructor(request: CompareRequest, total: number, reporter: Reporter) {
    this.#rootFd = openDirectory(request.root);
    this.#skip = request.skip;
    const { content, lenientMounts = [], devices = [] } = request;
    this.#grafts = openGrafts(this.#rootFd, request.hidden ?? []);
    const grafts = this.#grafts.list;
    this.#directories = new Directories(this.#rootFd, { grafts });
    this.#ahead = content && new Rotation().isAny() ? new ReadAhead(this.#directories) : undefined;
    const wanted = request.threads ?? processorCount();
    const threads = memoryBytes() < 700 * MIB ? Math.min(1, wanted) : wanted;
    const data = { rootFd: this.#rootFd, grafts, content, lenientMounts, devices };
    this.#pool = new Pool("archive-compare", data, threads, compareWork);
    this.#queue = new TaskQueue(this.#pool, ({ differences, bytes }) => {
      for (const difference of differences) this.#differences.push(difference);
      this.#bytes += bytes;
      reporter.progress({ label: msg`compare`, done: this.#bytes, total, unit: "bytes" });
    });
  }

  async run(catalog: Catalog, signal?: AbortSignal): Promise<Difference[]> {
    for (const task of compareTasks(catalog, this.#skip)) {
      if (signal?.aborted) throw new MondoError("cancelled", msg`the comparison was interrupted`);
      // Of two large files one is read after the other.
      const isAlone = this.#ahead !== undefined && task.pieces !== undefined;
      if (isAlone) await this.#queue.finish();
      else this.#ask(task);
      await this.#queue.add(task, undefined);
      if (isAlone) await this.#queue.finish();
    }
    await this.#queue.finish();
    return this.#differences;
  }

  async close(): Promise<void> {
    await this.#queue.abandon();
    await this.#pool.close();
    this.#directories.close();
    this.#grafts.close();
    closeFd(this.#rootFd);
  }

  /** Asks a disk for what a Worker will read. */
  #ask({ records }: CompareTask): void {
    if (!this.#ahead) return;
    for (const { path, kind } of entriesOf(records)) {
      const stat = kind === "file" ? this.#directories.statOf(path) : -1;
      if (typeof stat === "object" && (stat.mode & FileType.mask) === FileType.file) this.#ahead.add(path, stat);
    }
    this.#ahead.run();
  }
}

/**
 * Compares every entry of a catalog with a tree, in the catalog's order. Files that only the tree has are no
 * difference.
 */
export async function compareTree(
  request: CompareRequest,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<Difference[]> {
  const { contentBytes } = request.catalog.end();
  const comparison = new TreeComparison(request, contentBytes, reporter);
  try {
    return await comparison.run(request.catalog, signal);
  } finally {
    await comparison.close();
  }
}
