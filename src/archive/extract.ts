import type { ByteString } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import type { Reporter } from "../base/report.ts";
import { MIB } from "../base/units.ts";
import { PackedWriter } from "../formats/packed-bytes.ts";
import { closeFd } from "../host/fs-calls.ts";
import { memoryBytes } from "../host/threads.ts";
import { type CatalogPlace, openCatalog, readCatalog } from "./catalog.ts";
import { Directories } from "./directories.ts";
import { SEALING_FLAGS } from "./inode-attributes.ts";
import { openDirectory } from "./open-root.ts";
import { Placer } from "./place.ts";
import { Pool } from "./pool.ts";
import { RangeCursor } from "./ranges.ts";
import { decodeEntry, encodeEntry, peekEntry } from "./records.ts";
import { everything, type Selection, selectionOf } from "./selection.ts";
import {
  type Entry,
  type ExtractRequest,
  type ExtractResult,
  type FileSpan,
  type FrameInfo,
  type Piece,
  type Problem,
  storedSize,
  type VolumeInfo,
} from "./types.ts";
import { entriesOf, type UnpackData, type UnpackResult, type UnpackTask, unpackWork } from "./unpack.ts";
import { shown } from "./walk.ts";

/** A large file that is being filled by several Workers. */
interface Filling {
  readonly entry: Entry;
  readonly fd: number;
  readonly cursor: RangeCursor;
  /** Stored bytes whose pieces have not come yet. */
  left: number;
  underWay: number;
}

interface Pending {
  readonly result: Promise<UnpackResult>;
  readonly filling: Filling | undefined;
}

/** Records of one task may grow to this when no frame ends them. */
const TASK_BYTES = 256 * 1024;
/** Below this much RAM a second Worker would cost more than it brings. */
const SMALL_MACHINE = 700 * MIB;

class Extractor {
  readonly #request: ExtractRequest;
  readonly #reporter: Reporter;
  readonly #signal: AbortSignal | undefined;
  readonly #catalogPlace: CatalogPlace;
  readonly #targetFd: number;
  readonly #placer: Placer;
  readonly #existing: Directories;
  readonly #pool: Pool<UnpackData, UnpackTask, UnpackResult>;
  readonly #records = new PackedWriter(TASK_BYTES);
  /** Files that become immutable or append-only when all else is done. */
  readonly #sealed = new PackedWriter();
  readonly #problems: Problem[] = [];
  /** Directories whose metadata stay as they are: they were there before. */
  readonly #kept = new Set<ByteString>();
  readonly #failed = new Set<ByteString>();
  readonly #fillings = new Set<Filling>();
  #selection: Selection = everything;
  #pending: Pending[] = [];
  #entries = 0;
  #bytes = 0;
  #readBytes = 0;

