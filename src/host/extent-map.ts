/** Where a file system keeps the blocks of a file. Source: linux/fiemap.h. */
import { dlopen, FFIType } from "bun:ffi";

const { symbols: c } = dlopen("libc.so.6", {
  ioctl: { args: [FFIType.i32, FFIType.u64, FFIType.ptr], returns: FFIType.i32 },
});

const FS_IOC_FIEMAP = 0xc020660b;
const EXTENT_LAST = 1;
/** struct fiemap, followed by that many struct fiemap_extent. */
const HEADER_BYTES = 32;
const EXTENT_BYTES = 56;
const ROOM = 256;

const bytes = new Uint8Array(HEADER_BYTES + ROOM * EXTENT_BYTES);
const view = new DataView(bytes.buffer);

const long = (at: number): number => Number(view.getBigUint64(at, true));

/** Asks for the extents from an offset on; how many there are in `bytes`, or -1. */
function ask(fd: number, from: number): number {
  bytes.fill(0, 0, HEADER_BYTES);
  view.setBigUint64(0, BigInt(from), true);
  view.setBigUint64(8, 0xffff_ffff_ffff_ffffn - BigInt(from), true);
  view.setUint32(24, ROOM, true);
  return c.ioctl(fd, FS_IOC_FIEMAP, bytes) < 0 ? -1 : view.getUint32(20, true);
}

/**
 * Whether every byte of an open file has its place on the disk, written or only preallocated. Also true where the file
 * system doesn't say.
 */
export function isAllocated(fd: number, size: number): boolean {
  for (let end = 0; end < size; ) {
    const count = ask(fd, end);
    if (count < 0) return true;
    if (count === 0) return false;
    for (let i = 0; i < count; i++) {
      const at = HEADER_BYTES + i * EXTENT_BYTES;
      const [start, length] = [long(at), long(at + 16)];
      if (start > end) return false;
      end = Math.max(end, start + length);
      if (view.getUint32(at + 40, true) & EXTENT_LAST && end < size) return false;
    }
  }
  return true;
}
