import type { Reporter } from "../base/report.ts";
import { pacer } from "../ui/pace.ts";
import { describeProgress } from "../ui/speed.ts";

/** How many lines are kept for a page. */
const MOST_LINES = 400;
const MOST_WARNINGS = 100;
/** So many are shown above a question: what it speaks of may have been said before another one. */
const MOST_ABOVE = 40;

/** A line with its time, in Unix milliseconds. */
export interface StatusLine {
  readonly atMs: number;
  readonly kind: "step" | "info" | "warning";
  readonly text: string;
}

/** How work has ended; `stopped`: by somebody. */
export type StatusEnd = "done" | "stopped" | "failed";

/** What a page shows of work that goes on. */
export interface StatusFacts {
  /** What runs here, and for which machine: `Restore of web1`. */
  readonly title: string;
  readonly startedMs: number;
  /** Undefined: it has not. */
  readonly endedMs: number | undefined;
  readonly nowMs: number;
  /** How it stands. */
  readonly state: "waiting" | "running" | StatusEnd;
  /** `restore  45 %  1.2 GiB of 2.6 GiB, 85 MiB/s, 0:16 left`; undefined: nothing that is counted goes on. */
  readonly progress: { readonly text: string; readonly percent: number | undefined } | undefined;
  readonly lines: readonly StatusLine[];
  /** Every warning, even when its line is gone. */
  readonly warnings: readonly StatusLine[];
  /** How many warnings more there were. */
  readonly warningsLeftOut: number;
  /** Disks of this machine, a line each. */
  readonly disks: readonly string[];
  /** Nothing comes after this: the page is not served any longer. */
  readonly isLast: boolean;
}

/** Gathers what a reporter is told, for pages. */
export interface StatusBoard {
  readonly reporter: Reporter;
  facts(): StatusFacts;
  /** What was said last, as it stands above a question at the console. */
  said(): readonly string[];
  /** Work begins: what, and for which machine. */
  begin(title: string): void;
  end(state: StatusEnd, text: string): void;
  /** What stands there now is the last. */
  finish(): void;
  /** It was not the end: pages come anew again. */
  resume(): void;
}

/** A board on which nothing stands. `disks` is called for each page. */
export function newStatusBoard(nowMs: () => number, disks: () => readonly string[]): StatusBoard {
  let isLast = false;
  let startedMs = nowMs();
  let endedMs: number | undefined;
  let title = "mondo";
  const pace = pacer({ everyMs: 500, first: true });
  const lines: StatusLine[] = [];
  const warnings: StatusLine[] = [];
  let warned = 0;
  let state: StatusFacts["state"] = "waiting";
  let progress: StatusFacts["progress"];
  const put = (kind: StatusLine["kind"], text: string) => {
    const line = { atMs: nowMs(), kind, text };
    lines.push(line);
    if (lines.length > MOST_LINES) lines.shift();
    if (kind !== "warning") return;
    warned += 1;
    if (warnings.length < MOST_WARNINGS) warnings.push(line);
  };
  return {
    reporter: {
      step(text) {
        pace.begin();
        progress = undefined;
        put("step", text);
      },
      info: (text) => put("info", text),
      warn: (text) => put("warning", text),
      log() {},
      progress(now) {
        const speed = pace.due(now, nowMs());
        if (!speed) return;
        const percent = now.total > 0 ? Math.min(100, Math.floor((now.done / now.total) * 100)) : undefined;
        progress = { text: describeProgress(now, speed), percent };
      },
    },
    facts: () => ({
      ...{ title, startedMs, endedMs, nowMs: nowMs(), state, progress, disks: disks(), isLast },
      ...{ lines: [...lines], warnings: [...warnings], warningsLeftOut: warned - warnings.length },
    }),
    said: () => lines.slice(-MOST_ABOVE).map(({ text }) => text),
    begin(what) {
      [title, startedMs, endedMs, state] = [what, nowMs(), undefined, "running"];
      put("step", what);
    },
    end(how, text) {
      [state, endedMs] = [how, nowMs()];
      progress = undefined;
      put(how === "failed" ? "warning" : "step", text);
    },
    finish() {
      isLast = true;
    },
    resume() {
      isLast = false;
    },
  };
}
