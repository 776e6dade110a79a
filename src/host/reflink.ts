/**
 * Blocks that several files have in common (reflinks). Sources: linux/fs.h, linux/btrfs.h, xfs_fs.h of xfsprogs.
 */
import { FFIType, type Pointer, read as readMemory } from "bun:ffi";
import { fileSystemMagic } from "./fs-calls.ts";
import { library } from "./library.ts";

const c = library("libc.so.6", {
  __errno_location: { args: [], returns: FFIType.ptr },
  ioctl: { args: [FFIType.i32, FFIType.u64, FFIType.ptr], returns: FFIType.i32 },
});

const FICLONERANGE = 0x4020940d;
const BTRFS_IOC_FS_INFO = 0x8400941f;
const BTRFS_FSID_AT = 16;
const XFS_IOC_FSGEOMETRY_V1 = 0x80705864;
const XFS_UUID_AT = 64;
const XFS_FLAGS_AT = 92;
const XFS_REFLINK = 1 << 20;
const UUID_BYTES = 16;

const BTRFS_MAGIC = 0x9123683e;
const XFS_MAGIC = 0x58465342;

/** struct file_clone_range: source, offset in it, length, offset in the target. */
const range = new DataView(new ArrayBuffer(32));
/** The largest answer is that of btrfs. */
const answer = new Uint8Array(1024);

/**
 * Makes a range of an open file lie on the blocks of another's, both of one file system; 0 or a negative errno. Nothing
 * is done unless both offsets are whole blocks, and the length is, too, or ends both files.
 */
export function cloneRange(from: number, fromOffset: number, length: number, to: number, toOffset: number): number {
  range.setBigInt64(0, BigInt(from), true);
  range.setBigUint64(8, BigInt(fromOffset), true);
  range.setBigUint64(16, BigInt(length), true);
  range.setBigUint64(24, BigInt(toOffset), true);
  const done = c.ioctl(to, FICLONERANGE, new Uint8Array(range.buffer));
  return done < 0 ? -readMemory.i32(c.__errno_location() as Pointer, 0) : 0;
}

/** Whether a kind of file system (linux/magic.h) is one whose files may share blocks. */
export function mayShareBlocks(magic: number): boolean {
  return magic === BTRFS_MAGIC || magic === XFS_MAGIC;
}

/**
 * A number that stands for the file system of an open file or directory, whose files may share blocks: the same for all
 * subvolumes and after a restart. Undefined: its files share none.
 */
export function sharingSpaceOf(fd: number): number | undefined {
  const magic = fileSystemMagic(fd);
  if (magic === BTRFS_MAGIC) return numberOf(fd, BTRFS_IOC_FS_INFO, BTRFS_FSID_AT);
  if (magic !== XFS_MAGIC) return undefined;
  const space = numberOf(fd, XFS_IOC_FSGEOMETRY_V1, XFS_UUID_AT);
  const flags = new DataView(answer.buffer).getUint32(XFS_FLAGS_AT, true);
  return (flags & XFS_REFLINK) === 0 ? undefined : space;
}

function numberOf(fd: number, request: number, uuidAt: number): number | undefined {
  answer.fill(0);
  if (c.ioctl(fd, request, answer) < 0) return undefined;
  return Bun.hash.xxHash32(answer.subarray(uuidAt, uuidAt + UUID_BYTES));
}