  constructor(request: ExtractRequest, reporter: Reporter, signal?: AbortSignal) {
    this.#request = request;
    this.#reporter = reporter;
    this.#signal = signal;
    const { catalog, volumes } = request.manifest;
    this.#catalogPlace = request.locate?.(catalog.name) ?? `${request.directory}/${catalog.name}`;
    this.#targetFd = openDirectory(request.target);
    const { lenientMounts = [], keepExisting = false } = request;
    const place = { targetFd: this.#targetFd, lenientMounts, keepExisting };
    this.#placer = new Placer(place);
    this.#existing = new Directories(this.#targetFd);
    const threads = memoryBytes() < SMALL_MACHINE ? Math.min(1, request.threads) : request.threads;
    const beside = ({ name, sizeBytes }: VolumeInfo): FileSpan => ({
      ...{ path: `${request.directory}/${name}`, offset: 0, sizeBytes },
    });
    const codec = request.manifest.codec ? { codec: request.manifest.codec } : {};
    const spans = volumes.map((volume) => (request.locate ? request.locate(volume.name) : beside(volume)));
    this.#pool = new Pool("archive-unpack", { ...place, ...codec, volumes: spans }, threads, unpackWork);
  }

  async extract(): Promise<ExtractResult> {
    const { select, keepExisting } = this.#request;
    if (select) this.#selection = selectionOf(openCatalog(this.#catalogPlace).entries(), select);
    if (select || keepExisting) this.#findExisting(keepExisting ?? false);
    await this.#content();
    await this.#afterwards("link", "hardlink");
    await this.#afterwards("finish", "directory");
    await this.#seal();
    const [entries, bytes] = [this.#entries, this.#bytes];
    return { entries, bytes, readBytes: this.#readBytes, problems: this.#problems };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#pending.map(({ result }) => result));
    await this.#pool.close();
    for (const { fd } of this.#fillings) closeFd(fd);
    this.#placer.close();
    this.#existing.close();
    closeFd(this.#targetFd);
  }

  /** First pass: everything but hard links, frame by frame. */
  async #content(): Promise<void> {
    let frame: FrameInfo | undefined;
    let filling: Filling | undefined;
    let [known, hasGap] = [0, false];
    for (const record of readCatalog(this.#catalogPlace, this.#request.salvage)) {
      if (record.type === "frame" || record.type === "gap") {
        await this.#flush("create", frame);
        frame = record.type === "frame" ? record.frame : undefined;
        // Pieces behind a gap may be of a file that stood in it.
        if (record.type === "gap") [filling, hasGap] = [undefined, true];
      } else if (record.type === "entry") {
        known++;
        if (peekEntry(record.bytes).inPieces) filling = this.#begin(record.bytes);
        else this.#collect(record.bytes);
        if (this.#records.length >= TASK_BYTES) await this.#flush("create", frame);
      } else if (record.type === "piece" && filling && frame) await this.#piece(frame, filling, record.piece);
    }
    await this.#flush("create", frame);
    await this.#drain(0);
    if (hasGap) this.#problems.push(unknownEntries(this.#request.manifest.entries - known));
    for (const { entry, left } of this.#fillings) {
      if (left > 0) this.#placer.incomplete(entry.path, "the catalog does not have all its pieces");
    }
    this.#settle();
  }

  /** Takes over what this thread's own placer could not do. */
  #settle(): void {
    this.#problems.push(...this.#placer.takeProblems());
    for (const path of this.#placer.takeFailed()) this.#failed.add(path);
  }

  #collect(bytes: Uint8Array): void {
    if (peekEntry(bytes).kind === "hardlink") return;
    const taken = this.#taken(bytes);
    if (!taken) return;
    encodeEntry(this.#records, taken);
    this.#noteSealed(taken);
  }

  #noteSealed(entry: Entry): void {
    if (entry.kind === "file" && (entry.flags ?? 0) & SEALING_FLAGS) encodeEntry(this.#sealed, entry);
  }

  async #seal(): Promise<void> {
    for (const entry of entriesOf(Uint8Array.prototype.slice.call(this.#sealed.bytes()))) {
      if (!this.#failed.has(entry.path)) encodeEntry(this.#records, entry);
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
    for (const record of readCatalog(this.#catalogPlace, this.#request.salvage)) {
      if (record.type !== "entry" || peekEntry(record.bytes).kind !== "directory") continue;
      const entry = decodeEntry(record.bytes);
      const chosen = this.#selection.take(entry) !== undefined;
      if (chosen ? !keepChosen : !this.#selection.isWay(entry.path)) continue;
      if (this.#existing.open(entry.path) >= 0) this.#kept.add(entry.path);
    }
  }

  #begin(bytes: Uint8Array): Filling | undefined {
    const entry = this.#selection.take(decodeEntry(Uint8Array.prototype.slice.call(bytes)));
    const fd = entry && this.#placer.create(entry);
    if (!entry || fd === undefined) return undefined;
    this.#noteSealed(entry);
    const cursor = new RangeCursor(entry.extents ?? [0, entry.size]);
    const filling = { entry, fd, cursor, left: storedSize(entry), underWay: 0 };
    this.#fillings.add(filling);
    return filling;
  }

  async #piece(frame: FrameInfo, filling: Filling, piece: Piece): Promise<void> {
    const { entry, fd, cursor } = filling;
    if (piece.length > filling.left) {
      this.#placer.incomplete(entry.path, "the catalog has more pieces than content");
      return;
    }
    filling.left -= piece.length;
    filling.underWay++;
    await this.#send({ kind: "piece", frame, piece, fd, path: entry.path, ranges: cursor.take(piece.length) }, filling);
  }

  /** Further passes, for what must wait until all files are there. */
  async #afterwards(task: "link" | "finish", kind: Entry["kind"]): Promise<void> {
    for (const record of readCatalog(this.#catalogPlace, this.#request.salvage)) {
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
    this.#pending.push({ result: this.#pool.run(task), filling });
    await this.#drain(this.#pool.window);
  }

  async #drain(most: number): Promise<void> {
    for (let next = this.#pending[0]; next && this.#pending.length > most; next = this.#pending[0]) {
      const result = await next.result;
      this.#pending.shift();
      this.#entries += result.entries;
      this.#bytes += result.bytes;
      this.#readBytes += result.readBytes;
      for (const path of result.failed) this.#failed.add(path);
      for (const problem of result.problems) this.#problems.push(problem);
      if (next.filling) this.#filled(next.filling);
      const total = this.#request.select ? 0 : this.#request.manifest.contentBytes;
      this.#reporter.progress({ label: "restore", done: this.#bytes, total, unit: "bytes" });
    }
  }

  /** One piece more is in place; after the last one the file gets its metadata. */
  #filled(filling: Filling): void {
    filling.underWay--;
    if (filling.left > 0 || filling.underWay > 0) return;
    this.#placer.finishFile(filling.entry, filling.fd);
    closeFd(filling.fd);
    this.#fillings.delete(filling);
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
