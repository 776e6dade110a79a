import type { ByteString } from "../../base/bytes.ts";
import type { SharePlan } from "../sharing/share-plan.ts";

/** A range of a file on its way to a Worker, which is to be had from a file that is there. Bytes. */
export interface SharedPart {
  readonly offset: number;
  readonly length: number;
  /** Undefined: the file itself. */
  readonly from: ByteString | undefined;
  readonly fromOffset: number;
}

/** What a task may take from other files. */
export interface TaskShares {
  /** By the path of the file. */
  readonly parts: readonly (readonly [path: ByteString, parts: readonly SharedPart[]])[];
  /** How many of the tasks must be done before. */
  readonly after: number;
}

const NO_SHARES: TaskShares = { parts: [], after: 0 };

/**
 * Keeps track of which files are made, so that no task is sent before the files are there that it takes something from.
 * Where one will not be, what was shared is written.
 */
export class Sharing {
  readonly #plan: SharePlan;
  /** Files that others take from, and how many tasks are to be done until they are whole. */
  readonly #made = new Map<number, number>();
  /** Files of the task that is being put together. */
  #collected: number[] = [];

  constructor(plan: SharePlan) {
    this.#plan = plan;
  }

  /** A reading of the catalog begins: what was made before is whole, and tasks are counted anew. */
  begin(): void {
    for (const sharer of this.#made.keys()) this.#made.set(sharer, 0);
  }

  /** The file that an entry is, by its place in the catalog; undefined: it shares nothing. */
  sharerOf(ordinal: number): number | undefined {
    return this.#plan.sharerOf(ordinal);
  }

  /** A small file joins the task. */
  collect(sharer: number): void {
    this.#collected.push(sharer);
  }

  /** What the files of the task take from others; `added`: tasks sent so far. */
  takeTask(added: number): TaskShares {
    const files = this.#collected;
    if (files.length === 0) return NO_SHARES;
    this.#collected = [];
    let after = 0;
    const own = new Set(files);
    const parts = files.flatMap((sharer) => {
      const found = this.#partsOf(sharer, [0, Number.MAX_SAFE_INTEGER], own);
      after = Math.max(after, found.after);
      return found.parts.length > 0
        ? [[this.#plan.sharers[sharer]?.path ?? ("" as ByteString), found.parts] as const]
        : [];
    });
    for (const sharer of files) this.#isMade(sharer, added + 1);
    return { parts, after };
  }

  /** What a piece with these ranges [offset, length, …] takes; `added`: tasks sent so far. */
  piece(sharer: number, ranges: readonly number[], added: number): { parts: readonly SharedPart[]; after: number } {
    const { parts, after } = this.#partsOf(sharer, ranges, new Set());
    this.#isMade(sharer, added + 1);
    // Of itself: whatever piece that is, it was sent before.
    return { parts, after: parts.some(({ from }) => from === undefined) ? added : after };
  }

  #isMade(sharer: number, after: number): void {
    if (this.#plan.isSource(sharer)) this.#made.set(sharer, after);
  }

  /** `own`: files that the same task makes, one after the other. */
  #partsOf(sharer: number, ranges: readonly number[], own: ReadonlySet<number>) {
    const parts: SharedPart[] = [];
    let after = 0;
    for (let i = 0; i < ranges.length; i += 2) {
      const [offset, length] = [ranges[i] ?? 0, ranges[i + 1] ?? 0];
      for (const { from, ...share } of this.#plan.within(sharer, offset, offset + length)) {
        const made = this.#made.get(from);
        const path = from === sharer ? undefined : this.#plan.sharers[from]?.path;
        if (from !== sharer && made === undefined && !own.has(from)) continue;
        after = Math.max(after, own.has(from) ? 0 : (made ?? 0));
        parts.push({ ...share, from: path });
      }
    }
    return { parts, after };
  }
}
