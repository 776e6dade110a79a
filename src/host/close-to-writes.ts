import { closeFd, ioctl, OpenFlag, openPath } from "./syscalls.ts";

/** Source: linux/fs.h, BLKROSET: an int, whether the block device is read-only. */
const BLKROSET = 0x125d;

/** Makes a block device refuse writes, or take them again; false when the kernel won't. */
export function closeToWrites(path: string, isClosed: boolean): boolean {
  const fd = openPath(path, OpenFlag.read);
  if (fd < 0) return false;
  try {
    return ioctl(fd, BLKROSET, new Uint8Array(Int32Array.of(isClosed ? 1 : 0).buffer)) === 0;
  } finally {
    closeFd(fd);
  }
}
