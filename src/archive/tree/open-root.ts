import { toByteString } from "../../base/bytes.ts";
import { msg } from "../../base/message.ts";
import { AT_FDCWD, closeFd, openAt, statFd } from "../../host/fs-calls.ts";
import { OpenFlag, systemError } from "../../host/syscalls.ts";
import { inodeKey } from "./live-file.ts";

/** Opens a directory by its path (symbolic links followed); the caller closes it. */
export function openDirectory(path: string): number {
  const fd = openAt(AT_FDCWD, toByteString(path), OpenFlag.directory);
  if (fd < 0) throw systemError(msg`open directory`, path, -fd);
  return fd;
}

/** The `inodeKey` of a directory. */
export function directoryKey(path: string): string {
  const fd = openDirectory(path);
  const stat = statFd(fd);
  closeFd(fd);
  if (typeof stat === "number") throw systemError(msg`stat`, path, -stat);
  return inodeKey(stat);
}
