import { parseMountinfo } from "../formats/mount-tables.ts";
import type { Host } from "../host/host.ts";

const isBelow = (path: string, mount: string) => mount === "/" || path === mount || path.startsWith(`${mount}/`);

/** A device, the disk that it is a partition of, and what carries a loop device. */
function carriersOfDevice(host: Host, device: string): string[] {
  const name = (host.realPath(device) ?? device).slice("/dev/".length);
  const backing = host.tryReadText(`/sys/class/block/${name}/loop/backing_file`)?.trim();
  const below = backing === undefined ? [] : carriersOf(host, backing);
  const isPartition = host.exists(`/sys/class/block/${name}/partition`);
  const disk = isPartition ? (host.realPath(`/sys/class/block/${name}`) ?? "").split("/").at(-2) : undefined;
  return [`/dev/${name}`, ...(disk === undefined ? [] : [`/dev/${disk}`]), ...below];
}

/**
 * Block devices that the content of a directory (or a device itself) comes from, through loop devices and their files: `/dev/loop0`, `/dev/sdb1`, and the
 * whole disk `/dev/sdb`. None of them may be written to by a restore from there.
 */
export function carriersOf(host: Host, place: string): string[] {
  if (host.stat(place)?.kind === "block") return carriersOfDevice(host, place);
  const path = host.realPath(place) ?? place;
  const mounts = parseMountinfo(host.readText("/proc/self/mountinfo")).filter((line) => isBelow(path, line.path));
  const mount = mounts.sort((a, b) => a.path.length - b.path.length).at(-1);
  return mount?.source.startsWith("/dev/") ? carriersOfDevice(host, mount.source) : [];
}
