import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { bytesOfText, displayBytes, textOfBytes, toByteString } from "../base/bytes.ts";
import { type ErrorCode, MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { actionWord } from "./action-words.ts";
import { cloneTree } from "./clone-tree.ts";
import { deviceNumber } from "./device-number.ts";
import { AT_FDCWD, FileType, makeNodeAt, setXattrFd, xattrsOfFd } from "./fs-calls.ts";
import type { Host, PathStat } from "./host.ts";
import { fileContent, kernelPath } from "./kernel-path.ts";
import { runCommand } from "./processes.ts";
import { c, mountNow, systemError, unmountNow } from "./syscalls.ts";

const PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** A Node error → ours: call, path and reason in one sentence. */
function translate(action: string, path: string, cause: unknown): MondoError {
  const reason = cause as { code?: string; message?: string };
  const codes: Record<string, ErrorCode> = { ENOENT: "not-found", ENOSPC: "no-space", EDQUOT: "no-space" };
  const words: Record<string, string> = {
    ENOENT: msg`no such file or directory`,
    ENOSPC: msg`no space left`,
    EACCES: msg`permission denied`,
    EIO: msg`input/output error`,
    EROFS: msg`read-only file system`,
    ENOTDIR: msg`not a directory`,
    EISDIR: msg`is a directory`,
    EBUSY: msg`busy`,
  };
  const code = reason.code ?? "";
  return new MondoError(
    codes[code] ?? "system",
    `${actionWord(action)} ${path}: ${words[code] ?? reason.message ?? String(cause)}`,
    {
      data: { path, errno: code },
      cause,
    },
  );
}

function guarded<T>(action: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(action, path, error);
  }
}

function kindOf(stats: Stats): PathStat["kind"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isBlockDevice()) return "block";
  if (stats.isCharacterDevice()) return "char";
  return stats.isFIFO() ? "fifo" : "socket";
}

function toPathStat(stats: Stats | undefined): PathStat | undefined {
  if (!stats) return undefined;
  return {
    kind: kindOf(stats),
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    sizeBytes: stats.size,
    mtimeMs: stats.mtimeMs,
    rdev: deviceNumber(stats.rdev),
    dev: deviceNumber(stats.dev),
    ino: stats.ino,
  };
}

const namesIn = (directory: string) => readdirSync(kernelPath(directory), "buffer").map(textOfBytes);

