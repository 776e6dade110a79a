import type { ByteString } from "../../base/bytes.ts";
import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { MIB } from "../../base/units.ts";
import { closeFd } from "../../host/fs-calls.ts";
import { memoryBytes } from "../../host/threads.ts";
import { type HiddenPlace, hiddenEntry } from "../../layout/hidden-places.ts";
import { peekEntry } from "../catalog/entry-record.ts";
import type { Entry, FrameInfo, Problem } from "../entry.ts";
import { Pool } from "../pool.ts";
import { type MediumPass, passesOf, placeOf } from "../set/media-passes.ts";
import type { FileSpan, Locate } from "../set-files.ts";
import { TaskQueue } from "../task-queue.ts";
import { Directories } from "../tree/directories.ts";
import { type Grafts, openGrafts } from "../tree/grafts.ts";
import { openDirectory } from "../tree/open-root.ts";
import { shown } from "../tree/paths.ts";
import { ContentPass } from "./content-pass.ts";
import { EntryTasks } from "./entry-tasks.ts";
import type { ExtractRequest, ExtractResult } from "./extract-request.ts";
import { type Filling, Fillings } from "./filling.ts";
import { Outcome } from "./outcome.ts";
import { keepsDirectories } from "./overwrite.ts";
import { type PlaceData, Placer } from "./placer.ts";
import { sameFirsts } from "./same-firsts.ts";
import { Sharing } from "./sharing.ts";
import { survey } from "./survey.ts";
import { unpackWork } from "./unpack.ts";
import type { UnpackData, UnpackResult, UnpackTask } from "./unpack-task.ts";
import { WantedEntries } from "./wanted-entries.ts";

/** Below this much RAM a second Worker would cost more than it brings. */
const SMALL_MACHINE = 700 * MIB;
/** Less content than this is there before a Worker would have started. */
const FEW_BYTES = 16 * MIB;

/** Where a set's files lie by default: in its directory. */
function besideOf({ directory, manifest }: ExtractRequest): Locate {
  const known = new Map([...manifest.volumes, manifest.catalog].map((file) => [file.name, file]));
  return (name): FileSpan => ({
    ...{ path: `${directory}/${name}`, offset: 0, sizeBytes: known.get(name)?.sizeBytes ?? 0 },
  });
}

/** About a task that is under way: the large file that it fills, and how many items are in place after it. */
interface Sent {
  readonly filling?: Filling | undefined;
  readonly items: number;
}

type ExtractQueue = TaskQueue<UnpackTask, UnpackResult, Sent>;

/** The pass in which what lies in a frame is made; what no medium is asked for comes first. */
function passOf(passes: readonly MediumPass[], frame: FrameInfo | undefined): number {
  return frame
    ? Math.max(
        0,
        passes.findIndex(({ volumes }) => volumes.has(frame.volume)),
      )
    : 0;
}

/** Makes what is wanted in passes: content medium by medium, then links, then directories, then seals. */
class Extractor {
  readonly #request: ExtractRequest;
  readonly #reporter: Reporter;
  readonly #signal: AbortSignal | undefined;
  readonly #locate: Locate;
  readonly #grafts: Grafts;
  readonly #place: PlaceData;
  /** Of this thread: makes large files, which Workers fill. */
  readonly #placer: Placer;
  readonly #existing: Directories;
  readonly #outcome = new Outcome();
  readonly #fillings: Fillings;
  #sameFirsts: ReadonlySet<ByteString> = new Set();
  #pool: Pool<UnpackData, UnpackTask, UnpackResult> | undefined;
  #queue: ExtractQueue | undefined;
  /** What files share; undefined: nothing, or the target can't. */
  #sharing: Sharing | undefined;

  constructor(request: ExtractRequest, reporter: Reporter, signal?: AbortSignal) {
    this.#request = request;
    this.#reporter = reporter;
    this.#signal = signal;
    this.#locate = request.locate ?? besideOf(request);
    const targetFd = openDirectory(request.target);
    const { lenientMounts = [], overwrite = "always", hideUnfinished = false, devices = [], goOn = false } = request;
    this.#grafts = openGrafts(
      targetFd,
      (request.hidden ?? []).filter(({ tree }) => tree !== undefined),
    );
    for (const place of this.#grafts.missing) this.#outcome.note(besidePlace(place));
    const grafts = this.#grafts.list;
    this.#place = { targetFd, grafts, lenientMounts, overwrite, hideUnfinished, devices, goOn };
    this.#placer = new Placer(this.#place);
    this.#existing = new Directories(targetFd, { grafts });
    this.#fillings = new Fillings(this.#placer, this.#outcome, request.select === undefined);
  }

