import type { ByteString } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import type { Reporter } from "../../base/report.ts";
import { MIB } from "../../base/units.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import { closeFd } from "../../host/fs-calls.ts";
import { memoryBytes } from "../../host/threads.ts";
import { type CatalogPlace, type CatalogRecord, openCatalog, readCatalog } from "../catalog/catalog.ts";
import { decodeEntry, encodeEntry, entriesOf, peekEntry } from "../catalog/entry-record.ts";
import { RangeCursor } from "../catalog/ranges.ts";
import { putRecord, RecordType } from "../catalog/records.ts";
import { everything, type Selection, selectionOf } from "../catalog/selection.ts";
import { type Subset, subsetOf } from "../catalog/subset.ts";
import { type Entry, type FrameInfo, type Piece, type Problem, storedSize } from "../entry.ts";
import { Pool } from "../pool.ts";
import { type MediumPass, passesOf, placeOf, volumesUsed } from "../set/media-passes.ts";
import type { FileSpan, Locate } from "../set-files.ts";
import { Directories } from "../tree/directories.ts";
import { isSealed } from "../tree/inode-attributes.ts";
import { openDirectory } from "../tree/open-root.ts";
import { shown } from "../tree/paths.ts";
import type { ExtractRequest, ExtractResult } from "./extract-request.ts";
import { type PlaceData, Placer } from "./place.ts";
import { type UnpackData, type UnpackResult, type UnpackTask, unpackWork } from "./unpack.ts";

/** A large file that is being filled by several Workers. */
interface Filling {
  readonly entry: Entry;
  readonly fd: number;
  /** Stored bytes whose pieces have not come yet. */
  left: number;
  underWay: number;
  /** It has all its content and its metadata. */
  closed: boolean;
}

/** The large file whose pieces come now, by its place among the catalog's large files. */
interface Large {
  readonly ordinal: number;
  readonly entry: Entry;
  readonly cursor: RangeCursor;
}

interface Pending {
  readonly result: Promise<UnpackResult>;
  readonly filling: Filling | undefined;
}

/** Records of one task may grow to this when no frame ends them. */
const TASK_BYTES = 256 * 1024;
/** Below this much RAM a second Worker would cost more than it brings. */
const SMALL_MACHINE = 700 * MIB;
/** Less content than this is there before a Worker would have started. */
const FEW_BYTES = 16 * MIB;

class Extractor {
  readonly #request: ExtractRequest;
  readonly #reporter: Reporter;
  readonly #signal: AbortSignal | undefined;
  readonly #locate: Locate;
  readonly #place: PlaceData;
  readonly #targetFd: number;
  readonly #placer: Placer;
  readonly #existing: Directories;
  #pool: Pool<UnpackData, UnpackTask, UnpackResult> | undefined;
  readonly #records = new PackedWriter(TASK_BYTES);
  /** Files that become immutable or append-only when all else is done, and directories that were. */
  readonly #sealed = new PackedWriter();
  readonly #problems: Problem[] = [];
  /** Directories whose metadata stay as they are: they were there before. */
  readonly #kept = new Set<ByteString>();
  readonly #failed = new Set<ByteString>();
  /** Large files by ordinal, whole ones too; undefined: it could not be made. */
  readonly #fillings = new Map<number, Filling | undefined>();
  /** What was told of large files: one reason may hold for a thousand pieces. */
  readonly #told = new Set<string>();
  #passes: readonly MediumPass[] = [];
  #subset: Subset | undefined;
  #selection: Selection = everything;
  #pending: Pending[] = [];
  #entries = 0;
  #bytes = 0;
  #readBytes = 0;

  constructor(request: ExtractRequest, reporter: Reporter, signal?: AbortSignal) {
    this.#request = request;
    this.#reporter = reporter;
    this.#signal = signal;
    const known = new Map([...request.manifest.volumes, request.manifest.catalog].map((file) => [file.name, file]));
    const beside = (name: string): FileSpan => ({
      ...{ path: `${request.directory}/${name}`, offset: 0, sizeBytes: known.get(name)?.sizeBytes ?? 0 },
    });
    this.#locate = request.locate ?? beside;
    this.#targetFd = openDirectory(request.target);
    const { lenientMounts = [], keepExisting = false, devices = [] } = request;
    this.#place = { targetFd: this.#targetFd, lenientMounts, keepExisting, devices };
    this.#placer = new Placer(this.#place);
    this.#existing = new Directories(this.#targetFd);
  }

