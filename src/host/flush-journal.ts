import { closeFd, ioctl, OpenFlag, openPath } from "./syscalls.ts";

/** Source: linux/fs.h. */
const [FIFREEZE, FITHAW] = [0xc0045877, 0xc0045878];

/**
 * Brings what a file system's journal holds to its place, so that it is seen by whoever does not play the journal back.
 * Nothing where the file system can't be stopped for a moment.
 */
export function flushJournal(directory: string): void {
  const fd = openPath(directory, OpenFlag.directory);
  if (fd < 0) return;
  try {
    const nothing = new Uint8Array(4);
    if (ioctl(fd, FIFREEZE, nothing) >= 0) ioctl(fd, FITHAW, nothing);
  } finally {
    closeFd(fd);
  }
}
