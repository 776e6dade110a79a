import { ptr } from "bun:ffi";
import { callNumbers } from "./call-numbers.ts";
import { c, cPath } from "./syscalls.ts";

const OPEN_TREE = callNumbers.openTree;
const AT_FDCWD = -100n;
/** OPEN_TREE_CLONE and OPEN_TREE_CLOEXEC, without AT_RECURSIVE. Source: linux/mount.h. */
const CLONE = 0o2000001n;

/** A file system as it is without what is mounted below a path, for as long as it stays open. */
export interface TreeClone {
  readonly path: string;
  close(): void;
}

/**
 * Shows a directory without the mounts on and below it: a bind mount of its own that is nowhere attached, so that
 * nothing has to be undone. Undefined before Linux 5.2, and where it is not permitted.
 */
export function cloneTree(path: string): TreeClone | undefined {
  const fd = Number(c.syscall(OPEN_TREE, AT_FDCWD, BigInt(ptr(cPath(path))), CLONE, 0n, 0n));
  if (fd < 0) return undefined;
  return { path: `/proc/self/fd/${fd}`, close: () => void c.close(fd) };
}
