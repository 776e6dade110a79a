import { type ByteString, toByteString } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import type { Reporter } from "../../base/report.ts";
import type { Codec } from "../../drivers/codec/codec.ts";
import { codecNamed } from "../../drivers/codec/codecs.ts";
import { TAR_END } from "../../formats/archive/pax.ts";
import { eventTurn } from "../../host/event-turn.ts";
import { AT_FDCWD, closeFd, type FileStat, FileType, openAt } from "../../host/fs-calls.ts";
import { OpenFlag } from "../../host/syscalls.ts";
import { CatalogWriter } from "../catalog/catalog-writer.ts";
import { FRAME_BYTES, LARGE_BYTES } from "../catalog/frame-bytes.ts";
import { type FrameInfo, type Problem, storedSize } from "../entry.ts";
import { Pool } from "../pool.ts";
import type { ParentRequest } from "../set/parent.ts";
import { Directories } from "../tree/directories.ts";
import { inodeKey, isDirectory } from "../tree/live-file.ts";
import { directoryKey, openDirectory } from "../tree/open-root.ts";
import { relativePath, shown } from "../tree/paths.ts";
import { ReadAhead } from "../tree/read-ahead.ts";
import type { ArchiveRequest, ArchiveResult, ImageSource } from "./archive-request.ts";
import { type KnownFile, KnownFiles } from "./known-files.ts";
import {
  closeLargeFile,
  isKnownContent,
  type LargeFile,
  openImage,
  openLargeFile,
  pieceTasks,
  recordOf,
} from "./large-file.ts";
import { MAYBE, type PackData, type PackResult, type PackTask, packWork, REGULAR, SAME } from "./pack.ts";
import { writeRemoved } from "./removed.ts";
import { type Scope, scopeRules } from "./scope.ts";
import { spliceRecords } from "./splice.ts";
import { VolumeWriter } from "./volume-writer.ts";
import { type Found, walk } from "./walk.ts";

/** What a task was about, for when its result comes. */
interface Pending {
  readonly result: Promise<PackResult>;
  /** Hard links of a batch: path and first link. */
  readonly links?: readonly (readonly [ByteString, ByteString])[];
  /** Files of a batch that the parent knows. */
  readonly known?: readonly KnownFile[];
  readonly large?: { readonly file: LargeFile; readonly first: boolean; readonly last: boolean };
}

/** Bytes that a file takes in an archive, roughly: a sparse one no more than it occupies. */
function storedEstimate(stat: FileStat): number {
  return (stat.mode & FileType.mask) === FileType.file ? Math.min(stat.size, stat.blocks * 512 + FRAME_BYTES) : 0;
}

class ArchiveWriter {
  readonly #request: ArchiveRequest;
  readonly #reporter: Reporter;
  readonly #signal: AbortSignal | undefined;
  readonly #codec: Codec;
  readonly #rootFd: number;
  readonly #pool: Pool<PackData, PackTask, PackResult>;
  readonly #directories: Directories;
  readonly #ahead: ReadAhead;
  readonly #volumes: VolumeWriter;
  readonly #catalog: CatalogWriter;
  readonly #pending: Pending[] = [];
  /** Memory of stored frames, for the next ones: no more of them than tasks under way. */
  readonly #rooms: ArrayBuffer[] = [];
  readonly #problems: Problem[] = [];
  readonly #lost = new Set<string>();
  readonly #deferred: ByteString[] = [];
  readonly #openFiles = new Set<LargeFile>();
  readonly #troubled = new WeakSet<LargeFile>();
  readonly #firstLinks = new Map<string, ByteString>();
  #batch = "";
  #batchBytes = 0;
  #batchLinks: [ByteString, ByteString][] = [];
  #batchKnown: KnownFile[] = [];
  #batchSame = 0;
  /** Their entry records, where a Worker has to compare. */
  #batchRecords: (Uint8Array | undefined)[] = [];
  readonly #known: KnownFiles | undefined;
  readonly #firstVolume: number;
  #storedBytes = 0;
  #entries = 0;
  #frames = 0;
  #contentBytes = 0;

