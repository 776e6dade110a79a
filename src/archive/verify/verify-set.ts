import type { ByteString } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import type { Reporter } from "../../base/report.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { type CatalogRecord, readCatalog } from "../catalog/catalog.ts";
import { decodeEntry, peekEntry } from "../catalog/entry-record.ts";
import { RecordType } from "../catalog/records.ts";
import type { FrameInfo, Piece } from "../entry.ts";
import { Pool } from "../pool.ts";
import { placeOf } from "../set/media-passes.ts";
import { catalogSpan, describeMissing, missingMedia, type OpenSet } from "../set/open-set.ts";
import { shown } from "../tree/paths.ts";
import { type CheckData, type CheckResult, type CheckTask, checkWork } from "./check-frame.ts";
import { shownPath, verifyFile } from "./verify-volumes.ts";

/** What is wrong with a set. */
export interface Findings {
  /** Files of the set (volumes, catalog, the image) and frames, one sentence each. */
  readonly defects: readonly string[];
  /** Files in the backup that can't be restored as they were; each once. */
  readonly damaged: readonly { readonly path: string; readonly reason: string }[];
  readonly entries: number;
  readonly frames: number;
}

/** Checks what the manifest says of volumes and catalog: length and SHA-256. */
async function checkFiles(set: OpenSet, reporter: Reporter, signal: AbortSignal | undefined): Promise<string[]> {
  const { catalog, volumes, removed, headers = [] } = set.manifest;
  const files = [catalog, ...(removed ? [removed] : []), ...headers, ...(set.needed ?? volumes)];
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const missing = missingMedia(set);
  const defects: string[] = [...set.defects, ...(missing.length > 0 ? [describeMissing(set, missing)] : [])];
  let done = 0;
  for (const file of files) {
    const span = set.locate(file.name);
    const path = shownPath(set.directory, file.name, span);
    const tick = (bytes: number) => {
      if (signal?.aborted) throw new MondoError("cancelled", "the check of the backup was interrupted");
      done += bytes;
      reporter.progress({ label: "checksums", done, total, unit: "bytes" });
    };
    try {
      if (span) await verifyFile(path, file, span, tick);
      else if (!missing.includes(file.medium ?? 1)) defects.push(`${path} is missing`);
    } catch (error) {
      if (!(error instanceof MondoError) || error.code !== "damaged") throw error;
      defects.push(error.message);
    }
  }
  return defects;
}

/** The catalog cut into frames, each with what lies in it. Counts on the way. */
class FrameTasks {
  entries = 0;
  frames = 0;
  /** Whether a damaged part of the catalog was passed over. */
  hasGap = false;
  /** Hard links by their own path: they lose what their first link loses. */
  readonly links: { readonly path: ByteString; readonly target: ByteString }[] = [];
  readonly #records = new PackedWriter(1 << 16);
  #pieces: { path: ByteString; piece: Piece }[] = [];
  #frame: FrameInfo | undefined;
  #large: ByteString | undefined;

  *of(records: Iterable<CatalogRecord>): Generator<CheckTask, void, void> {
    for (const record of records) {
      if (record.type === "frame") {
        yield* this.#take();
        this.#frame = record.frame;
        this.frames++;
      } else if (record.type === "gap") {
        yield* this.#take();
        this.#frame = undefined;
        this.#large = undefined;
        this.hasGap = true;
      } else if (record.type === "piece") {
        if (this.#large !== undefined) this.#pieces.push({ path: this.#large, piece: record.piece });
      }
      if (record.type === "entry") this.#entry(record.bytes);
    }
    yield* this.#take();
  }

  #entry(bytes: Uint8Array): void {
    this.entries++;
    const { kind, inPieces } = peekEntry(bytes);
    if (inPieces) this.#large = decodeEntry(bytes).path;
    else if (kind === "file") {
      this.#records.u8(RecordType.entry);
      this.#records.block(bytes);
    } else if (kind === "hardlink") {
      const { path, target } = decodeEntry(bytes);
      if (target !== undefined) this.links.push({ path, target });
    }
  }

