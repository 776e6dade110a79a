/**
 * The file system for inner loops: synchronous, names as bytes, relative to open directories, no exception on the way.
 * Every function returns a negative errno on failure. Meant for Workers and for short work on the main thread.
 */
import { FFIType, type Pointer, ptr, read as readMemory } from "bun:ffi";
import { withoutAclTwins } from "../base/acl-twins.ts";
import type { ByteString } from "../base/bytes.ts";
import { callNumbers } from "./call-numbers.ts";
import { library } from "./library.ts";
import { Errno, OpenFlag } from "./syscalls.ts";

const { i32, u32, u64, i64_fast: i64, ptr: pointer } = FFIType;

const c = library("libc.so.6", {
  __errno_location: { args: [], returns: pointer },
  openat: { args: [i32, pointer, i32, u32], returns: i32 },
  close: { args: [i32], returns: i32 },
  pread: { args: [i32, pointer, u64, i64], returns: i64 },
  pwrite: { args: [i32, pointer, u64, i64], returns: i64 },
  preadv2: { args: [i32, pointer, i32, i64, i32], returns: i64 },
  lseek: { args: [i32, i64, i32], returns: i64 },
  ftruncate: { args: [i32, i64], returns: i32 },
  fsync: { args: [i32], returns: i32 },
  syncfs: { args: [i32], returns: i32 },
  sync_file_range: { args: [i32, i64, i64, u32], returns: i32 },
  posix_fadvise: { args: [i32, i64, i64, i32], returns: i32 },
  statx: { args: [i32, pointer, i32, u32, pointer], returns: i32 },
  fstatfs: { args: [i32, pointer], returns: i32 },
  readlinkat: { args: [i32, pointer, pointer, u64], returns: i64 },
  symlinkat: { args: [pointer, i32, pointer], returns: i32 },
  linkat: { args: [i32, pointer, i32, pointer, i32], returns: i32 },
  mkdirat: { args: [i32, pointer, u32], returns: i32 },
  unlinkat: { args: [i32, pointer, i32], returns: i32 },
  renameat: { args: [i32, pointer, i32, pointer], returns: i32 },
  renameat2: { args: [i32, pointer, i32, pointer, u32], returns: i32 },
  fchown: { args: [i32, u32, u32], returns: i32 },
  fchmod: { args: [i32, u32], returns: i32 },
  fchownat: { args: [i32, pointer, u32, u32, i32], returns: i32 },
  chmod: { args: [pointer, u32], returns: i32 },
  utimensat: { args: [i32, pointer, pointer, i32], returns: i32 },
  futimens: { args: [i32, pointer], returns: i32 },
  llistxattr: { args: [pointer, pointer, u64], returns: i64 },
  lgetxattr: { args: [pointer, pointer, pointer, u64], returns: i64 },
  setxattr: { args: [pointer, pointer, pointer, u64, i32], returns: i32 },
  lsetxattr: { args: [pointer, pointer, pointer, u64, i32], returns: i32 },
  flistxattr: { args: [i32, pointer, u64], returns: i64 },
  fgetxattr: { args: [i32, pointer, pointer, u64], returns: i64 },
  fremovexattr: { args: [i32, pointer], returns: i32 },
  fsetxattr: { args: [i32, pointer, pointer, u64, i32], returns: i32 },
  syscall: { args: [i64, i32, pointer, u64, u64], returns: i64 },
});

/** `dirFd` that means the working directory. */
export const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;

/** File types in `mode`. Source: linux/stat.h. */
export const FileType = {
  mask: 0o170000,
  socket: 0o140000,
  symlink: 0o120000,
  file: 0o100000,
  block: 0o060000,
  directory: 0o040000,
  char: 0o020000,
  fifo: 0o010000,
} as const;

const NAME_ROOM = 8192;
/** Scratch space for two names, a result and times; each thread that loads this module has its own. */
const nameBytes = Buffer.alloc(NAME_ROOM);
const otherBytes = Buffer.alloc(NAME_ROOM);
const resultBytes = Buffer.alloc(1 << 16);
const statBytes = Buffer.alloc(256);
const timeBytes = Buffer.alloc(32);
const statWords = new Uint32Array(statBytes.buffer, statBytes.byteOffset, 64);
const statSigned = new Int32Array(statBytes.buffer, statBytes.byteOffset, 64);
const timeView = new DataView(timeBytes.buffer, timeBytes.byteOffset, 32);

