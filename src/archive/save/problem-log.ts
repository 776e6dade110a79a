import type { ByteString } from "../../base/bytes.ts";
import { stored, told } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Problem } from "../entry.ts";
import { shown } from "../tree/paths.ts";

/**
 * How much of them a manifest names, as JSON: a reader takes no manifest of more than 64 MiB, and a rescue system may
 * have 512 MiB of memory. What is lost has its own share, so that notes can't crowd it out.
 */
export const MOST_PROBLEM_BYTES: Readonly<Record<Problem["severity"], number>> = {
  ...{ lost: 16 << 20, changed: 8 << 20, note: 4 << 20 },
};

/** What a problem takes of them. */
export const problemBytes = (problem: Problem): number => Buffer.byteLength(JSON.stringify(problem));

/** What could not be saved as it is: each problem goes to the log at once, and into the result if it has room. */
export class ProblemLog {
  readonly #named: Problem[] = [];
  readonly #left = { ...MOST_PROBLEM_BYTES };
  readonly #more = { lost: 0, changed: 0, note: 0 };
  readonly #reporter: Reporter;
  readonly #lost = new Set<string>();

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  note(problem: Problem): void {
    this.#left[problem.severity] -= problemBytes(problem);
    if (this.#left[problem.severity] >= 0) this.#named.push(problem);
    else this.#more[problem.severity] += 1;
    if (problem.severity === "lost") this.#lost.add(problem.path);
    this.#reporter.log(`${problem.path}: ${told(problem.reason)} (${problem.severity})`);
  }

  /** All of them; those that have no room are counted, as one problem of the root for each severity. */
  get all(): Problem[] {
    const severities = ["lost", "changed", "note"] as const;
    const counted = severities.flatMap((severity): Problem[] => {
      const count = this.#more[severity];
      const reason = stored`${count} more file${count === 1 ? "" : "s"} below it, which only the log of the backup names`;
      return count === 0 ? [] : [{ path: "/", severity, reason }];
    });
    return [...this.#named, ...counted];
  }

  /** A hard link is lost with its first name. */
  noteLink(path: ByteString, first: ByteString): void {
    if (!this.#lost.has(shown(first))) return;
    this.note({
      path: shown(path),
      severity: "lost",
      reason: stored`it is a hard link to ${shown(first)}, which is lost`,
    });
  }
}
