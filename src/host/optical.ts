import { c, closeFd, ioctl, OpenFlag, openPath } from "./syscalls.ts";

/** Source: linux/cdrom.h, linux/fs.h. */
const CDROM_DRIVE_STATUS = 0x5326;
const CDROMCLOSETRAY = 0x5319;
const BLKFLSBUF = 0x1261;
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

/** Makes one request of a drive whose tray may be open; whether it worked. */
function request(path: string, number: number): boolean {
  let fd: number;
  try {
    fd = openPath(path, OpenFlag.read | OpenFlag.nonBlock);
  } catch {
    return false;
  }
  try {
    return ioctl(fd, number, null) >= 0;
  } finally {
    closeFd(fd);
  }
}

/** Pulls in the tray of an optical drive. Returns whether the drive did it: those of notebooks can't. */
export const closeTray = (path: string): boolean => request(path, CDROMCLOSETRAY);

/** What the kernel has read of a block device is read anew from now on. Returns whether it did it. */
export const forgetBuffers = (path: string): boolean => request(path, BLKFLSBUF);
