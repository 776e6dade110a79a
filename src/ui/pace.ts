import type { Progress } from "../base/report.ts";
import { observe, type Speed } from "./speed.ts";

/** How often progress is shown. */
export interface Pace {
  readonly everyMs: number;
  /** Shows the first progress of a piece of work at once. */
  readonly first: boolean;
}

/** Decides which progress is shown: some now and then, and the end of a piece of work exactly once. */
export interface Pacer {
  /** The same kind of work may come again under its old label. */
  begin(): void;
  /** The speed so far, when it is time to show it. */
  due(progress: Progress, nowMs: number): Speed | undefined;
}

/** Whether a piece of work whose size is known has come to its end. */
export const isWhole = ({ done, total }: Progress): boolean => total > 0 && done >= total;

/** A pacer that has seen nothing yet. */
export function pacer({ everyMs, first }: Pace): Pacer {
  let speed: Speed | undefined;
  let toldMs = 0;
  let isDone = false;
  return {
    begin() {
      speed = undefined;
    },
    due(progress, nowMs) {
      const isNew = speed?.label !== progress.label;
      if (isDone && !isNew) return undefined;
      speed = observe(speed, progress, nowMs);
      isDone = isWhole(progress);
      if (nowMs - toldMs < everyMs && !isDone && !(first && isNew)) return undefined;
      toldMs = nowMs;
      return speed;
    },
  };
}
