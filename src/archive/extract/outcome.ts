import type { ByteString } from "../../base/bytes.ts";
import { PackedWriter } from "../../formats/archive/packed-bytes.ts";
import type { Elsewhere } from "../catalog/copies.ts";
import { encodeEntry, entriesOf } from "../catalog/entry-record.ts";
import type { Entry, Problem } from "../entry.ts";
import type { ExtractResult } from "./extract-request.ts";
import type { Placer } from "./placer.ts";
import type { UnpackResult } from "./unpack-task.ts";

/**
 * What an extraction has come to so far: totals, problems, entries that failed, and those that are sealed at the end.
 */
export class Outcome {
  #entries = 0;
  #bytes = 0;
  #readBytes = 0;
  #leftBytes = 0;
  readonly #problems: Problem[] = [];
  readonly #failed = new Set<ByteString>();
  readonly #damaged = new Set<ByteString>();
  /** Files that become immutable or append-only when all else is done, and directories that were. */
  readonly #sealed = new PackedWriter();
  /** By volume and place: each Worker finds out by itself. */
  readonly #elsewhere = new Map<string, Elsewhere>();
  /** Problems of pieces that are noted: one reason may hold for a thousand pieces. */
  readonly #noted = new Set<string>();

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds the result of a task. */
  add(result: UnpackResult, isPiece: boolean): void {
    this.#entries += result.entries;
    this.#bytes += result.bytes;
    this.#readBytes += result.readBytes;
    this.#leftBytes += result.leftBytes ?? 0;
    for (const path of result.failed) this.#failed.add(path);
    for (const path of result.damaged) this.#damaged.add(path);
    if (result.sealed) this.#sealed.raw(result.sealed);
    for (const problem of result.problems) if (!isPiece || this.#isNew(problem)) this.#problems.push(problem);
  }

  /** Of what a task has read from further servers, what is news: a server, or a file that is damaged on another. */
  addElsewhere({ elsewhere = [] }: UnpackResult): readonly Elsewhere[] {
    return elsewhere.filter((one) => {
      const known = [...this.#elsewhere.values()];
      const isNews = !known.some(({ place, reason }) => place === one.place && reason === one.reason);
      const key = `${one.volume}:${one.place}`;
      if (this.#elsewhere.has(key)) return false;
      this.#elsewhere.set(key, one);
      return isNews;
    });
  }

  /** Takes over what a placer of this thread could not do. */
  settle({ problems, names }: Placer): void {
    this.#problems.push(...problems.takeProblems());
    for (const path of problems.takeFailed()) this.#failed.add(path);
    for (const entry of names.takeUnsealed()) this.seal(entry);
  }

  /** A large file has all its content and its metadata. */
  countFile(): void {
    this.#entries++;
  }

  note(problem: Problem): void {
    this.#problems.push(problem);
  }

  /** Whether what stands at a path now is not what the archive means by it. */
  hasFailed(path: ByteString): boolean {
    return this.#failed.has(path);
  }

  /** Remembers an entry whose last flags must wait until all else is done. */
  seal(entry: Entry): void {
    encodeEntry(this.#sealed, entry);
  }

  sealed(): Iterable<Entry> {
    return entriesOf(Uint8Array.prototype.slice.call(this.#sealed.bytes()));
  }

  result(): ExtractResult {
    const counts = {
      entries: this.#entries,
      bytes: this.#bytes,
      readBytes: this.#readBytes,
      leftBytes: this.#leftBytes,
    };
    const elsewhere = [...this.#elsewhere.values()];
    return { ...counts, problems: this.#problems, damagedFiles: this.#damaged.size, elsewhere };
  }

  #isNew({ path, reason }: Problem): boolean {
    const text = `${path}\0${reason}`;
    const isNew = !this.#noted.has(text);
    this.#noted.add(text);
    return isNew;
  }
}
