import type { ByteString } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import type { Problem } from "../entry.ts";
import { shown } from "../tree/paths.ts";

/** What could not be saved as it is: each problem goes to the log at once, all of them into the result. */
export class ProblemLog {
  readonly all: Problem[] = [];
  readonly #reporter: Reporter;
  readonly #lost = new Set<string>();

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  note(problem: Problem): void {
    this.all.push(problem);
    if (problem.severity === "lost") this.#lost.add(problem.path);
    this.#reporter.log(`${problem.path}: ${problem.reason} (${problem.severity})`);
  }

  /** A hard link is lost with its first name. */
  noteLink(path: ByteString, first: ByteString): void {
    if (!this.#lost.has(shown(first))) return;
    this.note({
      path: shown(path),
      severity: "lost",
      reason: msg`it is a hard link to ${shown(first)}, which is lost`,
    });
  }
}
