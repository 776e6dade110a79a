import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
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
  rmSync,
  type Stats,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { toByteString } from "../base/bytes.ts";
import { type ErrorCode, MondoError } from "../base/errors.ts";
import { cloneTree } from "./clone-tree.ts";
import { deviceNumber } from "./device-number.ts";
import { AT_FDCWD, FileType, makeNodeAt } from "./fs-calls.ts";
import type { Host, PathStat } from "./host.ts";
import { runCommand } from "./processes.ts";
import { c, mountNow, systemError, unmountNow } from "./syscalls.ts";

const PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** A Node error → ours: call, path and reason in one sentence. */
function translate(action: string, path: string, cause: unknown): MondoError {
  const reason = cause as { code?: string; message?: string };
  const codes: Record<string, ErrorCode> = { ENOENT: "not-found", ENOSPC: "no-space", EDQUOT: "no-space" };
  const words: Record<string, string> = {
    ENOENT: "no such file or directory",
    ENOSPC: "no space left",
    EACCES: "permission denied",
    EIO: "input/output error",
    EROFS: "read-only file system",
    ENOTDIR: "not a directory",
    EISDIR: "is a directory",
    EBUSY: "busy",
  };
  const code = reason.code ?? "";
  return new MondoError(
    codes[code] ?? "system",
    `${action} ${path}: ${words[code] ?? reason.message ?? String(cause)}`,
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

function writeAtomic(path: string, data: string | Uint8Array, mode: number): void {
  const temporary = join(dirname(path), `.${process.pid}.${Math.random().toString(36).slice(2)}.new`);
  const fd = openSync(temporary, "wx", mode);
  try {
    writeFileSync(fd, data);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

function create(path: string, data: string | Uint8Array, mode: number): boolean {
  try {
    writeFileSync(path, data, { flag: "wx", mode });
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return false;
    throw error;
  }
}

function syncFile(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function readAt(path: string, offset: number, length: number): Uint8Array {
  const fd = openSync(path, "r");
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
  const fd = openSync(path, "r+");
  try {
    let done = 0;
    while (done < bytes.byteLength) done += writeSync(fd, bytes, done, bytes.byteLength - done, offset + done);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Removes a tree without crossing into another file system (a forgotten bind mount must not be emptied). */
function removeTree(path: string): void {
  const top = lstatSync(path, { throwIfNoEntry: false });
  if (!top) return;
  const walk = (at: string, stats: Stats) => {
    if (!stats.isDirectory()) return rmSync(at, { force: true });
    if (stats.dev !== top.dev) {
      throw new MondoError("refused", `${at} is a mount point; not removing what is mounted there`, {
        data: { path: at },
      });
    }
    for (const name of readdirSync(at)) walk(join(at, name), lstatSync(join(at, name)));
    rmSync(at, { recursive: true, force: true });
  };
  walk(path, top);
}

function which(tool: string): string | undefined {
  if (tool.includes("/")) return existsSync(tool) ? tool : undefined;
  for (const directory of PATH) {
    const path = join(directory, tool);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isFile() && (stats.mode & 0o111) !== 0) return path;
  }
  return undefined;
}

/** The machine we run on. */
export function linuxHost(): Host {
  return {
    read: (path) => guarded("read", path, () => new Uint8Array(readFileSync(path))),
    readText: (path) => guarded("read", path, () => readFileSync(path, "utf8")),
    tryReadText(path) {
      try {
        return readFileSync(path, "utf8");
      } catch {
        return undefined;
      }
    },
    readAt: (path, offset, length) => guarded("read", path, () => readAt(path, offset, length)),
    writeAt: (path, offset, bytes) => guarded("write", path, () => writeAt(path, offset, bytes)),
    list(path) {
      try {
        return readdirSync(path).sort();
      } catch {
        return [];
      }
    },
    exists: (path) => existsSync(path),
    stat: (path) => guarded("stat", path, () => toPathStat(statSync(path, { throwIfNoEntry: false }))),
    lstat: (path) => guarded("stat", path, () => toPathStat(lstatSync(path, { throwIfNoEntry: false }))),
    readLink(path) {
      try {
        return readlinkSync(path);
      } catch {
        return undefined;
      }
    },
    realPath(path) {
      try {
        return realpathSync(path);
      } catch {
        return undefined;
      }
    },
    write: (path, data, mode = 0o644) => guarded("write", path, () => writeAtomic(path, data, mode)),
    create: (path, data, mode = 0o644) => guarded("create", path, () => create(path, data, mode)),
    poke(path, data) {
      guarded("write", path, () => {
        const fd = openSync(path, "w");
        try {
          writeSync(fd, typeof data === "string" ? new TextEncoder().encode(data) : data);
        } finally {
          closeSync(fd);
        }
      });
    },
    append: (path, data) => guarded("write", path, () => appendFileSync(path, data)),
    makeDirectory(path, mode = 0o755) {
      guarded("make directory", path, () => {
        if (existsSync(path)) return;
        mkdirSync(path, { recursive: true });
        chmodSync(path, mode);
      });
    },
    makeNode(path, kind, major, minor, mode) {
      const result = makeNodeAt(AT_FDCWD, toByteString(path), FileType[kind] | mode, major, minor);
      if (result < 0) throw systemError("mknod", path, -result);
      chmodSync(path, mode);
    },
    symlink: (target, path) => guarded("link", path, () => symlinkSync(target, path)),
    rename: (from, to) => guarded("rename", from, () => renameSync(from, to)),
    syncFile: (path) => guarded("sync", path, () => syncFile(path)),
    copy: (from, to) => guarded("copy", from, () => copyFileSync(from, to)),
    remove: (path) => guarded("remove", path, () => removeTree(path)),
    freeBytes(path) {
      return guarded("look at the free space of", path, () => {
        const stats = statfsSync(path);
        return stats.bfree * stats.bsize;
      });
    },
    usedBytes(path) {
      return guarded("look at the used space of", path, () => {
        const stats = statfsSync(path);
        return Math.max(0, stats.blocks - stats.bfree) * stats.bsize;
      });
    },
    usedInodes(path) {
      return guarded("count the inodes of", path, () => {
        const stats = statfsSync(path);
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
