import { msg } from "../base/message.ts";
import { printable } from "../base/printable.ts";
import type { Progress, Reporter } from "../base/report.ts";
import { isWhole, pacer } from "./pace.ts";
import { describeProgress, observe, type Speed, secondsLeft } from "./speed.ts";

/** What stands before a warning on a plain line. */
export const warningMark = (): string => msg`warning:`;

/** Where a reporter writes. */
export interface Output {
  write(text: string): void;
  nowMs(): number;
  /** Columns of the terminal. */
  readonly columns: number;
}

/** A terminal: one line that is rewritten while work goes on, whole lines for everything else. */
export function terminalReporter(output: Output): Reporter {
  const pace = pacer({ everyMs: 100, first: false });
  let shown = "";
  const clear = () => {
    if (shown !== "") output.write(`\r${" ".repeat(shown.length)}\r`);
    shown = "";
  };
  const line = (text: string) => {
    clear();
    output.write(`${printable(text)}\n`);
  };
  return {
    step(text) {
      pace.begin();
      line(`» ${text}`);
    },
    info: (text) => line(`  ${text}`),
    warn: (text) => line(`! ${text}`),
    log() {},
    endLine() {
      if (shown !== "") output.write("\n");
      shown = "";
    },
    progress(progress: Progress) {
      const speed = pace.due(progress, output.nowMs());
      if (!speed) return;
      const text = printable(`  ${describeProgress(progress, speed)}`).slice(0, output.columns - 1);
      output.write(`\r${text.padEnd(shown.length)}`);
      shown = text;
      if (isWhole(progress)) {
        output.write("\n");
        shown = "";
      }
    },
  };
}

/** No terminal (cron, a pipe, a serial log): plain lines; progress at most every ten per cent or ten seconds. */
export function plainReporter(output: Output): Reporter {
  let speed: Speed | undefined;
  let lastTenth = -1;
  let lastMs = 0;
  const line = (text: string) => output.write(`${printable(text)}\n`);
  return {
    step: line,
    info: (text) => line(`  ${text}`),
    warn: (text) => line(`${warningMark()} ${text}`),
    log() {},
    progress(progress) {
      const now = output.nowMs();
      if (speed?.label !== progress.label) {
        lastTenth = -1;
        lastMs = now;
      }
      speed = observe(speed, progress, now);
      const tenth = progress.total > 0 ? Math.floor((progress.done / progress.total) * 10) : -1;
      if (tenth === lastTenth && now - lastMs < 10_000) return;
      if (tenth < 1 && now - lastMs < 10_000) return;
      lastTenth = tenth;
      lastMs = now;
      line(`  ${describeProgress(progress, speed)}`);
    },
  };
}

/**
 * For programs: one JSON object per line, `{"event": …}`. Progress twice a second, and at the start and end of a piece
 * of work.
 */
export function jsonReporter(output: Output): Reporter {
  const emit = (event: string, fields: object) =>
    output.write(`${printable(JSON.stringify({ event, at: output.nowMs(), ...fields }))}\n`);
  const pace = pacer({ everyMs: 500, first: true });
  return {
    step: (text) => {
      pace.begin();
      emit("step", { text });
    },
    info: (text) => emit("info", { text }),
    warn: (text) => emit("warning", { text }),
    log() {},
    event: emit,
    progress(progress) {
      const speed = pace.due(progress, output.nowMs());
      if (!speed) return;
      const left = secondsLeft(speed, progress);
      emit("progress", { ...progress, ...(left === undefined ? {} : { secondsLeft: Math.round(left) }) });
    },
  };
}

/** Everything to several reporters. */
export function teeReporter(reporters: readonly Reporter[]): Reporter {
  return {
    step: (text) => {
      for (const r of reporters) r.step(text);
    },
    info: (text) => {
      for (const r of reporters) r.info(text);
    },
    warn: (text) => {
      for (const r of reporters) r.warn(text);
    },
    log: (text) => {
      for (const r of reporters) r.log(text);
    },
    progress: (progress) => {
      for (const r of reporters) r.progress(progress);
    },
    event: (name, fields) => {
      for (const r of reporters) r.event?.(name, fields);
    },
  };
}

/** A log: every line with its time; no progress. */
export function logReporter(append: (line: string) => void, nowMs: () => number): Reporter {
  const put = (kind: string) => (text: string) =>
    append(`${new Date(nowMs()).toISOString()} ${kind} ${printable(text)}\n`);
  return { step: put("step"), info: put("info"), warn: put("warn"), log: put("log"), progress() {} };
}
