import { toByteString } from "../base/bytes.ts";
import { msg } from "../base/message.ts";
import { AT_FDCWD, closeFd, openAt, setModifiedFd, statFd, unlinkAt } from "./fs-calls.ts";
import { OpenFlag, systemError } from "./syscalls.ts";

/** Removes a name from a directory, which keeps the time of its last change. No error where there is no such name. */
export function removeUnnoticed(directory: string, name: string): void {
  const fd = openAt(AT_FDCWD, toByteString(directory), OpenFlag.directory);
  if (fd < 0) throw systemError(msg`open`, directory, -fd);
  try {
    const before = statFd(fd);
    const error = unlinkAt(fd, toByteString(name));
    if (error < 0) return;
    if (typeof before !== "number") setModifiedFd(fd, before.mtimeSec, before.mtimeNsec);
  } finally {
    closeFd(fd);
  }
}