  async extract(): Promise<ExtractResult> {
    const { select, keepExisting, manifest } = this.#request;
    if (select) {
      this.#selection = selectionOf(openCatalog(this.#catalogPlace).names(), select);
      this.#subset = subsetOf(this.#catalogPlace, this.#selection);
    }
    if (select || keepExisting) this.#findExisting(keepExisting ?? false);
    // A restore needs all that is in the set, and of its parents what it refers to.
    const isPart = select !== undefined || manifest.volumes.some(({ name }) => name.includes("/"));
    this.#passes = passesOf(manifest.volumes, isPart ? this.#volumesUsed() : undefined);
    // Whatever is taken, there is a pass for what has no content.
    for (let index = 0; index < Math.max(1, this.#passes.length); index++) await this.#pass(index);
    this.#reportUnfilled();
    await this.#afterwards("link", "hardlink");
    await this.#afterwards("finish", "directory");
    await this.#seal();
    const [entries, bytes] = [this.#entries, this.#bytes];
    return { entries, bytes, readBytes: this.#readBytes, problems: this.#problems };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#pending.map(({ result }) => result));
    await this.#pool?.close();
    for (const filling of this.#unfilled()) closeFd(filling.fd);
    this.#placer.close();
    this.#existing.close();
    closeFd(this.#targetFd);
  }

  /** Asked anew each time: the medium that has it may have changed. */
  get #catalogPlace(): CatalogPlace {
    const { catalog } = this.#request.manifest;
    return this.#locate(catalog.name) ?? `${this.#request.directory}/${catalog.name}`;
  }

  /** From its start: all of it, or as much as the choice takes. */
  #catalog(): Iterable<CatalogRecord> {
    return this.#subset?.records ?? readCatalog(this.#catalogPlace, this.#request.salvage);
  }

  /** Workers cost more than they bring for a few files, or in little memory. */
  get #workers(): number {
    const { threads } = this.#request;
    if (this.#subset && this.#subset.contentBytes < FEW_BYTES) return 0;
    return memoryBytes() < SMALL_MACHINE ? Math.min(1, threads) : threads;
  }

  /** Nothing is chosen, nothing is kept: records go to the Workers as they are. */
  get #takesAll(): boolean {
    return this.#selection === everything && this.#kept.size === 0;
  }

  /** With one medium it does not matter. */
  #volumesUsed(): ReadonlySet<number> | undefined {
    if (passesOf(this.#request.manifest.volumes).length < 2) return undefined;
    return volumesUsed(this.#catalog(), this.#selection);
  }

  async #pass(index: number): Promise<void> {
    await this.#pool?.close();
    this.#pool = undefined;
    const pass = this.#passes[index];
    if (pass) await this.#request.needMedium?.(pass);
    const { manifest } = this.#request;
    const codec = manifest.codec ? { codec: manifest.codec } : {};
    const volumes = manifest.volumes.map((volume) => placeOf(volume, this.#locate));
    this.#pool = new Pool("archive-unpack", { ...this.#place, ...codec, volumes }, this.#workers, unpackWork);
    await this.#content(index);
  }

  /** In which pass the content of a frame is read; what no medium is asked for comes first. */
  #passOf(frame: FrameInfo | undefined): number {
    return Math.max(0, frame ? this.#passes.findIndex(({ volumes }) => volumes.has(frame.volume)) : 0);
  }

  /** Everything of a pass but hard links, frame by frame. */
  async #content(pass: number): Promise<void> {
    let frame: FrameInfo | undefined;
    let large: Large | undefined;
    let [known, larges, hasGap, isMine] = [0, 0, false, pass === 0];
    for (const record of this.#catalog()) {
      if (record.type === "frame" || record.type === "gap") {
        await this.#flush("create", frame);
        frame = record.type === "frame" ? record.frame : undefined;
        isMine = this.#passOf(frame) === pass;
        // Pieces behind a gap may be of a file that stood in it.
        if (record.type === "gap") [large, hasGap] = [undefined, true];
      } else if (record.type === "entry") {
        known++;
        if (peekEntry(record.bytes).inPieces) {
          large = this.#large(larges++, record.bytes);
          if (large && isMine) this.#fillingOf(large);
        } else if (isMine) this.#collect(record.bytes);
        if (this.#records.length >= TASK_BYTES) await this.#flush("create", frame);
      } else if (record.type === "piece" && large && frame) await this.#piece(frame, large, record.piece, isMine);
    }
    await this.#flush("create", frame);
    await this.#drain(0);
    if (hasGap && pass === 0) this.#problems.push(unknownEntries(this.#request.manifest.entries - known));
    this.#settle();
  }

  /** Large files that wait for pieces still, each open. */
  #unfilled(): Filling[] {
    return [...this.#fillings.values()].filter((filling) => filling !== undefined).filter(({ closed }) => !closed);
  }

  #reportUnfilled(): void {
    for (const { entry } of this.#unfilled()) {
      this.#placer.incomplete(entry.path, "the catalog does not have all its pieces");
    }
    this.#settle();
  }

  /** Takes over what this thread's own placer could not do. */
  #settle(): void {
    this.#problems.push(...this.#placer.takeProblems());
    for (const path of this.#placer.takeFailed()) this.#failed.add(path);
    for (const entry of this.#placer.takeUnsealed()) encodeEntry(this.#sealed, entry);
  }

  #collect(bytes: Uint8Array): void {
    if (peekEntry(bytes).kind === "hardlink") return;
    if (this.#takesAll) {
      putRecord(this.#records, RecordType.entry, bytes);
      return;
    }
    const taken = this.#taken(bytes);
    if (taken) encodeEntry(this.#records, taken);
  }

  async #seal(): Promise<void> {
    for (const entry of entriesOf(Uint8Array.prototype.slice.call(this.#sealed.bytes()))) {
      // Directories of the archive have got their own flags by now.
      const isDone = entry.kind === "directory" && !this.#kept.has(entry.path);
      if (!isDone && !this.#failed.has(entry.path)) encodeEntry(this.#records, entry);
    }
    await this.#flush("seal");
    await this.#drain(0);
  }

  /** The entry to make for a record: a chosen one, or a directory above chosen ones. */
  #taken(bytes: Uint8Array): Entry | undefined {
    const entry = decodeEntry(bytes);
    const isWay = entry.kind === "directory" && this.#selection.isWay(entry.path);
    const taken = this.#selection.take(entry) ?? (isWay ? entry : undefined);
    return taken && this.#kept.has(taken.path) ? undefined : taken;
  }

  /** Remembers the directories that are there before anything is made; chosen ones count only where existing things are kept. */
  #findExisting(keepChosen: boolean): void {
    for (const record of this.#catalog()) {
      if (record.type !== "entry" || peekEntry(record.bytes).kind !== "directory") continue;
      const entry = decodeEntry(record.bytes);
      const chosen = this.#selection.take(entry) !== undefined;
      if (chosen ? !keepChosen : !this.#selection.isWay(entry.path)) continue;
      if (this.#existing.open(entry.path) >= 0) this.#kept.add(entry.path);
    }
  }

  #large(ordinal: number, bytes: Uint8Array): Large | undefined {
    const entry = this.#selection.take(decodeEntry(Uint8Array.prototype.slice.call(bytes)));
    return entry && { ordinal, entry, cursor: new RangeCursor(entry.extents ?? [0, entry.size]) };
  }

  /** The file that takes the pieces, made when the first of them is there; undefined: it can't be. */
  #fillingOf({ ordinal, entry }: Large): Filling | undefined {
    if (this.#fillings.has(ordinal)) return this.#fillings.get(ordinal);
    const fd = this.#placer.create(entry);
    const filling = fd === undefined ? undefined : { entry, fd, left: storedSize(entry), underWay: 0, closed: false };
    this.#fillings.set(ordinal, filling);
    if (filling && isSealed(entry)) encodeEntry(this.#sealed, entry);
    return filling;
  }

  async #piece(frame: FrameInfo, large: Large, piece: Piece, isMine: boolean): Promise<void> {
    const { entry } = large;
    // Its place in the file is known by the pieces before it, whatever medium they lie on.
    const ranges = large.cursor.take(piece.length);
    const filling = isMine ? this.#fillingOf(large) : undefined;
    if (!filling) return;
    const { fd } = filling;
    if (piece.length > filling.left) {
      this.#placer.incomplete(entry.path, "the catalog has more pieces than content");
      return;
    }
    filling.left -= piece.length;
    filling.underWay++;
    await this.#send({ kind: "piece", frame, piece, fd, path: entry.path, ranges }, filling);
  }

  /** Further passes, for what must wait until all files are there. */
  async #afterwards(task: "link" | "finish", kind: Entry["kind"]): Promise<void> {
    for (const record of this.#catalog()) {
      if (record.type !== "entry" || peekEntry(record.bytes).kind !== kind) continue;
      const taken = this.#taken(record.bytes);
      if (taken && this.#isSound(taken)) encodeEntry(this.#records, taken);
      if (this.#records.length >= TASK_BYTES) await this.#flush(task);
    }
    await this.#flush(task);
    await this.#drain(0);
  }

  /** Whether a link's first name is what the archive means by it, not something else that stands there. */
  #isSound({ kind, path, target }: Entry): boolean {
    if (kind !== "hardlink" || target === undefined || !this.#failed.has(target)) return true;
    const reason = `its first link ${shown(target)} was not made`;
    this.#problems.push({ path: shown(path), severity: "lost", reason });
    return false;
  }

  async #flush(kind: "create" | "link" | "finish" | "seal", frame?: FrameInfo): Promise<void> {
    if (this.#records.length === 0) return;
    const records = Uint8Array.prototype.slice.call(this.#records.bytes());
    this.#records.clear();
    await this.#send({ kind, records, ...(frame ? { frame } : {}) });
  }

  async #send(task: UnpackTask, filling?: Filling): Promise<void> {
    if (this.#signal?.aborted) throw new MondoError("cancelled", "the restore of files was interrupted");
    const pool = this.#pool;
    if (!pool) throw new MondoError("bug", "there is nobody to unpack");
    this.#pending.push({ result: pool.run(task), filling });
    await this.#drain(pool.window);
  }

  async #drain(most: number): Promise<void> {
    for (let next = this.#pending[0]; next && this.#pending.length > most; next = this.#pending[0]) {
      const result = await next.result;
      this.#pending.shift();
      this.#entries += result.entries;
      this.#bytes += result.bytes;
      this.#readBytes += result.readBytes;
      for (const path of result.failed) this.#failed.add(path);
      if (result.sealed) this.#sealed.raw(result.sealed);
      for (const problem of result.problems) this.#tell(problem, next.filling !== undefined);
      if (next.filling) this.#filled(next.filling);
      const { select, manifest } = this.#request;
      const total = select ? (this.#subset?.contentBytes ?? 0) : manifest.contentBytes;
      this.#reporter.progress({ label: "restore", done: this.#bytes, total, unit: "bytes" });
    }
  }

  #tell(problem: Problem, isPiece: boolean): void {
    const text = `${problem.path}\0${problem.reason}`;
    if (!isPiece || !this.#told.has(text)) this.#problems.push(problem);
    if (isPiece) this.#told.add(text);
  }

  /** One piece more is in place; after the last one the file gets its metadata. */
  #filled(filling: Filling): void {
    filling.underWay--;
    if (filling.left > 0 || filling.underWay > 0) return;
    this.#placer.finishFile(filling.entry, filling.fd);
    closeFd(filling.fd);
    filling.closed = true;
    this.#entries++;
    this.#settle();
  }
}

function unknownEntries(count: number): Problem {
  return { path: "/", severity: "lost", reason: `a part of the catalog is damaged: ${count} entries are not known` };
}

/**
 * Makes the entries of a set below `request.target` and nowhere else: no name, link or symbolic link of the archive leads out.
 * One entry never ends it: what can't be made is a Problem. Memory: about 40 MiB a thread.
 */
export async function extractArchive(
  request: ExtractRequest,
  reporter: Reporter,
  signal?: AbortSignal,
): Promise<ExtractResult> {
  const extractor = new Extractor(request, reporter, signal);
  try {
    return await extractor.extract();
  } finally {
    await extractor.close();
  }
}
