import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import type { Disk } from "./types.ts";

/** One line a disk for people: `/dev/sda, 20 GiB, QEMU HARDDISK, serial root1`. */
export function describeDiskShortly(disk: Pick<Disk, "path" | "sizeBytes" | "model" | "serial">): string {
  const words = [disk.path, formatBytes(disk.sizeBytes), disk.model, disk.serial && msg`serial ${disk.serial}`];
  return words.filter((word) => word !== undefined && word !== "").join(", ");
}