function writeAtomic(
  path: string,
  data: string | Uint8Array,
  mode: number,
  complete: (fd: number) => void = () => {},
): void {
  // Not `dirname` and `join`: Bun's spoil what stands for bytes that aren't UTF-8.
  const directory = path.slice(0, path.lastIndexOf("/") + 1);
  const temporary = `${directory}.${process.pid}.${Math.random().toString(36).slice(2)}.new`;
  const fd = openSync(kernelPath(temporary), "wx", mode);
  try {
    writeFileSync(fd, fileContent(data));
    complete(fd);
    fsyncSync(fd);
  } catch (error) {
    unlinkSync(kernelPath(temporary));
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(kernelPath(temporary), kernelPath(path));
}

/** Owner and attributes before the mode, of which a change of owner takes bits away. */
function replaceFile(path: string, data: string | Uint8Array): void {
  const old = openSync(kernelPath(path), "r");
  try {
    const { uid, gid, mode } = fstatSync(old);
    const attributes = xattrsOfFd(old);
    if (typeof attributes === "number") throw systemError(msg`read the attributes of`, path, -attributes);
    writeAtomic(path, data, 0o600, (fd) => {
      fchownSync(fd, uid, gid);
      for (const [name, value] of attributes ?? []) {
        const result = setXattrFd(fd, name, value);
        if (result < 0) throw systemError(msg`set ${displayBytes(name)} of`, path, -result);
      }
      fchmodSync(fd, mode & 0o7777);
    });
  } finally {
    closeSync(old);
  }
}

function create(path: string, data: string | Uint8Array, mode: number): boolean {
  try {
    writeFileSync(kernelPath(path), fileContent(data), { flag: "wx", mode });
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return false;
    throw error;
  }
}

function syncFile(path: string): void {
  const fd = openSync(kernelPath(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function readAt(path: string, offset: number, length: number): Uint8Array {
  const fd = openSync(kernelPath(path), "r");
  try {
    const buffer = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const n = readSync(fd, buffer, done, length - done, offset + done);
      if (n === 0) break;
      done += n;
    }
    return buffer.subarray(0, done);
  } finally {
    closeSync(fd);
  }
}

function writeAt(path: string, offset: number, bytes: Uint8Array): void {
  const fd = openSync(kernelPath(path), "r+");
  try {
    let done = 0;
    while (done < bytes.byteLength) done += writeSync(fd, bytes, done, bytes.byteLength - done, offset + done);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A file, or a directory that is empty by now. Bun's `rmSync` doesn't take bytes. */
function removeOne(path: string, isDirectory: boolean): void {
  if (path.isWellFormed()) rmSync(path, { recursive: isDirectory, force: true });
  else if (isDirectory) rmdirSync(kernelPath(path));
  else unlinkSync(kernelPath(path));
}

/** Removes a tree without crossing into another file system (a forgotten bind mount must not be emptied). */
function removeTree(path: string): void {
  const top = lstatSync(kernelPath(path), { throwIfNoEntry: false });
  if (!top) return;
  const walk = (at: string, stats: Stats) => {
    if (!stats.isDirectory()) return removeOne(at, false);
    if (stats.dev !== top.dev) {
      throw new MondoError("refused", msg`${at} is a mount point; not removing what is mounted there`, {
        data: { path: at },
      });
    }
    for (const name of namesIn(at)) walk(`${at}/${name}`, lstatSync(kernelPath(`${at}/${name}`)));
    removeOne(at, true);
  };
  walk(path, top);
}

function which(tool: string): string | undefined {
  if (tool.includes("/")) return existsSync(kernelPath(tool)) ? tool : undefined;
  for (const directory of PATH) {
    const path = `${directory}/${tool}`;
    const stats = statSync(kernelPath(path), { throwIfNoEntry: false });
    if (stats?.isFile() && (stats.mode & 0o111) !== 0) return path;
  }
  return undefined;
}

/** The machine we run on. */
export function linuxHost(): Host {
  return {
    read: (path) => guarded("read", path, () => new Uint8Array(readFileSync(kernelPath(path)))),
    readText: (path) => guarded("read", path, () => textOfBytes(readFileSync(kernelPath(path)))),
    tryReadText(path) {
      try {
        return textOfBytes(readFileSync(kernelPath(path)));
      } catch {
        return undefined;
      }
    },
    readAt: (path, offset, length) => guarded("read", path, () => readAt(path, offset, length)),
    writeAt: (path, offset, bytes) => guarded("write", path, () => writeAt(path, offset, bytes)),
    list(path) {
      try {
        return namesIn(path).sort();
      } catch {
        return [];
      }
    },
    listWhole: (path) => guarded("list", path, () => namesIn(path).sort()),
    exists: (path) => existsSync(kernelPath(path)),
    stat: (path) => guarded("stat", path, () => toPathStat(statSync(kernelPath(path), { throwIfNoEntry: false }))),
    lstat: (path) => guarded("stat", path, () => toPathStat(lstatSync(kernelPath(path), { throwIfNoEntry: false }))),
    readLink(path) {
      try {
        return textOfBytes(readlinkSync(kernelPath(path), "buffer"));
      } catch {
        return undefined;
      }
    },
    realPath(path) {
      try {
        return textOfBytes(realpathSync(kernelPath(path), "buffer"));
      } catch {
        return undefined;
      }
    },
    write: (path, data, mode = 0o644) => guarded("write", path, () => writeAtomic(path, data, mode)),
    replace: (path, data) => guarded("write", path, () => replaceFile(path, data)),
    create: (path, data, mode = 0o644) => guarded("create", path, () => create(path, data, mode)),
    poke(path, data) {
      guarded("write", path, () => {
        const fd = openSync(kernelPath(path), "w");
        try {
          writeSync(fd, typeof data === "string" ? bytesOfText(data) : data);
        } finally {
          closeSync(fd);
        }
      });
    },
    append: (path, data) => guarded("write", path, () => appendFileSync(kernelPath(path), fileContent(data))),
    makeDirectory(path, mode = 0o755) {
      guarded(msg`make directory`, path, () => {
        if (existsSync(kernelPath(path))) return;
        mkdirSync(kernelPath(path), { recursive: true });
        chmodSync(kernelPath(path), mode);
      });
    },
    makeNode(path, kind, major, minor, mode) {
      const result = makeNodeAt(AT_FDCWD, toByteString(path), FileType[kind] | mode, major, minor);
      if (result < 0) throw systemError("mknod", path, -result);
      chmodSync(kernelPath(path), mode);
    },
    symlink: (target, path) => guarded("link", path, () => symlinkSync(kernelPath(target), kernelPath(path))),
    rename: (from, to) => guarded("rename", from, () => renameSync(kernelPath(from), kernelPath(to))),
    syncFile: (path) => guarded("sync", path, () => syncFile(path)),
    copy: (from, to) => guarded("copy", from, () => copyFileSync(kernelPath(from), kernelPath(to))),
    remove: (path) => guarded("remove", path, () => removeTree(path)),
    removeEmpty(path) {
      try {
        rmdirSync(kernelPath(path));
      } catch {
        // It stays.
      }
    },
    freeBytes(path) {
      return guarded(msg`look at the free space of`, path, () => {
        const stats = statfsSync(kernelPath(path));
        return stats.bfree * stats.bsize;
      });
    },
    usedBytes(path) {
      return guarded(msg`look at the used space of`, path, () => {
        const stats = statfsSync(path);
        return Math.max(0, stats.blocks - stats.bfree) * stats.bsize;
      });
    },
    usedInodes(path) {
      return guarded(msg`count the inodes of`, path, () => {
        const stats = statfsSync(kernelPath(path));
        return Math.max(0, stats.files - stats.ffree);
      });
    },
    which,
    run: runCommand,
    mount: mountNow,
    unmount: (path, options) => unmountNow(path, options?.lazy ?? false),
    cloneTree,
    sync: () => c.sync(),
    env: process.env,
    nowMs: () => Date.now(),
    sleep: (ms) => Bun.sleep(ms),
    after(ms, work) {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
    every(ms, work) {
      const timer = setInterval(work, ms);
      return () => clearInterval(timer);
    },
  };
}

/** Whether the process runs as root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
