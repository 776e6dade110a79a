import { msg } from "../base/message.ts";
import { closeFd, ioctl, OpenFlag, openPath, systemError } from "./syscalls.ts";

/** Source: linux/fs.h. */
const FIFREEZE = 0xc0045877;
const FITHAW = 0xc0045878;

/**
 * Writes everything to the disk and holds all who write to a file system, until the returned function lets them go on.
 * That one never throws. Waits for the disk.
 */
export function freezeNow(path: string): () => void {
  const fd = openPath(path, OpenFlag.read | OpenFlag.directory);
  const result = ioctl(fd, FIFREEZE, null);
  if (result < 0) {
    closeFd(fd);
    throw systemError(msg`freeze`, path, -result);
  }
  return () => {
    ioctl(fd, FITHAW, null);
    closeFd(fd);
  };
}

/** Lets all go on who write to a file system, if somebody has frozen it. */
export function thawNow(path: string): void {
  const fd = openPath(path, OpenFlag.read | OpenFlag.directory);
  ioctl(fd, FITHAW, null);
  closeFd(fd);
}