function failure(): number {
  return -readMemory.i32(c.__errno_location() as Pointer, 0);
}

function outcome(result: number | bigint): number {
  return Number(result) < 0 ? failure() : Number(result);
}

/** Puts a NUL-terminated name into scratch space; false when it can't be a name. */
function put(into: Buffer, name: string): boolean {
  if (name.length >= NAME_ROOM || name.includes("\0")) return false;
  into.write(name, 0, "latin1");
  into[name.length] = 0;
  return true;
}

/** What statx(2) says. `mode` includes the type. */
export interface FileStat {
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** 512-byte units in use. */
  readonly blocks: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  readonly ctimeSec: number;
  readonly ctimeNsec: number;
  readonly rdevMajor: number;
  readonly rdevMinor: number;
  readonly devMajor: number;
  readonly devMinor: number;
  readonly inoHigh: number;
  readonly inoLow: number;
  /** Whether something is mounted here; `undefined` before Linux 5.8. */
  readonly mountRoot: boolean | undefined;
  /** Encrypted by its file system (fscrypt). */
  readonly encrypted: boolean;
  /** Sealed by fs-verity. */
  readonly verity: boolean;
}

const STATX_BASIC = 0x7ff;
const ATTR_MOUNT_ROOT = 0x2000;
const ATTR_ENCRYPTED = 0x800;
const ATTR_VERITY = 0x100000;

function high(index: number): number {
  return (statWords[index + 1] ?? 0) * 0x1_0000_0000 + (statWords[index] ?? 0);
}

function word(index: number): number {
  return statWords[index] ?? 0;
}

/** Seconds, signed. */
function seconds(index: number): number {
  return (statSigned[index + 1] ?? 0) * 0x1_0000_0000 + (statWords[index] ?? 0);
}

function decodeStat(): FileStat {
  const knowsMounts = (word(14) & ATTR_MOUNT_ROOT) !== 0;
  return {
    mode: word(7) & 0xffff,
    nlink: word(4),
    uid: word(5),
    gid: word(6),
    size: high(10),
    blocks: high(12),
    mtimeSec: seconds(28),
    mtimeNsec: word(30),
    ctimeSec: seconds(24),
    ctimeNsec: word(26),
    rdevMajor: word(32),
    rdevMinor: word(33),
    devMajor: word(34),
    devMinor: word(35),
    inoHigh: word(9),
    inoLow: word(8),
    encrypted: (word(2) & ATTR_ENCRYPTED) !== 0,
    verity: (word(2) & ATTR_VERITY) !== 0,
    mountRoot: knowsMounts ? (word(2) & ATTR_MOUNT_ROOT) !== 0 : undefined,
  };
}

/** statx(2) of a name in a directory. Like stat(2) it triggers no automount; it does not follow symbolic links. */
export function statAt(dirFd: number, name: ByteString): FileStat | number {
  if (!put(nameBytes, name)) return -Errno.ENAMETOOLONG;
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  return c.statx(dirFd, nameBytes, flags, STATX_BASIC, statBytes) < 0 ? failure() : decodeStat();
}

/** statx(2) of an open file. */
export function statFd(fd: number): FileStat | number {
  nameBytes[0] = 0;
  return c.statx(fd, nameBytes, AT_EMPTY_PATH, STATX_BASIC, statBytes) < 0 ? failure() : decodeStat();
}

/** openat(2), with O_CLOEXEC. */
export function openAt(dirFd: number, name: ByteString, flags: number, mode = 0): number {
  if (!put(nameBytes, name)) return -Errno.ENAMETOOLONG;
  const fd = c.openat(dirFd, nameBytes, flags | 0o2000000, mode);
  return fd < 0 ? failure() : fd;
}

