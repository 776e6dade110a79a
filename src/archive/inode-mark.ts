import type { FileStat } from "../host/fs-calls.ts";
import type { InodeMark } from "./types.ts";

/**
 * A file that was changed so shortly before it was saved may have been changed again within the same tick of the kernel's coarse clock
 * (10 ms at most, 2 s on FAT): its change time would not tell.
 */
const SETTLED_SECONDS = 2;

export function markOf({ ctimeSec, ctimeNsec, inoHigh, inoLow }: FileStat): InodeMark {
  return { high: inoHigh, low: inoLow, ctimeSec, ctimeNsec };
}

/** Whether a file is the very one that was marked in a backup begun at `begun` (seconds since 1970), unchanged since. */
export function isMarked(mark: InodeMark | undefined, stat: FileStat, begun: number): boolean {
  return (
    mark !== undefined &&
    mark.ctimeSec + SETTLED_SECONDS < begun &&
    mark.low === stat.inoLow &&
    mark.high === stat.inoHigh &&
    mark.ctimeSec === stat.ctimeSec &&
    mark.ctimeNsec === stat.ctimeNsec
  );
}
