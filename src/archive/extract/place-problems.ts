import { type ByteString, displayBytes } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import { errnoText } from "../../host/syscalls.ts";
import type { Problem } from "../entry.ts";
import { shown } from "../tree/paths.ts";

/** Whether a problem is only what a rule for existing files has done. */
export const isByRule = ({ rule }: Problem): boolean => rule !== undefined;

/** What could not be made as it was, until somebody takes it. */
export class PlaceProblems {
  readonly #problems: Problem[] = [];
  readonly #failed: ByteString[] = [];

  /** The problems since the last call. */
  takeProblems(): Problem[] {
    return this.#problems.splice(0);
  }

  /** The entries since the last call that were not made: nothing may be linked to what stands there instead. */
  takeFailed(): ByteString[] {
    return this.#failed.splice(0);
  }

  /** The entry was not made. */
  lost(path: ByteString, reason: string): void {
    this.#failed.push(path);
    this.incomplete(path, reason);
  }

  /** The entry is there, but a part of it is not what it was. */
  incomplete(path: ByteString, reason: string): void {
    this.#problems.push({ path: shown(path), severity: "lost", reason });
  }

  /** Something else has its name and was left alone. */
  kept(path: ByteString): void {
    this.#failed.push(path);
    const reason = msg`it exists already and was left as it is`;
    this.#problems.push({ path: shown(path), severity: "note", reason, rule: "kept" });
  }

  /** What had its name has another one now. */
  replaced(path: ByteString, copy: ByteString): void {
    const reason = msg`what was there before is now ${displayBytes(copy)}`;
    this.#problems.push({ path: shown(path), severity: "note", reason, rule: "renamed" });
  }

  /** The entry is a file of its own, with the same content. */
  copied(path: ByteString, target: ByteString, why: number): void {
    const reason = msg`it is a copy of ${shown(target)}: no further name could be made of it (${errnoText(-why)})`;
    this.#problems.push({ path: shown(path), severity: "note", reason });
  }

  /** Something about the entry could not be set. */
  unset(path: ByteString, what: string, why: number | string): void {
    const reason = msg`its ${what} can't be set: ${typeof why === "number" ? errnoText(-why) : why}`;
    this.#problems.push({ path: shown(path), severity: "changed", reason });
  }
}
