import { msg } from "../base/message.ts";
import type { Progress } from "../base/report.ts";
import { formatBytes, formatDuration } from "../base/units.ts";

/** Where a piece of work stood at a moment. */
interface Sample {
  readonly atMs: number;
  readonly done: number;
}

/** Speed of one piece of work over its last seconds; a pure value, replaced by each `observe`. */
export interface Speed {
  readonly label: string;
  readonly startedMs: number;
  readonly samples: readonly Sample[];
}

const WINDOW_MS = 15_000;

/** Adds one reading. A new label starts from zero. */
export function observe(speed: Speed | undefined, progress: Progress, nowMs: number): Speed {
  const sample = { atMs: nowMs, done: progress.done };
  if (!speed || speed.label !== progress.label) {
    return { label: progress.label, startedMs: nowMs, samples: [sample] };
  }
  const recent = speed.samples.filter((old) => nowMs - old.atMs <= WINDOW_MS);
  return { ...speed, samples: [...recent, sample] };
}

/** Units per second over the window; 0 as long as it is unknown. */
export function ratePerSecond(speed: Speed): number {
  const first = speed.samples[0];
  const last = speed.samples.at(-1);
  if (!first || !last || last.atMs - first.atMs < 500) return 0;
  return ((last.done - first.done) * 1000) / (last.atMs - first.atMs);
}

/** Seconds left at the present speed; `undefined` when it can't be known. */
export function secondsLeft(speed: Speed, progress: Progress): number | undefined {
  const rate = ratePerSecond(speed);
  return rate > 0 && progress.total > 0 ? Math.max(0, (progress.total - progress.done) / rate) : undefined;
}

const UNITS = { entries: msg`entries`, steps: msg`steps` } as const;

const amount = (value: number, unit: Progress["unit"]): string =>
  unit === "bytes" ? formatBytes(value) : `${Math.round(value)} ${UNITS[unit]}`;

/** `archive 45 % 1.2 GiB of 2.6 GiB, 85 MiB/s, 0:16 left` */
export function describeProgress(progress: Progress, speed: Speed): string {
  const { label, done, total, unit } = progress;
  const known = total > 0;
  const percent = known ? ` ${String(Math.min(100, Math.floor((done / total) * 100))).padStart(3)} %` : "";
  const parts = [known ? msg`${amount(done, unit)} of ${amount(total, unit)}` : amount(done, unit)];
  const rate = ratePerSecond(speed);
  if (rate > 0) parts.push(`${amount(rate, unit)}/s`);
  const left = secondsLeft(speed, progress);
  if (left !== undefined && done < total) parts.push(msg`${formatDuration(left)} left`);
  return `${label}${percent}  ${parts.join(", ")}`;
}
