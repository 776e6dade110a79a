import type { ByteString } from "../../base/bytes.ts";
import {
  chmodFd,
  chmodPathFd,
  chownFd,
  chownPathFd,
  closeFd,
  FileType,
  openAt,
  removeXattrFd,
  setModifiedFd,
  setModifiedPathFd,
  setXattrFd,
  setXattrPathFd,
  statFd,
  xattrNamesOfFd,
} from "../../host/fs-calls.ts";
import { Errno, OpenFlag } from "../../host/syscalls.ts";
import { isInherited } from "./births.ts";

/** Where metadata goes: what is open, as a file or as a path. Calls return 0 or a negative errno. */
export interface Place {
  owner(uid: number, gid: number): number;
  mode(mode: number): number;
  xattr(name: ByteString, value: Uint8Array): number;
  /** Takes away attributes that came from elsewhere (an inherited ACL, an earlier life of a directory). */
  dropOtherXattrs(keep: ReadonlyMap<ByteString, Uint8Array> | undefined): void;
  modified(sec: number, nsec: number): number;
}

export function openPlace(fd: number): Place {
  return {
    owner: (uid, gid) => chownFd(fd, uid, gid),
    mode: (mode) => chmodFd(fd, mode),
    xattr: (name, value) => setXattrFd(fd, name, value),
    dropOtherXattrs: (keep) => {
      const names = xattrNamesOfFd(fd);
      if (typeof names === "number") return;
      for (const name of names) if (!keep?.has(name) && isInherited(name)) removeXattrFd(fd, name);
    },
    modified: (sec, nsec) => setModifiedFd(fd, sec, nsec),
  };
}

/**
 * Opens a symbolic link itself, or a special file, as a path, when it is of the type; a negative errno. In a directory
 * of somebody else the name may lead elsewhere by now: to a link to a program, which must not get this owner and mode.
 */
export function openSpecial(dirFd: number, name: ByteString, type: number): number {
  const fd = openAt(dirFd, name, OpenFlag.path | OpenFlag.noFollow);
  if (fd < 0) return fd;
  const stat = statFd(fd);
  if (typeof stat !== "number" && (stat.mode & FileType.mask) === type) return fd;
  closeFd(fd);
  return typeof stat === "number" ? stat : -Errno.EEXIST;
}

/** Of what `openSpecial` opened, which is new. */
export function specialPlace(fd: number, type: number): Place {
  return {
    owner: (uid, gid) => chownPathFd(fd, uid, gid),
    mode: (mode) => (type === FileType.symlink ? 0 : chmodPathFd(fd, mode)),
    xattr: (key, value) => setXattrPathFd(fd, key, value),
    // These kinds inherit nothing but security labels, which belong to the policy.
    dropOtherXattrs: () => {},
    modified: (sec, nsec) => setModifiedPathFd(fd, sec, nsec),
  };
}
