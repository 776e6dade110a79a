import { forgetRange, isInMemory, syncFd } from "../../host/fs-calls.ts";

/**
 * Takes a range of an open file out of memory, so that what is read of it next comes from the disk; waits until it is
 * written, where it isn't yet. False: its file system keeps it in memory all the same.
 */
export function evict(fd: number, offset: number, length: number): boolean {
  forgetRange(fd, offset, length);
  if (isInMemory(fd, offset) !== true) return true;
  syncFd(fd);
  forgetRange(fd, offset, length);
  return isInMemory(fd, offset) !== true;
}
