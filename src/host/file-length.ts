import { toByteString } from "../base/bytes.ts";
import { msg } from "../base/message.ts";
import { AT_FDCWD, canSeek, closeFd, openAt, unlinkAt } from "./fs-calls.ts";
import { OpenFlag, systemError } from "./syscalls.ts";

/**
 * Whether a file in a directory may become so long, as far as the kernel knows: FAT ends at 4 GiB, and so does a share
 * that is on it. Makes an empty file for a moment and writes nothing.
 */
export function canHoldFile(directory: string, sizeBytes: number): boolean {
  const path = toByteString(`${directory}/.mondo.length-test.${crypto.randomUUID()}`);
  const fd = openAt(AT_FDCWD, path, OpenFlag.write | OpenFlag.create | OpenFlag.noFollow, 0o600);
  if (fd < 0) throw systemError(msg`create`, path, -fd);
  try {
    return canSeek(fd, sizeBytes);
  } finally {
    closeFd(fd);
    unlinkAt(AT_FDCWD, path);
  }
}
