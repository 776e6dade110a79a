import type { ByteString } from "../../base/bytes.ts";
import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import { readCatalog } from "../catalog/catalog.ts";
import { decodeName } from "../catalog/entry-record.ts";
import { Pool } from "../pool.ts";
import { bootPartOf } from "../set/boot-part.ts";
import { placeOf } from "../set/media-passes.ts";
import { catalogSpan, describeMissing, missingMedia, type OpenSet } from "../set/open-set.ts";
import { TaskQueue } from "../task-queue.ts";
import { shown } from "../tree/paths.ts";
import { type CheckData, type CheckResult, type CheckTask, checkWork } from "./check-frame.ts";
import { FrameTasks } from "./frame-tasks.ts";
import { type BootFindings, bootCoverOf, verifyBoot } from "./verify-boot.ts";
import { shownPath, verifyFile } from "./verify-volumes.ts";

/** What is wrong with a set. */
export interface Findings {
  /** Files of the set (volumes, catalog, the image) and frames, one sentence each. */
  readonly defects: readonly string[];
  /** Files in the backup that can't be restored as they were; each once. */
  readonly damaged: readonly { readonly path: string; readonly reason: string }[];
  /** What could not be checked, one sentence each; the set may be whole all the same. */
  readonly uncovered: readonly string[];
  readonly entries: number;
  readonly frames: number;
}

/** Checks what boots on the first medium. */
async function checkBoot(host: Host, set: OpenSet, signal: AbortSignal | undefined): Promise<BootFindings> {
  const tick = () => {
    if (signal?.aborted) throw interrupted();
  };
  try {
    const trust = set.trusted && { keys: set.trusted, set: set.manifest.set };
    return await verifyBoot(host, bootPartOf(host, set), bootCoverOf(set.manifest, set.locate), tick, trust);
  } catch (error) {
    if (!(error instanceof MondoError) || error.code === "cancelled") throw error;
    return { defects: [messageOf(error)] };
  }
}

const interrupted = () => new MondoError("cancelled", msg`the check of the backup was interrupted`);

/** Checks what the manifest says of volumes and catalog: length and SHA-256. */
async function checkFiles(set: OpenSet, reporter: Reporter, signal: AbortSignal | undefined): Promise<string[]> {
  const { catalog, volumes, removed, headers = [], hooks = [] } = set.manifest;
  const files = [catalog, ...(removed ? [removed] : []), ...headers, ...hooks, ...(set.needed ?? volumes)];
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const missing = missingMedia(set);
  const defects: string[] = [...set.defects, ...(missing.length > 0 ? [describeMissing(set, missing)] : [])];
  let done = 0;
  for (const file of files) {
    const span = set.locate(file.name);
    const path = shownPath(set.directory, file.name, span);
    const tick = (bytes: number) => {
      if (signal?.aborted) throw interrupted();
      done += bytes;
      reporter.progress({ label: msg`checksums`, done, total, unit: "bytes" });
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
      if (this.damages.has(target)) this.damages.set(path, msg`it is the same file as ${shown(target)}`);
    }
  }

  /** Hard links whose first name no entry has: `names` are the existing ones. */
  addOrphans(links: FrameTasks["links"], names: Iterable<ByteString>): void {
    const wanted = new Set(links.map(({ target }) => target));
    for (const name of names) wanted.delete(name);
    for (const { path, target } of links) {
      if (wanted.has(target) && !this.damages.has(path)) {
        this.damages.set(path, msg`its first link ${shown(target)} is not in the backup`);
      }
    }
  }

  list(): Findings["damaged"] {
    return [...this.damages].map(([path, reason]) => ({ path: shown(path), reason }));
  }
}

/** Paths of all files but hard links, as far as the catalog can be read. */
function* firstNames(set: OpenSet): Generator<ByteString> {
  for (const record of readCatalog(catalogSpan(set), true)) {
    if (record.type !== "entry") continue;
    const { kind, path } = decodeName(record.bytes);
    if (kind !== "hardlink") yield path;
  }
}

interface Checking {
  readonly set: Pick<OpenSet, "name" | "manifest" | "locate">;
  /** Positions of the volumes whose frames are read; default: all. */
  readonly volumes?: ReadonlySet<number>;
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
  const tell = (done: number) => reporter.progress({ label: msg`contents`, done, total, unit: "bytes" });
  const queue = new TaskQueue<CheckTask, CheckResult>(pool, (result) => {
    collected.add(result);
    tell(Math.min(collected.bytes, total));
  });
  try {
    for (const task of tasks.of(readCatalog(catalogSpan(set), true))) {
      if (signal?.aborted) throw interrupted();
      if (checking.volumes && task.frame && !checking.volumes.has(task.frame.volume)) continue;
      await queue.add(task, undefined);
    }
    await queue.finish();
    // What is no frame of the catalog's (seek tables, the end of the tar) had its checksum.
    tell(total);
  } finally {
    await queue.abandon();
    await pool.close();
  }
}

/**
 * Files of which something in some volumes (positions in the manifest's list) can't be restored as it was. Throws
 * `damaged` where the catalog can't be read.
 */
export async function damagedFiles(
  set: Checking["set"],
  volumes: ReadonlySet<number>,
  threads: number,
  reporter: Reporter,
): Promise<Findings["damaged"]> {
  const tasks = new FrameTasks();
  const collected = new Collected();
  await checkFrames({ set, volumes, threads, reporter, signal: undefined }, tasks, collected);
  collected.addLinks(tasks.links);
  return collected.list();
}

/**
 * Reads a set through: SHA-256 of every file, the checksum of every frame, the hash of every file's content against the
 * catalog. What is wrong with it is in the result; only `cancelled` and system errors are thrown.
 */
export async function verifySet(
  host: Host,
  set: OpenSet,
  threads: number,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<Findings> {
  reporter.step(msg`Checking volumes and catalog against the manifest`);
  const files = await checkFiles(set, reporter, signal);
  const boot = await checkBoot(host, set, signal);
  const uncovered = [
    ...(boot.uncovered === undefined ? [] : [boot.uncovered]),
    ...(set.manifest.state?.hasDigest === false
      ? [msg`manifest.json is not covered: it has no digest of its own`]
      : []),
  ];
  reporter.step(msg`Checking every frame and every file's content`);
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
    collected.defects.push(msg`a part of the catalog is damaged: ${unknown} entries are not known`);
  }
  collected.addLinks(tasks.links);
  if (tasks.links.length > 0) collected.addOrphans(tasks.links, firstNames(set));
  const { entries, frames } = tasks;
  const defects = [...files, ...boot.defects, ...collected.defects];
  return { defects, damaged: collected.list(), uncovered, entries, frames };
}
