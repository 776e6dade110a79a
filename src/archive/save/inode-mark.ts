import { type FileStat, fileSystemMagic } from "../../host/fs-calls.ts";
import type { InodeMark } from "../entry.ts";

/**
 * A file that was changed so shortly before it was saved may have been changed again within the same tick of the
 * kernel's coarse clock (10 ms at most, 2 s on FAT): its change time would not tell.
 */
const SETTLED_SECONDS = 2;

/** MSDOS_SUPER_MAGIC and EXFAT_SUPER_MAGIC. */
const WITHOUT_CHANGE_TIMES: ReadonlySet<number> = new Set([0x4d44, 0x2011bab0]);

/**
 * Whether a kind of file system has change times. That of FAT and exFAT is the modification time, which anybody sets
 * (Linux 5.19, fs/fat/misc.c).
 */
export function hasChangeTimes(magic: number): boolean {
  return !WITHOUT_CHANGE_TIMES.has(magic);
}

/** Marks files, but for those of which the mark would not tell that they were changed. */
export class InodeMarker {
  readonly #known = new Map<string, boolean>();

  /** Of an open file; none: only its content tells. */
  of(fd: number, stat: FileStat): { readonly inode?: InodeMark } {
    const device = `${stat.devMajor}:${stat.devMinor}`;
    const known = this.#known.get(device) ?? hasChangeTimes(fileSystemMagic(fd));
    this.#known.set(device, known);
    return known ? { inode: markOf(stat) } : {};
  }
}

function markOf({ ctimeSec, ctimeNsec, inoHigh, inoLow }: FileStat): InodeMark {
  return { high: inoHigh, low: inoLow, ctimeSec, ctimeNsec };
}

/**
 * Whether a file is the very one that was marked in a backup begun at `begun` (seconds since 1970), unchanged since.
 */
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