/** The kind of the file system that an open file lies on: linux/magic.h. */
export function fileSystemMagic(fd: number): number {
  const result = outcome(c.fstatfs(fd, resultBytes));
  return result < 0 ? result : resultBytes.readUInt32LE(0);
}

/** What statfs(2) says of the file system that an open file lies on. Bytes. */
export interface FileSystemRoom {
  /** linux/magic.h. */
  readonly magic: number;
  readonly blockBytes: number;
  readonly freeBytes: number;
  /** Of that, what is left to others than root. */
  readonly availableBytes: number;
}

/** statfs(2) of an open file or directory. */
export function roomOfFd(fd: number): FileSystemRoom | number {
  const result = outcome(c.fstatfs(fd, resultBytes));
  if (result < 0) return result;
  const long = (at: number) => Number(resultBytes.readBigUInt64LE(at));
  const [preferred, fragment] = [long(8), long(72)];
  const blockBytes = fragment > 0 ? fragment : preferred;
  return {
    ...{ magic: resultBytes.readUInt32LE(0), blockBytes },
    ...{ freeBytes: long(24) * blockBytes, availableBytes: long(32) * blockBytes },
  };
}

const AUTOFS_MAGIC = 0x187;

/**
 * Whether something would be mounted on a name in a directory as soon as that is opened (autofs). Asks without opening
 * it.
 */
export function isAutomountAt(dirFd: number, name: ByteString): boolean {
  const fd = openAt(dirFd, name, OpenFlag.path | OpenFlag.noFollow);
  if (fd < 0) return false;
  const magic = fileSystemMagic(fd);
  closeFd(fd);
  return magic === AUTOFS_MAGIC;
}

/** close(2). */
export function closeFd(fd: number): void {
  c.close(fd);
}

/**
 * Reads until `length` bytes are at `at` in the buffer or the file ends; the count, or the error of the first failure.
 */
export function readFully(fd: number, buffer: Uint8Array, at: number, length: number, position: number): number {
  let done = 0;
  while (done < length) {
    const got = Number(c.pread(fd, ptr(buffer, at + done), length - done, position + done));
    if (got === 0) break;
    if (got < 0) {
      const error = failure();
      if (error === -Errno.EINTR) continue;
      return error;
    }
    done += got;
  }
  return done;
}

/**
 * The page cache takes folios as large as a call's data, up to 2 MiB. Measured on Linux 6.18 in a virtual machine: 4
 * MiB a call cost 1.4 to 2.0 s of system time for 500 MB, 256 KiB 0.2 to 0.8 s. The likely cause: large folios come
 * from memory that was free for long, which the machine has given back to its host, so that each of its pages costs a
 * fault there.
 */
const WRITE_BYTES = 256 << 10;

/** Writes all of the range; 0, or the error. */
export function writeFully(fd: number, buffer: Uint8Array, at: number, length: number, position: number): number {
  let done = 0;
  while (done < length) {
    const next = Math.min(WRITE_BYTES, length - done);
    const put = Number(c.pwrite(fd, ptr(buffer, at + done), next, position + done));
    if (put < 0) {
      const error = failure();
      if (error === -Errno.EINTR) continue;
      return error;
    }
    done += put;
  }
  return 0;
}

/** ftruncate(2). */
export function truncateFd(fd: number, size: number): number {
  return outcome(c.ftruncate(fd, size));
}

/** fsync(2). */
export function syncFd(fd: number): number {
  return outcome(c.fsync(fd));
}

/** syncfs(2): writes everything dirty in the file system of an open file to the disk. May take long. */
export function syncFileSystem(fd: number): number {
  return outcome(c.syncfs(fd));
}

const SYNC_FILE_RANGE_WRITE = 2;

