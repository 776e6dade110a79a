import { closeFd, ioctl, OpenFlag, openPath } from "./syscalls.ts";

/** Source: linux/fs.h, BLKZEROOUT: two u64, offset and length, both multiples of 512. */
const BLKZEROOUT = 0x127f;

/**
 * Makes a range of a block device read as zeros; false when the kernel can't do that for this device. Takes as long as
 * the disk does.
 */
export function zeroOut(path: string, offset: number, length: number): boolean {
  const fd = openPath(path, OpenFlag.readWrite);
  try {
    const range = new BigUint64Array([BigInt(offset), BigInt(length)]);
    return ioctl(fd, BLKZEROOUT, new Uint8Array(range.buffer)) === 0;
  } finally {
    closeFd(fd);
  }
}
