import { type ByteString, toByteString } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg, stored } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { codecNamed } from "../../drivers/codec/codecs.ts";
import { AT_FDCWD, closeFd, openAt, statFd } from "../../host/fs-calls.ts";
import { OpenFlag } from "../../host/syscalls.ts";
import { type Job, Pool } from "../pool.ts";
import { TaskQueue } from "../task-queue.ts";
import { Directories } from "../tree/directories.ts";
import { type Grafts, openGrafts } from "../tree/grafts.ts";
import { inodeKey } from "../tree/live-file.ts";
import { directoryKey, openDirectory } from "../tree/open-root.ts";
import { relativePath } from "../tree/paths.ts";
import { ReadAhead } from "../tree/read-ahead.ts";
import { ArchiveOutput } from "./archive-output.ts";
import type { ArchiveRequest, ArchiveResult, ImageSource } from "./archive-request.ts";
import type { BatchRest } from "./batch.ts";
import { Gatherer, type SentBatch } from "./gatherer.ts";
import { KnownFiles } from "./known-files.ts";
import { LargeFiles, type SentPiece } from "./large-files.ts";
import { packWork } from "./pack.ts";
import type { PackData, PackResult, PackTask } from "./pack-task.ts";
import { ProblemLog } from "./problem-log.ts";
import { writeRemoved } from "./removed.ts";
import { scopeRules } from "./scope.ts";
import { SharingQuestion } from "./sharing-question.ts";
import { walk } from "./walk.ts";

/** Wires the parts together: what is gathered goes to the Workers, what comes back to the output. */
class ArchiveWriter {
  readonly #request: ArchiveRequest;
  readonly #reporter: Reporter;
  readonly #signal: AbortSignal | undefined;
  readonly #rootFd: number;
  readonly #grafts: Grafts;
  readonly #directories: Directories;
  readonly #known: KnownFiles | undefined;
  readonly #problems: ProblemLog;
  readonly #output: ArchiveOutput;
  readonly #pool: Pool<PackData, PackTask, PackResult>;
  readonly #queue: TaskQueue<PackTask, PackResult, SentBatch | SentPiece>;
  readonly #large: LargeFiles;
  readonly #gatherer: Gatherer;
  readonly #packData: PackData;
  /** Of this thread: made for the first batch that does not fit into a frame. */
  #restPacker: Job<PackTask, PackResult> | undefined;
  /** Memory of stored frames, for the next ones: no more of them than tasks under way. */
  readonly #rooms: ArrayBuffer[] = [];
  /** Files that grew too large for the batch they were in. */
  readonly #deferred: ByteString[] = [];