  async extract(): Promise<ExtractResult> {
    const wanted = this.#wanted();
    const { select, skip, manifest } = this.#request;
    // A restore needs all that is in the set, and of its parents what it refers to.
    const isPart =
      select !== undefined || skip !== undefined || manifest.volumes.some(({ name }) => name.includes("/"));
    const passes = passesOf(manifest.volumes, isPart ? wanted.volumesUsed(manifest.volumes) : undefined);
    this.#survey(wanted, passes);
    // Whatever is taken, there is a pass for what has no content.
    for (let index = 0; index < Math.max(1, passes.length); index++) await this.#pass(wanted, passes, index);
    this.#fillings.reportUnfilled();
    this.#findSameFirsts(wanted);
    for (const { path, target } of wanted.orphans()) {
      this.#outcome.note({
        path: shown(path),
        severity: "lost",
        reason: msg`its first link ${shown(target)} is not there`,
      });
    }
    await this.#afterwards(wanted, "link", "hardlink");
    await this.#afterwards(wanted, "finish", "directory");
    for (const [path, had] of wanted.changedDirectories()) {
      const reason = msg`its owner, mode or attributes are the backup's now; it had ${had}`;
      this.#outcome.note({ path: shown(path), severity: "note", reason, rule: "dressed" });
    }
    await this.#seal(wanted);
    return this.#outcome.result();
  }

  async close(): Promise<void> {
    await this.#queue?.abandon();
    await this.#pool?.close();
    this.#fillings.close();
    this.#placer.close();
    this.#existing.close();
    this.#grafts.close();
    closeFd(this.#place.targetFd);
  }

  #wanted(): WantedEntries {
    const { select, skip, overwrite = "always", salvage = false, manifest, directory } = this.#request;
    const { name } = manifest.catalog;
    const catalog = () => this.#locate(name) ?? `${directory}/${name}`;
    return new WantedEntries({ catalog, select, skip, overwrite, salvage, existing: this.#existing });
  }

  /** Looks what files share, and whether there is room, where either may matter. */
  #survey(wanted: WantedEntries, passes: readonly MediumPass[]): void {
    const { onLack, manifest, devices = [], overwrite = "always" } = this.#request;
    if (!onLack && !manifest.sharedBytes) return;
    const elsewhere = new Set(devices.map(({ entry }) => entry));
    const { plan, lacks } = survey({
      ...{ wanted, overwrite, existing: this.#existing },
      isElsewhere: (path) => elsewhere.has(path),
      passOf: (frame) => passOf(passes, frame),
    });
    for (const lack of lacks) onLack?.(lack);
    this.#sharing = plan && new Sharing(plan);
  }

  async #pass(wanted: WantedEntries, passes: readonly MediumPass[], index: number): Promise<void> {
    const pass = passes[index];
    await this.#closeVolumes();
    if (pass) await this.#request.needMedium?.(pass);
    const isMine = (frame: FrameInfo | undefined) => passOf(passes, frame) === index;
    const isOnly = passes.length < 2;
    const send = (task: UnpackTask, filling?: Filling) =>
      this.#send(task, { filling, items: isOnly ? content.items : 0 });
    const [queue, sharing] = [this.#openVolumes(wanted), this.#sharing];
    sharing?.begin();
    const content = new ContentPass({ wanted, fillings: this.#fillings, isMine, send, sharing, sent: queue });
    await content.run();
    await queue.finish();
    if (index >= passes.length - 1) this.#request.onPlaced?.(Number.POSITIVE_INFINITY);
    if (content.hasGap && index === 0) {
      this.#outcome.note(unknownEntries(this.#request.manifest.entries - content.entries));
    }
    this.#outcome.settle(this.#placer);
  }

  #openVolumes(wanted: WantedEntries): ExtractQueue {
    const { manifest, select, threads, skippedBytes = 0 } = this.#request;
    const codec = manifest.codec ? { codec: manifest.codec } : {};
    const volumes = manifest.volumes.map((volume) => placeOf(volume, this.#locate));
    const data = { ...this.#place, ...codec, volumes };
    const pool = new Pool<UnpackData, UnpackTask, UnpackResult>(
      "archive-unpack",
      data,
      workersFor(threads, wanted.contentBytes),
      unpackWork,
    );
    const total = select ? (wanted.contentBytes ?? 0) : manifest.contentBytes - skippedBytes;
    const queue: ExtractQueue = new TaskQueue(pool, (result, { filling, items }) => {
      this.#outcome.add(result, filling !== undefined);
      for (const { place, reason } of this.#outcome.addElsewhere(result)) {
        this.#reporter.warn(msg`${reason}: going on from ${place}`);
      }
      if (filling) this.#fillings.filled(filling, result.problems.length === 0);
      if (items > 0) this.#request.onPlaced?.(items);
      this.#reporter.progress({ label: msg`restore`, done: this.#outcome.bytes, total, unit: "bytes" });
    });
    this.#pool = pool;
    this.#queue = queue;
    return queue;
  }

  async #closeVolumes(): Promise<void> {
    await this.#pool?.close();
    this.#pool = undefined;
    this.#queue = undefined;
  }

  /** A further pass, for what must wait until all files are there. */
  async #afterwards(wanted: WantedEntries, task: "link" | "finish", kind: Entry["kind"]): Promise<void> {
    const tasks = new EntryTasks();
    for (const record of wanted.records()) {
      if (record.type !== "entry" || peekEntry(record.bytes).kind !== kind) continue;
      const entry = wanted.entryOf(record.bytes);
      if (entry && this.#isSound(entry)) tasks.add(entry);
      if (tasks.isFull) await this.#send(tasks.take(task));
    }
    await this.#send(tasks.take(task));
    await this.#queue?.finish();
  }

  #findSameFirsts(wanted: WantedEntries): void {
    if (!keepsDirectories(this.#request.overwrite ?? "always")) return;
    const hasFailed = (path: ByteString) => this.#outcome.hasFailed(path);
    this.#sameFirsts = sameFirsts({ wanted, existing: this.#existing, hasFailed });
  }

  /** Whether a link's first name is what the archive means by it, not something else that stands there. */
  #isSound({ kind, path, target }: Entry): boolean {
    if (kind !== "hardlink" || target === undefined || !this.#outcome.hasFailed(target)) return true;
    if (this.#sameFirsts.has(target)) return true;
    const reason = msg`its first link ${shown(target)} was not made`;
    this.#outcome.note({ path: shown(path), severity: "lost", reason });
    return false;
  }

  async #seal(wanted: WantedEntries): Promise<void> {
    const tasks = new EntryTasks();
    for (const entry of this.#outcome.sealed()) {
      // Directories of the archive have got their own flags by now.
      const isDone = entry.kind === "directory" && !wanted.isKept(entry.path);
      if (!isDone && !this.#outcome.hasFailed(entry.path)) tasks.add(entry);
    }
    await this.#send(tasks.take("seal"));
    await this.#queue?.finish();
  }

  async #send(task: UnpackTask | undefined, about: Sent = { items: 0 }): Promise<void> {
    if (!task) return;
    if (this.#signal?.aborted) throw new MondoError("cancelled", msg`the restore of files was interrupted`);
    if (!this.#queue) throw new MondoError("bug", msg`there is nobody to unpack`);
    await this.#queue.add(task, about);
  }
}

/** Workers cost more than they bring for a few files, or in little memory. */
function workersFor(threads: number, contentBytes: number | undefined): number {
  if (contentBytes !== undefined && contentBytes < FEW_BYTES) return 0;
  return memoryBytes() < SMALL_MACHINE ? Math.min(1, threads) : threads;
}

/** Where the kernel does not show what lies below a mount, nothing is lost. */
function besidePlace(place: HiddenPlace): Problem {
  const reason = msg`what lies below the mount was put into ${hiddenEntry(place)} instead`;
  return { path: place.path, severity: "changed", reason };
}

function unknownEntries(count: number): Problem {
  return { path: "/", severity: "lost", reason: msg`a part of the catalog is damaged: ${count} entries are not known` };
}

/**
 * Makes the entries of a set below `request.target` and nowhere else: no name, link or symbolic link of the archive
 * leads out. What can't be made becomes a Problem and never ends the extraction. Memory: about 40 MiB a thread.
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
