import { stored, told } from "../base/message.ts";
import { dispensableWords, withoutDispensableDisk, withoutDispensables } from "../drivers/dispensables.ts";
import { describeDiskShortly } from "../layout/describe-disk-shortly.ts";
import { type Disk, type Layout, type NodeId, nodesOf } from "../layout/types.ts";

/** What is left of a layout when something of it is given up. */
export interface Reduced {
  readonly layout: Layout;
  /** What was given up and why, as sentences. */
  readonly lost: readonly string[];
}

/** The layout without a disk that has no counterpart and what lay on it. */
function withoutMissing({ layout, lost }: Reduced, disk: Disk): Reduced | undefined {
  const left = withoutDispensableDisk(layout, disk.id);
  const why = stored`no disk here takes the place of ${describeDiskShortly(disk)}, which it was on`;
  return left && { layout: left, lost: [...lost, ...dispensableWords(layout, disk.id, why).map((text) => told(text))] };
}

/** The layout without what is dispensable on a disk whose counterpart is too small. */
function withoutRoom({ layout, lost }: Reduced, disk: Disk): Reduced | undefined {
  const why = stored`the disk that takes the place of ${describeDiskShortly(disk)} is too small for it`;
  const words = dispensableWords(layout, disk.id, why).map((text) => told(text));
  return words.length === 0 ? undefined : { layout: withoutDispensables(layout, disk.id), lost: [...lost, ...words] };
}

/**
 * A layout that needs less of the disks without a counterpart. A disk that holds only caches is given up as a whole; if
 * there is a single one that was `chosen` or holds more, what is dispensable on it. Undefined if there is nothing to
 * give up.
 */
export function giveUp(now: Reduced, lacking: readonly NodeId[], chosen: ReadonlySet<NodeId>): Reduced | undefined {
  const disks = nodesOf(now.layout, "disk").filter(({ id }) => lacking.includes(id));
  for (const disk of disks) {
    const reduced = chosen.has(disk.id) ? undefined : withoutMissing(now, disk);
    if (reduced) return reduced;
  }
  const [only, ...others] = disks;
  return only && others.length === 0 ? withoutRoom(now, only) : undefined;
}
