import type { Host } from "../../host/host.ts";

/** Major number of tape drives. Source: Documentation/admin-guide/devices.txt. */
const TAPE_MAJOR = "9";

/** Whether a name is that of a tape drive's device. */
export function isTapeDrive(host: Host, path: string): boolean {
  const stat = host.stat(path);
  return stat?.kind === "char" && stat.rdev.split(":")[0] === TAPE_MAJOR;
}

/** Devices of this machine's tape drives that do not rewind by themselves. */
export function listTapeDrives(host: Host): readonly string[] {
  const names = host.list("/sys/class/scsi_tape").filter((name) => /^nst\d+$/.test(name));
  return names.map((name) => `/dev/${name}`);
}
