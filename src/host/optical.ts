import { c, closeFd, OpenFlag, openPath } from "./syscalls.ts";

/** Source: linux/cdrom.h. */
const CDROM_DRIVE_STATUS = 0x5326;
const CDSL_CURRENT = 0x7fffffff;
const STATES = ["unknown", "empty", "tray-open", "not-ready", "disc"] as const;

/** State of an optical drive's tray. */
export type DriveState = (typeof STATES)[number];

/**
 * Asks an optical drive without opening its disc: an ordinary open() would pull in the tray. `unknown` for any other
 * device.
 */
export function driveState(path: string): DriveState {
  let fd: number;
  try {
    fd = openPath(path, OpenFlag.read | OpenFlag.nonBlock);
  } catch {
    return "unknown";
  }
  try {
    // This request takes a number, not a pointer to it.
    return STATES[c.ioctl(fd, CDROM_DRIVE_STATUS, CDSL_CURRENT as never)] ?? "unknown";
  } finally {
    closeFd(fd);
  }
}
