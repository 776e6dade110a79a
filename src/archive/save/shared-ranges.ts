import { sharedExtents } from "../../host/extent-map.ts";
import type { FileStat } from "../../host/fs-calls.ts";
import { sharingSpaceOf } from "../../host/reflink.ts";
import type { SharedRanges } from "../entry.ts";
import { deviceOf } from "../tree/live-file.ts";

/**
 * Smaller files are asked for shared blocks only where much is known to be shared, or was found to be: the question
 * costs 5 µs on XFS and up to 60 µs on btrfs, as much as all else about a small file.
 */
const ALWAYS_BYTES = 64 * 1024;
/** After so many small files in a row that share nothing, no others are asked. */
const MOST_IN_VAIN = 1000;

/** The key of a file's device, `8:1`. */
export const deviceKeyOf = ({ devMajor, devMinor }: FileStat): string => `${devMajor}:${devMinor}`;

/** Finds what files have in common with others. File systems that can't share are asked once. */
export class SharedRangeReader {
  readonly #busy: ReadonlySet<string>;
  readonly #spaces = new Map<number, number | undefined>();
  /** Small files asked in vain, by device. */
  readonly #inVain = new Map<number, number>();

  /** Devices (`8:1`) on which files of any size are asked. */
  constructor(busy: readonly string[] = []) {
    this.#busy = new Set(busy);
  }

  /** Of an open file; none: nothing is shared. */
  of(fd: number, stat: FileStat): { readonly shared?: readonly SharedRanges[] } {
    if (stat.blocks === 0) return {};
    const space = this.#spaceOf(fd, stat);
    if (space === undefined || !this.#isToBeAsked(stat)) return {};
    const { plain, encoded } = sharedExtents(fd, stat.size);
    const shared = [
      { space, ranges: plain },
      { space: (space ^ 1) >>> 0, ranges: encoded },
    ].filter(({ ranges }) => ranges.length > 0);
    this.#learn(stat, shared.length > 0);
    return shared.length === 0 ? {} : { shared };
  }

  #isToBeAsked(stat: FileStat): boolean {
    if (stat.blocks * 512 >= ALWAYS_BYTES || (this.#inVain.get(deviceOf(stat)) ?? 0) < MOST_IN_VAIN) return true;
    return this.#busy.has(deviceKeyOf(stat));
  }

  #learn(stat: FileStat, isShared: boolean): void {
    const device = deviceOf(stat);
    if (isShared) this.#inVain.delete(device);
    else if (stat.blocks * 512 < ALWAYS_BYTES) this.#inVain.set(device, (this.#inVain.get(device) ?? 0) + 1);
  }

  #spaceOf(fd: number, stat: FileStat): number | undefined {
    const device = deviceOf(stat);
    if (!this.#spaces.has(device)) this.#spaces.set(device, sharingSpaceOf(fd));
    return this.#spaces.get(device);
  }
}
