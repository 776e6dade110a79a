import { msg } from "../base/message.ts";
import { c, closeFd, errno, ioctl, OpenFlag, openPath, systemError } from "./syscalls.ts";

/** Magic numbers of reboot(2) and of two device controls. Source: linux/reboot.h, linux/loop.h, linux/cdrom.h. */
const REBOOT_CAD_OFF = 0;
const LOOP_CLR_FD = 0x4c01;
const CDROM_LOCKDOOR = 0x5329;
const CDROMEJECT = 0x5309;

/** From now on Ctrl-Alt-Del sends SIGINT to PID 1 and no longer restarts at once. */
export function catchCtrlAltDel(): void {
  if (c.reboot(REBOOT_CAD_OFF) < 0) throw systemError("reboot", "CAD_OFF", errno());
}

/** Detaches a loop device from its file. Returns whether it worked. */
export function detachLoop(path: string): boolean {
  const fd = openPath(path, OpenFlag.read);
  try {
    return ioctl(fd, LOOP_CLR_FD, null) === 0;
  } finally {
    closeFd(fd);
  }
}

/** Opens the tray of an optical drive (nothing may be mounted from it). Throws when the drive refuses. */
export function ejectMedium(path: string): void {
  const fd = openPath(path, OpenFlag.read | OpenFlag.nonBlock);
  try {
    ioctl(fd, CDROM_LOCKDOOR, null);
    const result = ioctl(fd, CDROMEJECT, null);
    if (result < 0) throw systemError(msg`eject`, path, -result);
  } finally {
    closeFd(fd);
  }
}
