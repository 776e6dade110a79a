/**
 * Inode flags (chattr) and project ids of open files and directories. Source: linux/fs.h. A negative result is
 * `-errno`.
 */
import { FFIType, type Pointer, read as readMemory } from "bun:ffi";
import { library } from "./library.ts";

const c = library("libc.so.6", {
  __errno_location: { args: [], returns: FFIType.ptr },
  ioctl: { args: [FFIType.i32, FFIType.u64, FFIType.ptr], returns: FFIType.i32 },
});

const FS_IOC_GETFLAGS = 0x80086601;
const FS_IOC_SETFLAGS = 0x40086602;
const FS_IOC_FSGETXATTR = 0x801c581f;
const FS_IOC_FSSETXATTR = 0x401c5820;

const flagWords = new Uint32Array(2);
/** struct fsxattr: xflags, extsize, nextents, projid, cowextsize, 8 bytes of padding. */
const fsxattrWords = new Uint32Array(8);
const PROJECT_WORD = 3;

function outcome(result: number): number {
  return result < 0 ? -readMemory.i32(c.__errno_location() as Pointer, 0) : result;
}

/** All FS_*_FL of an open file or directory; must not be called for a device or a pipe. */
export function flagsOfFd(fd: number): number {
  const result = outcome(c.ioctl(fd, FS_IOC_GETFLAGS, flagWords));
  // Bit 31 is reserved for the ext4 library: it would make the number negative.
  return result < 0 ? result : (flagWords[0] ?? 0) & 0x7fffffff;
}

/** Sets all FS_*_FL at once: read them first. */
export function setFlagsFd(fd: number, flags: number): number {
  flagWords[0] = flags;
  flagWords[1] = 0;
  return outcome(c.ioctl(fd, FS_IOC_SETFLAGS, flagWords));
}

/** The project id, for quotas of directory trees; 0: none. */
export function projectOfFd(fd: number): number {
  const result = outcome(c.ioctl(fd, FS_IOC_FSGETXATTR, fsxattrWords));
  return result < 0 ? result : (fsxattrWords[PROJECT_WORD] ?? 0);
}

/** Sets the project id. */
export function setProjectFd(fd: number, project: number): number {
  const result = outcome(c.ioctl(fd, FS_IOC_FSGETXATTR, fsxattrWords));
  if (result < 0) return result;
  fsxattrWords[PROJECT_WORD] = project;
  return outcome(c.ioctl(fd, FS_IOC_FSSETXATTR, fsxattrWords));
}
