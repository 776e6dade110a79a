/** Mounts that only one process sees, and that go with it. */

import { FFIType } from "bun:ffi";
import { msg } from "../base/message.ts";
import { library } from "./library.ts";
import { closeFd, errno, mountNow, OpenFlag, openPath, systemError } from "./syscalls.ts";

const symbols = library("libc.so.6", {
  unshare: { args: [FFIType.i32], returns: FFIType.i32 },
});

/** Source: linux/sched.h. */
const CLONE_NEWNS = 0x00020000;

/**
 * From now on this thread, and what it starts, has mounts of its own: what others mount and unmount happens here, too,
 * and what is mounted here is seen by nobody else.
 */
export function leaveMounts(): void {
  if (symbols.unshare(CLONE_NEWNS) < 0) throw systemError(msg`unshare the mounts of`, msg`this process`, errno());
  mountNow({ source: "none", target: "/", type: "none", flags: ["slave", "recursive"] });
}

/** Directories in another process's mounts, which stay as long as this is open, whatever becomes of that process. */
export interface HeldMounts {
  /** A path by which this process reaches a directory of them. */
  open(path: string): string;
  close(): void;
}

/** Holds the mounts of a process; paths in them are those that it sees. */
export function holdMounts(pid: number): HeldMounts {
  const fds = [openPath(`/proc/${pid}/ns/mnt`, OpenFlag.read)];
  return {
    open(path) {
      const fd = openPath(`/proc/${pid}/root${path}`, OpenFlag.path | OpenFlag.directory);
      fds.push(fd);
      return `/proc/self/fd/${fd}`;
    },
    close() {
      for (const fd of fds.splice(0)) closeFd(fd);
    },
  };
}