  constructor(request: ArchiveRequest, reporter: Reporter, signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#request = request;
    this.#codec = codecNamed(request.codec);
    this.#reporter = reporter;
    this.#rootFd = openDirectory(request.root);
    this.#directories = new Directories(this.#rootFd);
    this.#ahead = new ReadAhead(this.#directories);
    this.#catalog = new CatalogWriter(request.directory);
    this.#volumes = new VolumeWriter(request.directory, this.#codec, request.volumeBytes);
    this.#known = request.parent && new KnownFiles(request.parent);
    this.#firstVolume = request.parent?.volumes ?? 0;
    const data = { rootFd: this.#rootFd, level: request.level, codec: this.#codec.type };
    this.#pool = new Pool("archive-pack", data, request.threads, packWork);
  }

  async write(): Promise<ArchiveResult> {
    try {
      await this.#sync();
      const found = walk(this.#rootFd, {
        rules: scopeRules(this.#request.scope),
        skip: new Set([directoryKey(this.#request.directory)]),
        onProblem: (problem) => this.#note(problem),
      });
      for (const item of found) {
        // No promise for every file: most only join the batch.
        const work = this.#take(item);
        if (work) await work;
      }
      await this.#flush();
      await this.#drain(0);
      for (const path of this.#deferred) await this.#large(path);
      for (const image of this.#request.images ?? []) await this.#image(image);
      await this.#drain(0);
      return this.#finish();
    } catch (error) {
      await Promise.allSettled(this.#pending.map(({ result }) => result));
      this.#volumes.discard();
      this.#catalog.discard();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
    this.#known?.close();
    for (const file of this.#openFiles) closeFd(file.fd);
    this.#directories.close();
    closeFd(this.#rootFd);
  }

  /**
   * What is written through a memory map moves a file's times only where its page was clean: a page that is dirty by now could be
   * written to once more after the file was read, and the next backup would take the file for unchanged.
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

  #take({ path, stat }: Found): Promise<void> | undefined {
    let first = "" as ByteString;
    if (stat.nlink > 1 && !isDirectory(stat)) {
      const key = inodeKey(stat);
      first = this.#firstLinks.get(key) ?? first;
      if (first === "") this.#firstLinks.set(key, path);
      else this.#batchLinks.push([path, first]);
    }
    const regular = first === "" && (stat.mode & FileType.mask) === FileType.file;
    const known = this.#known?.at(path, stat);
    const judgement = known && regular ? this.#known?.judge(known, stat) : "new";
    if (known && judgement === "same") return this.#same(known);
    const bytes = first === "" ? storedEstimate(stat) : 0;
    this.#endSame();
    const maybe = judgement === "maybe" ? known : undefined;
    if (bytes > LARGE_BYTES) return this.#flush().then(() => this.#large(path, maybe));
    if (maybe && !maybe.entry.pieces) {
      this.#batchKnown.push(maybe);
      this.#batchRecords.push(maybe.record);
      this.#batch += `${path}\0${MAYBE}\0`;
    } else this.#batch += `${path}\0${regular ? REGULAR : first}\0`;
    if (regular) this.#ahead.add(path, stat);
    return this.#batched(1024 + bytes);
  }

  /**
   * A file that needs no more than its place in the catalog. It counts for what is known of it, which is kept until its batch is
   * stored.
   */
  #same(known: KnownFile): Promise<void> | undefined {
    this.#batchSame++;
    this.#batchKnown.push(known);
    this.#batchRecords.push(undefined);
    return this.#batched(1024);
  }

  /** Puts the files that need nothing, as many as came one after the other, among the others. */
  #endSame(): void {
    if (this.#batchSame > 0) this.#batch += `\0${SAME}${this.#batchSame}\0`;
    this.#batchSame = 0;
  }

  #batched(bytes: number): Promise<void> | undefined {
    this.#batchBytes += bytes;
    return this.#batchBytes >= FRAME_BYTES ? this.#flush() : undefined;
  }

  async #flush(): Promise<void> {
    this.#endSame();
    if (this.#batch === "") return;
    const [paths, links, known, records] = [this.#batch, this.#batchLinks, this.#batchKnown, this.#batchRecords];
    this.#batch = "";
    this.#batchBytes = 0;
    this.#batchLinks = [];
    this.#batchKnown = [];
    this.#batchRecords = [];
    this.#ahead.run();
    const more = known.length > 0 ? { known: records } : {};
    await this.#send({ kind: "batch", paths, ...more }, { links, known });
  }

  async #large(path: ByteString, known?: KnownFile): Promise<void> {
    const file = openLargeFile(this.#directories, path);
    if ("severity" in file) return this.#lose(path, file);
    this.#openFiles.add(file);
    const { trouble } = file;
    if (trouble !== undefined) this.#note({ path: shown(path), severity: "changed", reason: trouble });
    if (known && trouble === undefined && (await isKnownContent(file, known, this.#pool))) {
      closeFd(file.fd);
      this.#openFiles.delete(file);
      return this.#same({ ...known, record: recordOf(file.entry) });
    }
    await this.#pieces(file);
  }

  async #image(image: ImageSource): Promise<void> {
    const file = openImage(image);
    if ("severity" in file) return this.#lose(toByteString(image.entry), file);
    this.#openFiles.add(file);
    this.#known?.at(file.entry.path, file.stat);
    await this.#pieces(file);
  }

  async #pieces(file: LargeFile): Promise<void> {
    let first = true;
    for (const task of pieceTasks(file)) {
      this.#ahead.ranges(file.fd, file.stat, task.ranges);
      await this.#send(task, { large: { file, first, last: task.last } });
      first = false;
    }
  }

  async #send(task: PackTask, about: Omit<Pending, "result">): Promise<void> {
    const room = this.#rooms.pop();
    const result = room ? this.#pool.run({ ...task, room }, [room]) : this.#pool.run(task);
    this.#pending.push({ result, ...about });
    await this.#drain(this.#pool.window);
  }

  /** Takes results, oldest first, until no more than `most` tasks are under way. */
  async #drain(most: number): Promise<void> {
    for (let next = this.#pending[0]; next && this.#pending.length > most; next = this.#pending[0]) {
      const result = await next.result;
      if (this.#signal?.aborted) throw new MondoError("cancelled", "the backup was interrupted");
      this.#pending.shift();
      this.#store(next, result);
    }
  }

  #store({ links, large, known }: Pending, result: PackResult): void {
    const frame = result.tarBytes > 0 ? this.#frame(result.frame, result.tarBytes) : undefined;
    if (result.frame.buffer.byteLength > 0) this.#rooms.push(result.frame.buffer);
    for (const problem of result.problems) this.#note(problem);
    this.#deferred.push(...result.deferred);
    if (this.#known) for (const path of result.missing) this.#known.isGone(path);
    if (large && result.piece) this.#piece(large, result.piece);
    if (known && known.length > 0) this.#splice(result.records, frame, known);
    else this.#catalog.records(result.records);
    this.#entries += result.entries;
    this.#contentBytes += result.contentBytes;
    this.#storedBytes += result.contentBytes;
    for (const [path, first] of links ?? []) {
      if (!this.#lost.has(shown(first))) continue;
      this.#note({
        path: shown(path),
        severity: "lost",
        reason: `it is a hard link to ${shown(first)}, which is lost`,
      });
    }
    const total = this.#request.bytesTotal ?? 0;
    this.#reporter.progress({ label: "archive", done: this.#storedBytes, total, unit: "bytes" });
  }

  #splice(records: Uint8Array, frame: FrameInfo | undefined, known: readonly KnownFile[]): void {
    for (const { entry } of spliceRecords(this.#catalog, records, frame, known)) {
      this.#entries++;
      this.#contentBytes += storedSize(entry);
    }
  }

  #piece({ file, first, last }: NonNullable<Pending["large"]>, piece: NonNullable<PackResult["piece"]>): void {
    if (first) {
      this.#catalog.entry(file.entry);
      this.#entries++;
    }
    this.#catalog.piece(piece);
    const changed = last ? closeLargeFile(file) : undefined;
    if (last) this.#openFiles.delete(file);
    const reason = piece.trouble ?? changed;
    if (!reason || this.#troubled.has(file)) return;
    this.#troubled.add(file);
    this.#note({ path: shown(file.entry.path), severity: "changed", reason });
  }

  #frame(frame: Uint8Array, tarBytes: number): FrameInfo {
    const own = this.#volumes.write(frame, tarBytes);
    const info = { ...own, volume: this.#firstVolume + own.volume };
    this.#catalog.frame(info);
    this.#frames++;
    return info;
  }

  #lose(path: ByteString, problem: Problem): void {
    this.#known?.isGone(path);
    this.#note(problem);
  }

  #note(problem: Problem): void {
    this.#problems.push(problem);
    if (problem.severity === "lost") this.#lost.add(problem.path);
    this.#reporter.log(`${problem.path}: ${problem.reason} (${problem.severity})`);
  }

  #finish(): ArchiveResult {
    this.#frame(this.#codec.compressor(0).compress(TAR_END), TAR_END.length);
    const [entries, contentBytes] = [this.#entries, this.#contentBytes];
    const volumes = this.#volumes.finish();
    const removed = this.#known ? { removed: writeRemoved(this.#request.directory, this.#known.gone()) } : {};
    const catalog = this.#catalog.finish({ entries, frames: this.#frames, contentBytes });
    const [codec, storedBytes, problems] = [this.#codec.type, this.#storedBytes, this.#problems];
    return { codec, entries, contentBytes, storedBytes, volumes, catalog, ...removed, problems };
  }
}

/**
 * Writes volumes and catalog of everything in scope into `request.directory`. One file never ends it: what can't be saved as it
 * is becomes a Problem. On any error (`no-space`, `cancelled`) nothing is left behind.
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

/**
 * Entries, content bytes and length of all paths in scope, by a walk that reads no file (about 2 µs an entry). With a parent, bytes of files that are
 * surely as they were don't count.
 */
export async function estimateScope(request: {
  readonly root: string;
  readonly scope: Scope;
  readonly parent?: ParentRequest;
}): Promise<{ readonly entries: number; readonly bytes: number; readonly pathBytes: number }> {
  const rootFd = openDirectory(request.root);
  const seen = new Set<string>();
  const files = request.parent && new KnownFiles(request.parent);
  let [entries, bytes, pathBytes] = [0, 0, 0];
  try {
    for (const { path, stat } of walk(rootFd, { rules: scopeRules(request.scope), onProblem: () => {} })) {
      entries++;
      pathBytes += path.length;
      if (entries % 20_000 === 0) await eventTurn();
      if (stat.nlink > 1 && !isDirectory(stat)) {
        if (seen.has(inodeKey(stat))) continue;
        seen.add(inodeKey(stat));
      }
      const known = files?.at(path, stat);
      if (known && files?.judge(known, stat) === "same") continue;
      if ((stat.mode & FileType.mask) === FileType.file) bytes += Math.min(stat.size, stat.blocks * 512);
    }
    return { entries, bytes, pathBytes };
  } finally {
    files?.close();
    closeFd(rootFd);
  }
}
