import { isAllocated } from "../../host/extent-map.ts";
import { dataExtents, type FileStat, firstHole } from "../../host/fs-calls.ts";

/**
 * Ranges [offset, length, …] that hold data, of a file with holes; undefined for any other. A preallocated file counts
 * as one without holes, so that it comes back as such: a swap file must not have any.
 */
export function storedExtents(fd: number, stat: FileStat): number[] | undefined {
  if (isWhole(fd, stat)) return undefined;
  const extents = dataExtents(fd, stat.size);
  if (typeof extents === "number") return undefined;
  return extents.length === 2 && extents[0] === 0 && extents[1] === stat.size ? undefined : extents;
}

/** The number of blocks alone doesn't tell: attributes and space reserved behind the end count among them. */
function isWhole(fd: number, { blocks, size }: FileStat): boolean {
  if (size === 0) return true;
  if (blocks * 512 < size) return false;
  const hole = firstHole(fd);
  return hole < 0 || hole >= size || isAllocated(fd, size);
}