/** Makes the kernel start writing a range to the disk (length 0: to the end); does not wait for it. */
export function startWriteback(fd: number, offset: number, length: number): void {
  c.sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

const FADVISE = { sequential: 2, willNeed: 3, dontNeed: 4 };

/** posix_fadvise(2) over the whole file. */
export function adviseFd(fd: number, advice: keyof typeof FADVISE): void {
  c.posix_fadvise(fd, 0, 0, FADVISE[advice]);
}

/** Makes the kernel start reading a range of an open file; does not wait for it. */
export function readAhead(fd: number, offset: number, length: number): void {
  c.posix_fadvise(fd, offset, length, FADVISE.willNeed);
}

const PAGE_BYTES = 4096;

/** Takes the pages of a range of an open file out of the page cache, but for those that are not on the disk yet. */
export function forgetRange(fd: number, offset: number, length: number): void {
  const start = offset - (offset % PAGE_BYTES);
  const end = Math.ceil((offset + length) / PAGE_BYTES) * PAGE_BYTES;
  c.posix_fadvise(fd, start, end - start, FADVISE.dontNeed);
}

const RWF_NOWAIT = 8;
/** struct iovec: one byte of scratch space. Source: linux/uio.h. */
const oneByte = new BigUint64Array([BigInt(ptr(resultBytes)), 1n]);

/**
 * Whether a byte of an open file is in the page cache, where reading it would wait for no disk; undefined: the file
 * system can't tell.
 */
export function isInMemory(fd: number, offset: number): boolean | undefined {
  const got = outcome(c.preadv2(fd, oneByte, 1, offset, RWF_NOWAIT));
  if (got === -Errno.EAGAIN) return false;
  return got < 0 ? undefined : got === 1;
}

const SEEK_SET = 0;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/**
 * Ranges that hold data as [offset, length, offset, length …], all within `size`. A file system without holes gives one
 * range.
 */
export function dataExtents(fd: number, size: number): number[] | number {
  const extents: number[] = [];
  let at = 0;
  while (at < size) {
    const start = outcome(c.lseek(fd, at, SEEK_DATA));
    if (start === -Errno.ENXIO) break;
    if (start < 0) return start;
    if (start >= size) break;
    const end = outcome(c.lseek(fd, start, SEEK_HOLE));
    if (end < 0) return end;
    extents.push(start, Math.min(end, size) - start);
    at = end;
  }
  return extents;
}

/** Whether an open file could end at an offset: a file system has a longest file (`s_maxbytes`). */
export function canSeek(fd: number, offset: number): boolean {
  return outcome(c.lseek(fd, offset, SEEK_SET)) >= 0;
}

/** Where the first hole of an open file starts: its end, when it has none. */
export function firstHole(fd: number): number {
  return outcome(c.lseek(fd, 0, SEEK_HOLE));
}

/** Names in an open directory as the kernel gives them, without `.` and `..`. */
export function listFd(fd: number): ByteString[] | number {
  const names: ByteString[] = [];
  for (;;) {
    const got = outcome(c.syscall(callNumbers.getdents64, fd, resultBytes, resultBytes.length, 0));
    if (got <= 0) return got === 0 ? names : got;
    for (let at = 0; at < got; ) {
      const next = at + resultBytes.readUInt16LE(at + 16);
      const end = resultBytes.indexOf(0, at + 19);
      const name = resultBytes.toString("latin1", at + 19, end) as ByteString;
      if (name !== "." && name !== "..") names.push(name);
      at = next;
    }
  }
}

/** Target of a symbolic link. */
export function readLinkAt(dirFd: number, name: ByteString): ByteString | number {
  if (!put(nameBytes, name)) return -Errno.ENAMETOOLONG;
  const length = outcome(c.readlinkat(dirFd, nameBytes, resultBytes, resultBytes.length));
  return length < 0 ? length : (resultBytes.toString("latin1", 0, length) as ByteString);
}

/** symlinkat(2). */
export function symlinkAt(target: ByteString, dirFd: number, name: ByteString): number {
  if (!put(nameBytes, name) || !put(otherBytes, target)) return -Errno.ENAMETOOLONG;
  return outcome(c.symlinkat(otherBytes, dirFd, nameBytes));
}

/** linkat(2): a second name for a file, or for a symbolic link itself. */
export function linkAt(fromFd: number, from: ByteString, toFd: number, to: ByteString): number {
  if (!put(nameBytes, from) || !put(otherBytes, to)) return -Errno.ENAMETOOLONG;
  return outcome(c.linkat(fromFd, nameBytes, toFd, otherBytes, 0));
}

/** mkdirat(2). */
export function makeDirectoryAt(dirFd: number, name: ByteString, mode: number): number {
  return put(nameBytes, name) ? outcome(c.mkdirat(dirFd, nameBytes, mode)) : -Errno.ENAMETOOLONG;
}

/** mknodat(2): devices, fifos, sockets; `mode` includes the type. */
export function makeNodeAt(dirFd: number, name: ByteString, mode: number, major: number, minor: number): number {
  if (!put(nameBytes, name)) return -Errno.ENAMETOOLONG;
  if (major > 0xfff || minor > 0xf_ffff) return -Errno.EINVAL;
  // The kernel's dev_t for programs: minor 7..0, major 11..0, minor 19..8.
  const device = (minor & 0xff) + major * 0x100 + (minor >>> 8) * 0x10_0000;
  return outcome(c.syscall(callNumbers.mknodat, dirFd, nameBytes, mode, device));
}

/** unlinkat(2): of a name, or of an empty directory. */
export function unlinkAt(dirFd: number, name: ByteString, directory = false): number {
  return put(nameBytes, name)
    ? outcome(c.unlinkat(dirFd, nameBytes, directory ? AT_REMOVEDIR : 0))
    : -Errno.ENAMETOOLONG;
}

/** renameat(2) within a directory: replaces what has the new name, unless that is a directory. */
export function renameAt(dirFd: number, from: ByteString, to: ByteString): number {
  if (!put(nameBytes, from) || !put(otherBytes, to)) return -Errno.ENAMETOOLONG;
  return outcome(c.renameat(dirFd, nameBytes, dirFd, otherBytes));
}

const RENAME_NOREPLACE = 1;

/** renameat2(2) within a directory, which replaces nothing. EINVAL: the file system can't. */
export function renameFreeAt(dirFd: number, from: ByteString, to: ByteString): number {
  if (!put(nameBytes, from) || !put(otherBytes, to)) return -Errno.ENAMETOOLONG;
  return outcome(c.renameat2(dirFd, nameBytes, dirFd, otherBytes, RENAME_NOREPLACE));
}

/** fchown(2). */
export function chownFd(fd: number, uid: number, gid: number): number {
  return outcome(c.fchown(fd, uid, gid));
}

/** fchmod(2). */
export function chmodFd(fd: number, mode: number): number {
  return outcome(c.fchmod(fd, mode));
}

/** fchownat(2) of what was opened as a path: a symbolic link itself, a device that nothing opens. */
export function chownPathFd(fd: number, uid: number, gid: number): number {
  nameBytes[0] = 0;
  return outcome(c.fchownat(fd, nameBytes, uid, gid, AT_EMPTY_PATH));
}

/** Puts the name by which the kernel leads to what is open as a path, whatever has its name by now. */
const putPathFd = (fd: number) => put(nameBytes, `/proc/self/fd/${fd}`);

/** chmod(2) of what was opened as a path. */
export function chmodPathFd(fd: number, mode: number): number {
  putPathFd(fd);
  return outcome(c.chmod(nameBytes, mode));
}

const UTIME_OMIT = 0x3ffffffe;

function putModified(sec: number, nsec: number): void {
  timeView.setInt32(8, UTIME_OMIT, true);
  timeView.setBigInt64(16, BigInt(sec), true);
  timeView.setInt32(24, nsec, true);
}

/** Sets the modification time of an open file; the access time stays. */
export function setModifiedFd(fd: number, sec: number, nsec: number): number {
  putModified(sec, nsec);
  return outcome(c.futimens(fd, timeBytes));
}

/** Sets the modification time of what was opened as a path. */
export function setModifiedPathFd(fd: number, sec: number, nsec: number): number {
  putPathFd(fd);
  putModified(sec, nsec);
  return outcome(c.utimensat(AT_FDCWD, nameBytes, timeBytes, 0));
}

/** Extended attributes: name → value. */
export type Xattrs = ReadonlyMap<ByteString, Uint8Array>;

/** The kernel allocates (for a value also clears) as much memory as the answer may take: most are small. */
const SMALL_ANSWER = 256;

/** The length of an answer in `resultBytes`. */
function answer(call: (room: number) => number | bigint): number {
  const length = outcome(call(SMALL_ANSWER));
  return length === -Errno.ERANGE ? outcome(call(resultBytes.length)) : length;
}

function splitNames(length: number): ByteString[] {
  const names = resultBytes.toString("latin1", 0, length).split("\0") as ByteString[];
  return withoutAclTwins(names.filter((name) => name !== ""));
}

/** What the attributes of a file may take together, with their names: more is E2BIG. The kernel knows no limit. */
export const MOST_XATTR_BYTES = 24 << 20;

function collect(names: readonly ByteString[], get: (room: number) => number | bigint): Xattrs | number {
  const found = new Map<ByteString, Uint8Array>();
  let bytes = 0;
  for (const name of names) {
    if (!put(otherBytes, name)) continue;
    const length = answer(get);
    // Removed in the meantime, or listed but not readable (trusted.* of an overlay): go on with the others.
    if (length === -Errno.ENODATA) continue;
    if (length < 0) return length;
    bytes += name.length + length;
    if (bytes > MOST_XATTR_BYTES) return -Errno.E2BIG;
    found.set(name, Uint8Array.prototype.slice.call(resultBytes, 0, length));
  }
  return found;
}

/** Extended attributes of an open file or directory; `undefined` when it has none. */
export function xattrsOfFd(fd: number): Xattrs | undefined | number {
  const length = answer((room) => c.flistxattr(fd, resultBytes, room));
  if (length === 0 || length === -Errno.EOPNOTSUPP) return undefined;
  if (length < 0) return length;
  return collect(splitNames(length), (room) => c.fgetxattr(fd, otherBytes, resultBytes, room));
}

/** Names of the extended attributes of an open file or directory. */
export function xattrNamesOfFd(fd: number): ByteString[] | number {
  const length = answer((room) => c.flistxattr(fd, resultBytes, room));
  if (length === 0 || length === -Errno.EOPNOTSUPP) return [];
  return length < 0 ? length : splitNames(length);
}

/** fremovexattr(2). */
export function removeXattrFd(fd: number, name: ByteString): number {
  return put(otherBytes, name) ? outcome(c.fremovexattr(fd, otherBytes)) : -Errno.ENAMETOOLONG;
}

/** Extended attributes of a name, not following it, by way of /proc/self/fd: the kernel has no *at call for them. */
export function xattrsAt(dirFd: number, name: ByteString): Xattrs | undefined | number {
  if (!put(nameBytes, `/proc/self/fd/${dirFd}/${name}`)) return -Errno.ENAMETOOLONG;
  const length = answer((room) => c.llistxattr(nameBytes, resultBytes, room));
  if (length === 0 || length === -Errno.EOPNOTSUPP) return undefined;
  if (length < 0) return length;
  return collect(splitNames(length), (room) => c.lgetxattr(nameBytes, otherBytes, resultBytes, room));
}

/** A value for setxattr: FFI takes no pointer to zero bytes. */
function pointable(value: Uint8Array): Uint8Array {
  return value.length === 0 ? resultBytes : value;
}

/** fsetxattr(2). */
export function setXattrFd(fd: number, name: ByteString, value: Uint8Array): number {
  if (!put(otherBytes, name)) return -Errno.ENAMETOOLONG;
  return outcome(c.fsetxattr(fd, otherBytes, pointable(value), value.length, 0));
}

/** setxattr(2) of what was opened as a path. */
export function setXattrPathFd(fd: number, name: ByteString, value: Uint8Array): number {
  if (!put(otherBytes, name)) return -Errno.ENAMETOOLONG;
  putPathFd(fd);
  return outcome(c.setxattr(nameBytes, otherBytes, pointable(value), value.length, 0));
}

/** lsetxattr(2) of a name in a directory. */
export function setXattrAt(dirFd: number, name: ByteString, key: ByteString, value: Uint8Array): number {
  if (!put(nameBytes, `/proc/self/fd/${dirFd}/${name}`) || !put(otherBytes, key)) return -Errno.ENAMETOOLONG;
  return outcome(c.lsetxattr(nameBytes, otherBytes, pointable(value), value.length, 0));
}
