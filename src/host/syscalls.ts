/**
 * The kernel, through libc and FFI. Every call here returns at once or is meant for a Worker or child (an FFI call
 * blocks its thread). A negative result is `-errno`; the wrappers with a verb throw a MondoError that names call and
 * path.
 */

import { FFIType, type Pointer, ptr, read } from "bun:ffi";
import { architecture } from "../base/architecture.ts";
import { bytesOfText } from "../base/bytes.ts";
import { MondoError } from "../base/errors.ts";
import { msg, stored, told } from "../base/message.ts";
import { actionWord } from "./action-words.ts";
import { callNumbers } from "./call-numbers.ts";
import { library } from "./library.ts";

const { i32, i64, u32, u64, ptr: pointer } = FFIType;

/** The bare functions, for inner loops: results as in libc; after a -1 call `errno()` at once. */
export const c = library("libc.so.6", {
  __errno_location: { args: [], returns: pointer },
  mount: { args: [pointer, pointer, pointer, u64, pointer], returns: i32 },
  umount2: { args: [pointer, i32], returns: i32 },
  reboot: { args: [i32], returns: i32 },
  sync: { args: [], returns: FFIType.void },
  waitpid: { args: [i32, pointer, i32], returns: i32 },
  kill: { args: [i32, i32], returns: i32 },
  swapon: { args: [pointer, i32], returns: i32 },
  swapoff: { args: [pointer], returns: i32 },
  syscall: { args: [i64, i64, i64, i64, i64, i64], returns: i64 },
  open: { args: [pointer, i32, u32], returns: i32 },
  close: { args: [i32], returns: i32 },
  read: { args: [i32, pointer, u64], returns: i64 },
  write: { args: [i32, pointer, u64], returns: i64 },
  ioctl: { args: [i32, u64, pointer], returns: i32 },
});

/** The error number of the last failed call. Read it at once: the next call may change it. */
export function errno(): number {
  return read.i32(c.__errno_location() as Pointer, 0);
}

const ERRNO_NAMES: Readonly<Record<number, string>> = {
  1: stored`not permitted`,
  2: stored`no such file or directory`,
  4: stored`interrupted`,
  5: stored`input/output error`,
  6: stored`no such device`,
  7: stored`the list is too long`,
  9: stored`bad descriptor`,
  11: stored`another program holds it`,
  12: stored`out of memory`,
  13: stored`permission denied`,
  16: stored`busy`,
  17: stored`exists already`,
  18: stored`other file system`,
  19: stored`no such device`,
  20: stored`not a directory`,
  21: stored`is a directory`,
  22: stored`invalid argument`,
  23: stored`too many open files`,
  24: stored`too many open files`,
  26: stored`text file busy`,
  27: stored`file too large`,
  28: stored`no space left`,
  30: stored`read-only file system`,
  31: stored`too many links`,
  34: stored`out of range`,
  36: stored`name too long`,
  38: stored`not known to this kernel`,
  39: stored`directory not empty`,
  40: stored`too many symbolic links`,
  61: stored`no data`,
  75: stored`value too large`,
  95: stored`not supported`,
  101: stored`network is unreachable`,
  104: stored`connection reset`,
  107: stored`not connected`,
  110: stored`timed out`,
  111: stored`connection refused`,
  112: stored`host is down`,
  113: stored`no route to host`,
  116: stored`stale file handle`,
  117: stored`file system is damaged`,
  121: stored`remote input/output error`,
  122: stored`quota exceeded`,
  123: stored`no medium found`,
  124: stored`wrong medium type`,
  126: stored`it is encrypted and its key is not there`,
};

/** Error numbers. Source: asm-generic/errno-base.h, asm-generic/errno.h. */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  /** Also EWOULDBLOCK. */
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENOTTY: 25,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  ERANGE: 34,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
  ENETUNREACH: 101,
  ECONNRESET: 104,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  ENOKEY: 126,
} as const;

/** `28` → "no space left", to be written down. */
export const storedErrno = (number: number): string => ERRNO_NAMES[number] ?? stored`error ${number}`;

/** `28` → "no space left", in the language that is told. */
export const errnoText = (number: number): string => told(storedErrno(number));

/** A MondoError for a failed system call. */
export function systemError(call: string, path: string, number: number): MondoError {
  const code = number === Errno.ENOSPC ? "no-space" : number === Errno.ENOENT ? "not-found" : "system";
  return new MondoError(code, `${actionWord(call)} ${path}: ${errnoText(number)}`, {
    data: { call, path, errno: number },
  });
}

/** NUL-terminated bytes for a path or name. */
export function cPath(path: string | Uint8Array): Uint8Array {
  const bytes = typeof path === "string" ? bytesOfText(path) : path;
  const out = new Uint8Array(bytes.byteLength + 1);
  out.set(bytes);
  return out;
}

function check(result: number | bigint, call: string, path: string): void {
  if (Number(result) < 0) throw systemError(call, path, errno());
}

/** Flags of mount(2). Source: linux/mount.h. */
export const MountFlag = {
  readOnly: 1,
  noSuid: 2,
  noDev: 4,
  noExec: 8,
  synchronous: 16,
  remount: 32,
  /** Links are not followed; kernels before 5.10 pass it over. */
  noSymFollow: 256,
  noAtime: 1024,
  bind: 4096,
  move: 8192,
  recursive: 16384,
  private: 1 << 18,
  /** Mounts of others arrive here, ours don't arrive there. */
  slave: 1 << 19,
} as const;