  constructor(request: ArchiveRequest, reporter: Reporter, signal: AbortSignal | undefined) {
    this.#request = request;
    this.#reporter = reporter;
    this.#signal = signal;
    this.#rootFd = openDirectory(request.root);
    this.#grafts = openGrafts(this.#rootFd, request.scope.hidden ?? [], request.bares);
    const grafts = this.#grafts.list;
    this.#directories = new Directories(this.#rootFd, { grafts });
    this.#known = request.parent && new KnownFiles(request.parent);
    this.#problems = new ProblemLog(reporter);
    for (const place of this.#grafts.missing) {
      const reason = stored`what lies below the mount can't be looked at`;
      this.#problems.note({ path: place.path, severity: "lost", reason });
    }
    this.#output = new ArchiveOutput(request);
    const { level, sharing = [] } = request;
    this.#packData = { rootFd: this.#rootFd, grafts, sharing, level, codec: codecNamed(request.codec).type };
    this.#pool = new Pool("archive-pack", this.#packData, request.threads, packWork);
    this.#queue = new TaskQueue(this.#pool, (result, sent) => this.#store(result, sent));
    const ahead = new ReadAhead(this.#directories);
    const send = (task: PackTask, sent: SentBatch | SentPiece) => this.#send(task, sent);
    this.#large = new LargeFiles({
      ...{ directories: this.#directories, ahead, pool: this.#pool, output: this.#output, problems: this.#problems },
      ...{ send, onMissing: (path: ByteString) => this.#known?.isGone(path) },
      sharing,
    });
    this.#gatherer = new Gatherer({
      directories: this.#directories,
      known: this.#known,
      ahead,
      large: this.#large,
      sharing: this.#known && new SharingQuestion(sharing, this.#directories),
      send,
    });
  }

  async write(): Promise<ArchiveResult> {
    try {
      await this.#sync();
      await this.#walk();
      for (const path of this.#deferred) await this.#large.save(path);
      for (const image of this.#request.images ?? []) await this.#image(image);
      await this.#queue.finish();
      return await this.#finish();
    } catch (error) {
      await this.#queue.abandon();
      await this.#output.discard();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
    this.#restPacker?.close();
    this.#known?.close();
    this.#large.close();
    this.#directories.close();
    this.#grafts.close();
    closeFd(this.#rootFd);
  }

  /**
   * What is written through a memory map moves a file's times only where its page was clean: a page that is dirty by
   * now could be written to once more after the file was read, and the next backup would take the file for unchanged.
   */
  async #sync(): Promise<void> {
    const { root, scope } = this.#request;
    const paths = new Set(["/", ...scope.mounts].map(relativePath));
    const fds = [...paths].map((path) =>
      openAt(AT_FDCWD, `${toByteString(root)}/${path}` as ByteString, OpenFlag.directory),
    );
    const open = fds.filter((fd) => fd >= 0);
    await Promise.all(open.map((fd) => this.#pool.run({ kind: "sync", fd })));
    for (const fd of open) closeFd(fd);
  }

  #outputKeys(): string[] {
    const fd = this.#request.sink?.outputFd;
    const stat = fd === undefined ? undefined : statFd(fd);
    return typeof stat === "object" ? [inodeKey(stat)] : [];
  }

  async #walk(): Promise<void> {
    const found = walk(this.#rootFd, {
      rules: scopeRules(this.#request.scope),
      grafts: this.#grafts.list,
      skip: new Set([directoryKey(this.#request.directory), ...this.#outputKeys()]),
      onProblem: (problem) => this.#problems.note(problem),
    });
    for (const item of found) {
      const work = this.#gatherer.take(item);
      if (work) await work;
    }
    await this.#gatherer.flush();
    await this.#queue.finish();
  }

  async #image(image: ImageSource): Promise<void> {
    const file = await this.#large.saveImage(image);
    if (file) this.#known?.at(file.entry.path, file.stat);
    else this.#known?.isGone(toByteString(image.entry));
  }

  #send(task: PackTask, sent: SentBatch | SentPiece): Promise<void> {
    const room = this.#rooms.pop();
    return room ? this.#queue.add({ ...task, room }, sent, [room]) : this.#queue.add(task, sent);
  }

  async #store(result: PackResult, sent: SentBatch | SentPiece): Promise<void> {
    if (this.#signal?.aborted) throw new MondoError("cancelled", msg`the backup was interrupted`);
    await this.#keep(result, sent);
    if (result.rest && "known" in sent) await this.#packRest(result.rest, sent);
    for (const [path, first] of "links" in sent ? sent.links : []) this.#problems.noteLink(path, first);
    const total = this.#request.bytesTotal ?? 0;
    this.#reporter.progress({ label: msg`archive`, done: this.#output.storedBytes, total, unit: "bytes" });
  }

  /** Packs here what is left of a batch: the next ones may be under way, and entries keep their order. */
  async #packRest(first: BatchRest, { known, links }: SentBatch): Promise<void> {
    this.#restPacker ??= packWork(this.#packData);
    let files = known;
    for (let rest: BatchRest | undefined = first; rest; ) {
      files = files.slice(rest.from);
      const room = this.#rooms.pop();
      const { result } = this.#restPacker.run(room ? { ...rest.task, room } : rest.task);
      await this.#keep(result, { known: files, links });
      rest = result.rest;
    }
  }

  async #keep(result: PackResult, sent: SentBatch | SentPiece): Promise<void> {
    const output = this.#output;
    const frame = result.tarBytes > 0 ? await output.frame(result.frame, result.tarBytes) : undefined;
    if (result.frame.buffer.byteLength > 0) this.#rooms.push(result.frame.buffer);
    for (const problem of result.problems) this.#problems.note(problem);
    this.#deferred.push(...result.deferred);
    for (const path of result.missing) this.#known?.isGone(path);
    if ("file" in sent && result.piece) this.#large.stored(sent, result.piece);
    output.records(result.records, frame, "known" in sent ? sent.known : []);
    output.count(result);
  }

  async #finish(): Promise<ArchiveResult> {
    const result = await this.#output.finish();
    const removed = this.#known ? { removed: writeRemoved(this.#request.directory, this.#known.gone()) } : {};
    return { ...result, ...removed, problems: this.#problems.all };
  }
}

/**
 * Writes volumes and catalog of everything in scope into `request.directory`. A file that can't be saved as it is
 * becomes a Problem and never ends the backup. On any error (`no-space`, `cancelled`) nothing is left behind.
 */
export async function writeArchive(
  request: ArchiveRequest,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<ArchiveResult> {
  const writer = new ArchiveWriter(request, reporter, signal);
  try {
    return await writer.write();
  } finally {
    await writer.close();
  }
}
