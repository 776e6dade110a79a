import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { MIB } from "../../base/units.ts";
import type { PlacedImage } from "../../effects/effect.ts";
import { closeFd } from "../../host/fs-calls.ts";
import type { HiddenPlace } from "../../layout/hidden-places.ts";
import type { Catalog } from "../catalog/catalog.ts";
import type { Choice } from "../entry.ts";
import { Pool } from "../pool.ts";
import { TaskQueue } from "../task-queue.ts";
import { type Grafts, openGrafts } from "../tree/grafts.ts";
import { openDirectory } from "../tree/open-root.ts";
import type { Difference } from "./difference.ts";
import { readBackWork } from "./read-back.ts";
import {
  type PlannedReading,
  type ReadBackData,
  ReadBackPlan,
  type ReadBackResult,
  type ReadBackTask,
} from "./read-back-task.ts";

/** So much is written before it is read back: each time the disks have to take all that they were given. */
const STRETCH_BYTES = 128 * MIB;

export interface FollowRequest {
  readonly catalog: Catalog;
  /** The tree that is being made. */
  readonly root: string;
  /** Directories on its file systems, the root included. */
  readonly mounts: readonly string[];
  /** All content of the catalog, for progress. */
  readonly contentBytes: number;
  /** Entries whose content goes to a device. */
  readonly devices: readonly PlacedImage[];
  /** Places below mounts, where the tree has mounts: as in the extraction. */
  readonly hidden?: readonly HiddenPlace[];
  /** Entries that are not made, and not read. Default: none. */
  readonly skip?: Choice;
  /** Workers; 0 does the work on the calling thread. */
  readonly threads: number;
  /** Content that is written before it is read back, in bytes. */
  readonly stretchBytes?: number;
}

/** What was found, and how. */
export interface Followed {
  /** Files of which the content on the disk is not that of the catalog; each once. */
  readonly differences: readonly Difference[];
  /** Content that was compared. */
  readonly bytes: number;
  /** Bytes of it that their file system keeps in memory: what is on the disk could not be read. */
  readonly inMemory: number;
}

/**
 * Compares content with the catalog at a distance behind the extraction that makes it, while that waits for its source:
 * what has been written, a stretch at a time, is brought to the disk, taken out of memory, and read back.
 */
export class ContentFollower {
  readonly #request: FollowRequest;
  readonly #rootFd: number;
  readonly #mounts: readonly number[];
  readonly #grafts: Grafts;
  readonly #pool: Pool<ReadBackData, ReadBackTask, ReadBackResult>;
  /** Waits for disks to take a stretch while the one before it is read. */
  readonly #settler: Pool<ReadBackData, ReadBackTask, ReadBackResult>;
  readonly #queue: TaskQueue<ReadBackTask, ReadBackResult>;
  readonly #differences = new Map<string, Difference>();
  readonly #running: Promise<void>;
  /** Of the stretch that is read now. */
  #reading = Promise.resolve();
  #bytes = 0;
  #inMemory = 0;
  #placed = 0;
  #isClosed = false;
  #wake = () => {};
  /** Told from when the extraction is over. */
  #reporter: Reporter | undefined;

  constructor(request: FollowRequest) {
    const { root, mounts, devices, threads, hidden = [] } = request;
    this.#request = request;
    this.#rootFd = openDirectory(root);
    this.#mounts = mounts.map(openDirectory);
    // What lies in mount points is made, and read, where they are.
    const below = hidden.filter(({ tree }) => tree !== undefined);
    this.#grafts = openGrafts(this.#rootFd, below);
    const data = { rootFd: this.#rootFd, grafts: this.#grafts.list, devices };
    this.#pool = new Pool("archive-read-back", data, threads, readBackWork);
    this.#settler = new Pool("archive-read-back", data, Math.min(1, threads), readBackWork);
    this.#queue = new TaskQueue(this.#pool, (result) => this.#take(result));
    this.#running = this.#run();
    // Awaited in the end.
    this.#running.catch(() => {});
  }

  /** What was compared until now, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The first so many items of the catalog are in place: see `ExtractRequest.onPlaced`. */
  placed(items: number): void {
    this.#placed = items;
    this.#wake();
  }

  /** Compares what is left. To be called when all is in place. */
  async finish(reporter: Reporter): Promise<Followed> {
    this.#reporter = reporter;
    this.placed(Number.POSITIVE_INFINITY);
    await this.#running;
    return { differences: [...this.#differences.values()], bytes: this.#bytes, inMemory: this.#inMemory };
  }

  /** Gives up what is not done. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wake();
    await Promise.allSettled([this.#running, this.#reading]);
    await this.#queue.abandon();
    await Promise.all([this.#pool.close(), this.#settler.close()]);
    this.#grafts.close();
    for (const fd of [...this.#mounts, this.#rootFd]) closeFd(fd);
  }

  async #run(): Promise<void> {
    const { catalog, skip, stretchBytes = STRETCH_BYTES } = this.#request;
    let stretch: PlannedReading[] = [];
    let bytes = 0;
    for (const reading of new ReadBackPlan(skip).of(catalog.records())) {
      if (!(await this.#until(reading.items))) break;
      stretch.push(reading);
      bytes += reading.bytes;
      if (bytes < stretchBytes) continue;
      await this.#next(stretch);
      stretch = [];
      bytes = 0;
    }
    if (this.#isClosed) return;
    await this.#next(stretch);
    await this.#reading;
    await this.#queue.finish();
  }

  /** Has a stretch brought to the disks while the one before it is read. */
  async #next(stretch: readonly PlannedReading[]): Promise<void> {
    const settled = this.#settler.run({ kind: "settle", mounts: this.#mounts });
    await this.#reading;
    this.#reading = this.#read(stretch, settled);
    // Awaited at the next stretch.
    this.#reading.catch(() => {});
  }

  /** Waits until so many items are in place; false when it is closed before. */
  async #until(items: number): Promise<boolean> {
    while (this.#placed < items && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return !this.#isClosed;
  }

  async #read(stretch: readonly PlannedReading[], settled: Promise<unknown>): Promise<void> {
    await settled;
    for (const { task } of stretch) {
      if (this.#isClosed) return;
      await this.#queue.add(task, undefined);
    }
  }

  #take({ differences, bytes, inMemory }: ReadBackResult): void {
    for (const one of differences) if (!this.#differences.has(one.path)) this.#differences.set(one.path, one);
    this.#bytes += bytes;
    this.#inMemory += inMemory;
    const { contentBytes } = this.#request;
    this.#reporter?.progress({ label: msg`compare`, done: this.#bytes, total: contentBytes, unit: "bytes" });
  }
}
