import type { ByteString } from "../../base/bytes.ts";
import {
  chmodAt,
  chmodFd,
  chownAt,
  chownFd,
  removeXattrFd,
  setModifiedAt,
  setModifiedFd,
  setXattrAt,
  setXattrFd,
  xattrNamesOfFd,
} from "../../host/fs-calls.ts";
import { isInherited } from "./births.ts";

/** Where metadata goes: an open file, or a name in an open directory. Calls return 0 or a negative errno. */
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

/** Of a symbolic link itself, or of a special file: both are new. */
export function namedPlace(dirFd: number, name: ByteString, isSymlink: boolean): Place {
  return {
    owner: (uid, gid) => chownAt(dirFd, name, uid, gid),
    mode: (mode) => (isSymlink ? 0 : chmodAt(dirFd, name, mode)),
    xattr: (key, value) => setXattrAt(dirFd, name, key, value),
    // These kinds inherit nothing but security labels, which belong to the policy.
    dropOtherXattrs: () => {},
    modified: (sec, nsec) => setModifiedAt(dirFd, name, sec, nsec),
  };
}
