/** The content of a file that may be changing: what is stored always has the length that its header says. */
import { isAllocated } from "../../host/extent-map.ts";
import { dataExtents, type FileStat, firstHole } from "../../host/fs-calls.ts";

/**
 * Ranges that hold data, for a file with holes; `undefined` for any other. A file that was preallocated is stored whole, so that it
 * comes back without holes (a swap file must not have any).
 */
export function extentsOf(fd: number, stat: FileStat): number[] | undefined {
  if (isWhole(fd, stat)) return undefined;
  const extents = dataExtents(fd, stat.size);
  if (typeof extents === "number") return undefined;
  return extents.length === 2 && extents[0] === 0 && extents[1] === stat.size ? undefined : extents;
}

/** Blocks alone don't tell: attributes, and space kept ready behind the end, count among them. */
function isWhole(fd: number, { blocks, size }: FileStat): boolean {
  if (size === 0) return true;
  if (blocks * 512 < size) return false;
  const hole = firstHole(fd);
  return hole < 0 || hole >= size || isAllocated(fd, size);
}

/** Whether the file is no longer what it was. */
export function hasChanged(before: FileStat, after: FileStat | number): boolean {
  if (typeof after === "number") return true;
  return (
    before.size !== after.size ||
    before.mtimeSec !== after.mtimeSec ||
    before.mtimeNsec !== after.mtimeNsec ||
    before.ctimeSec !== after.ctimeSec ||
    before.ctimeNsec !== after.ctimeNsec
  );
}