/** What mount(2) takes. */
export interface MountOptions {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly flags?: readonly (keyof typeof MountFlag)[];
  /** File-system options, comma-separated. */
  readonly data?: string;
}

/** mount(2). Blocks while the file system answers: network mounts belong in a child. */
export function mountNow(options: MountOptions): void {
  const flags = (options.flags ?? []).reduce((sum, name) => sum | MountFlag[name], 0);
  const data = options.data === undefined ? null : ptr(cPath(options.data));
  const [source, target, type] = [cPath(options.source), cPath(options.target), cPath(options.type)];
  check(
    c.mount(ptr(source), ptr(target), ptr(type), flags, data),
    msg`mount ${options.type} ${options.source} on`,
    options.target,
  );
}

/** umount2(2). */
export function unmountNow(path: string, lazy = false): void {
  check(c.umount2(ptr(cPath(path)), lazy ? 2 : 0), "unmount", path);
}

const REBOOT = { restart: 0x01234567, kexec: 0x45584543, powerOff: 0x4321fedc, halt: 0xcdef0123 } as const;

/** reboot(2), after sync(2). Does not return when it succeeds. */
export function rebootNow(how: keyof typeof REBOOT): void {
  c.sync();
  check(c.reboot(REBOOT[how] | 0), "reboot", how);
}

const INIT_MODULE = BigInt(callNumbers.initModule);
const FINIT_MODULE = BigInt(callNumbers.finitModule);

/** init_module(2) from memory (decompressed bytes). Returns 0 or the error number. */
export function initModule(image: Uint8Array, parameters: string): number {
  const args = cPath(parameters);
  const result = c.syscall(INIT_MODULE, BigInt(ptr(image)), BigInt(image.byteLength), BigInt(ptr(args)), 0n, 0n);
  return Number(result) < 0 ? errno() : 0;
}

/** finit_module(2) of an open, uncompressed file. Returns 0 or the error number. */
export function finitModule(fd: number, parameters: string): number {
  const args = cPath(parameters);
  const result = c.syscall(FINIT_MODULE, BigInt(fd), BigInt(ptr(args)), 0n, 0n, 0n);
  return Number(result) < 0 ? errno() : 0;
}

/** Pid and wait status of a dead child; `undefined` when there is none. Only PID 1 may use it. */
export function reapOne(): { readonly pid: number; readonly status: number } | undefined {
  const status = new Int32Array(1);
  const pid = c.waitpid(-1, ptr(status), 1);
  return pid > 0 ? { pid, status: status[0] ?? 0 } : undefined;
}

/** open(2); the caller closes. */
export function openPath(path: string | Uint8Array, flags: number, mode = 0): number {
  const fd = c.open(ptr(cPath(path)), flags | OpenFlag.cloexec, mode);
  check(fd, "open", String(path));
  return fd;
}

/** close(2). */
export function closeFd(fd: number): void {
  c.close(fd);
}

/** Flags of open(2) that have values of their own on arm64. Source: arch/arm64/include/uapi/asm/fcntl.h. */
export const ownFlagsOf = {
  x86_64: { directory: 0o200000, noFollow: 0o400000 },
  aarch64: { directory: 0o40000, noFollow: 0o100000 },
} as const;

/** Flags of open(2). Source: asm-generic/fcntl.h. */
export const OpenFlag = {
  read: 0,
  write: 1,
  readWrite: 2,
  create: 0o100,
  exclusive: 0o200,
  noCtty: 0o400,
  truncate: 0o1000,
  append: 0o2000,
  nonBlock: 0o4000,
  ...ownFlagsOf[architecture.machine],
  noAtime: 0o1000000,
  cloexec: 0o2000000,
  path: 0o10000000,
} as const;

/** ioctl(2) with a buffer. Returns the result or `-errno`. */
export function ioctl(fd: number, request: number, buffer: Uint8Array | null): number {
  const result = c.ioctl(fd, request, buffer === null ? null : ptr(buffer));
  return result < 0 ? -errno() : result;
}

/** swapon(2) and swapoff(2). */
export function setSwap(path: string, on: boolean): void {
  check(on ? c.swapon(ptr(cPath(path)), 0) : c.swapoff(ptr(cPath(path))), on ? "swapon" : "swapoff", path);
}

/** kill(2) for a process (positive pid) or group (negative). Returns whether it was delivered. */
export function sendSignal(pid: number, signal: number): boolean {
  return c.kill(pid, signal) === 0;
}

/** ioctl BLKPG: adds or removes one partition of a disk in the kernel. Source: linux/blkpg.h. */
export function addKernelPartition(
  disk: string,
  partition: { readonly number: number; readonly startBytes: number; readonly sizeBytes: number },
): void {
  const body = new Uint8Array(152);
  const view = new DataView(body.buffer);
  view.setBigInt64(0, BigInt(partition.startBytes), true);
  view.setBigInt64(8, BigInt(partition.sizeBytes), true);
  view.setInt32(16, partition.number, true);
  const argument = new Uint8Array(24);
  const head = new DataView(argument.buffer);
  head.setInt32(0, 1, true);
  head.setInt32(8, body.byteLength, true);
  head.setBigUint64(16, BigInt(ptr(body)), true);
  const fd = openPath(disk, OpenFlag.readWrite);
  const result = ioctl(fd, 0x1269, argument);
  c.close(fd);
  if (result < 0) throw systemError(msg`tell the kernel of partition ${partition.number} of`, disk, -result);
}