  *#take(): Generator<CheckTask, void, void> {
    const records = Uint8Array.prototype.slice.call(this.#records.bytes());
    const pieces = this.#pieces;
    this.#records.clear();
    this.#pieces = [];
    if (this.#frame) yield { frame: this.#frame, records, pieces };
    else if (records.length > 0 || pieces.length > 0) yield { records, pieces };
  }
}

/** What the frames' checks have found so far. */
class Collected {
  readonly damages = new Map<ByteString, string>();
  readonly defects: string[] = [];
  bytes = 0;

  add({ damages, defect, bytes }: CheckResult): void {
    // A frame that several tasks need is damaged once.
    if (defect !== undefined && !this.defects.includes(defect)) this.defects.push(defect);
    for (const { path, reason } of damages) if (!this.damages.has(path)) this.damages.set(path, reason);
    this.bytes += bytes;
  }

  addLinks(links: FrameTasks["links"]): void {
    for (const { path, target } of links) {
      if (this.damages.has(target)) this.damages.set(path, `it is the same file as ${shown(target)}`);
    }
  }

  list(): Findings["damaged"] {
    return [...this.damages].map(([path, reason]) => ({ path: shown(path), reason }));
  }
}

interface Checking {
  readonly set: OpenSet;
  readonly threads: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
}

/** Every frame that the catalog names, by several Workers; in order. */
async function checkFrames(checking: Checking, tasks: FrameTasks, collected: Collected): Promise<void> {
  const { set, threads, reporter, signal } = checking;
  const { volumes } = set.manifest;
  const total = volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const codec = set.manifest.codec ? { codec: set.manifest.codec } : {};
  const data = { ...codec, volumes: volumes.map((volume) => placeOf(volume, set.locate)) };
  const pool = new Pool<CheckData, CheckTask, CheckResult>("archive-check", data, threads, checkWork);
  const pending: Promise<CheckResult>[] = [];
  const tell = (done: number) => reporter.progress({ label: "contents", done, total, unit: "bytes" });
  const drain = async (most: number) => {
    for (let next = pending[0]; next && pending.length > most; next = pending[0]) {
      collected.add(await next);
      pending.shift();
      tell(Math.min(collected.bytes, total));
    }
  };
  try {
    for (const task of tasks.of(readCatalog(catalogSpan(set), true))) {
      if (signal?.aborted) throw new MondoError("cancelled", "the check of the backup was interrupted");
      pending.push(pool.run(task));
      await drain(pool.window);
    }
    await drain(0);
    // What is no frame of the catalog's (seek tables, the end of the tar) had its checksum.
    tell(total);
  } finally {
    await Promise.allSettled(pending);
    await pool.close();
  }
}

/**
 * Reads a set through: SHA-256 of every file, the checksum of every frame, the hash of every file's content against the catalog.
 * What is wrong with it is in the result; only `cancelled` and system errors are thrown.
 */
export async function verifySet(
  set: OpenSet,
  threads: number,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<Findings> {
  reporter.step("Checking volumes and catalog against the manifest");
  const defects = await checkFiles(set, reporter, signal);
  reporter.step("Checking every frame and every file's content");
  const tasks = new FrameTasks();
  const collected = new Collected();
  try {
    await checkFrames({ set, threads, reporter, signal }, tasks, collected);
  } catch (error) {
    if (!(error instanceof MondoError) || (error.code !== "damaged" && error.code !== "format")) throw error;
    // What was read of the catalog until there has been checked.
    collected.defects.push(messageOf(error));
  }
  if (tasks.hasGap) {
    const unknown = set.manifest.entries - tasks.entries;
    collected.defects.push(`a part of the catalog is damaged: ${unknown} entries are not known`);
  }
  collected.addLinks(tasks.links);
  const { entries, frames } = tasks;
  return { defects: [...defects, ...collected.defects], damaged: collected.list(), entries, frames };
}
