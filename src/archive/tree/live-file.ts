/** Files as the kernel has them now. */
import type { ByteString } from "../../base/bytes.ts";
import type { FileStat } from "../../host/fs-calls.ts";
import { FileType, isAutomountAt, openAt } from "../../host/fs-calls.ts";
import { Errno, OpenFlag } from "../../host/syscalls.ts";
import type { Entry, EntryKind } from "../entry.ts";

/** The identity of a file on this machine. */
export function inodeKey(stat: FileStat): string {
  return `${stat.devMajor}:${stat.devMinor}:${stat.inoHigh}:${stat.inoLow}`;
}

/** What two looks at one inode agree in, unless it was changed between them: type, size, and both times. */
export function inodeState(stat: FileStat): number[] {
  const { mode, size, mtimeSec, mtimeNsec, ctimeSec, ctimeNsec } = stat;
  return [mode & FileType.mask, size, mtimeSec, mtimeNsec, ctimeSec, ctimeNsec];
}

/** Whether two paths, looked at one right after the other, are names of one file. Its number alone doesn't tell. */
export function isSameInode(a: FileStat, b: FileStat): boolean {
  const state = inodeState(b);
  return inodeKey(a) === inodeKey(b) && inodeState(a).every((value, index) => value === state[index]);
}

/** A number that tells file systems apart. */
export function deviceOf(stat: FileStat): number {
  return stat.devMajor * 0x1_0000_0000 + stat.devMinor;
}

/** By its mode. */
export function isDirectory(stat: FileStat): boolean {
  return (stat.mode & FileType.mask) === FileType.directory;
}

/** Opens for reading and leaves the access time alone, where the kernel permits that. */
export function openQuietly(dirFd: number, name: ByteString, flags: number): number {
  const fd = openAt(dirFd, name, flags | OpenFlag.noFollow | OpenFlag.noAtime | OpenFlag.nonBlock);
  return fd === -Errno.EPERM ? openAt(dirFd, name, flags | OpenFlag.noFollow | OpenFlag.nonBlock) : fd;
}

/** Like `openQuietly`, for a directory or file whose `stat` is known. It never triggers an automount. */
export function openFound(dirFd: number, name: ByteString, stat: FileStat): number {
  if (stat.mountRoot && isAutomountAt(dirFd, name)) return -Errno.ENXIO;
  return openQuietly(dirFd, name, isDirectory(stat) ? OpenFlag.directory : 0);
}

const KIND_BY_MODE: Readonly<Record<number, EntryKind>> = {
  [FileType.file]: "file",
  [FileType.directory]: "directory",
  [FileType.symlink]: "symlink",
  [FileType.char]: "char",
  [FileType.block]: "block",
  [FileType.fifo]: "fifo",
  [FileType.socket]: "socket",
};

/** An entry that is being put together. */
export type Draft = { -readonly [K in keyof Entry]: Entry[K] };

/** The part of an entry that stat knows. */
export function draftEntry(path: ByteString, stat: FileStat): Draft {
  const kind = KIND_BY_MODE[stat.mode & FileType.mask] ?? "file";
  return {
    path,
    kind,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    size: kind === "file" ? stat.size : 0,
    mtimeSec: stat.mtimeSec,
    mtimeNsec: stat.mtimeNsec,
    ...(kind === "char" || kind === "block" ? { rdev: { major: stat.rdevMajor, minor: stat.rdevMinor } } : {}),
  };
}
