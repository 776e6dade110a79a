import { isAllocated } from "../../host/extent-map.ts";
import { dataExtents, type FileStat, firstHole } from "../../host/fs-calls.ts";
import { MOST_RANGES } from "../catalog/most-bytes.ts";
import { coarsened } from "../catalog/ranges.ts";

/**
 * Ranges [offset, length, …] that hold data, of a file with holes; undefined for any other. A preallocated file counts
 * as one without holes, so that it comes back as such: a swap file must not have any. Of a file with more ranges than
 * an entry can have, the shortest holes are stored.
 */
export function storedExtents(fd: number, stat: FileStat): readonly number[] | undefined {
  if (isWhole(fd, stat)) return undefined;
  const extents = dataExtents(fd, stat.size);
  if (typeof extents === "number") return undefined;
  return extents.length === 2 && extents[0] === 0 && extents[1] === stat.size
    ? undefined
    : coarsened(extents, MOST_RANGES);
}

/** The number of blocks alone doesn't tell: attributes and space reserved behind the end count among them. */
function isWhole(fd: number, { blocks, size }: FileStat): boolean {
  if (size === 0) return true;
  if (blocks * 512 < size) return false;
  const hole = firstHole(fd);
  return hole < 0 || hole >= size || isAllocated(fd, size);
}
