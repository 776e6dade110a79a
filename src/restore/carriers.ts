import { parseMountinfo } from "../formats/fs/mount-tables.ts";
import type { Host } from "../host/host.ts";

const isBelow = (path: string, mount: string) => mount === "/" || path === mount || path.startsWith(`${mount}/`);

/** A device with everything below it: its disk, the members of a volume, the file behind a loop device. */
function carriersOfDevice(host: Host, device: string, depth = 0): string[] {
  if (depth > 16) return [];
  const name = (host.realPath(device) ?? device).slice("/dev/".length);
  const slaves = host.list(`/sys/class/block/${name}/slaves`);
  const members = slaves.flatMap((slave) => carriersOfDevice(host, `/dev/${slave}`, depth + 1));
  const backing = host.tryReadText(`/sys/class/block/${name}/loop/backing_file`)?.trim();
  const below = backing === undefined ? [] : carriersOf(host, backing);
  const isPartition = host.exists(`/sys/class/block/${name}/partition`);
  const disk = isPartition ? host.realPath(`/sys/class/block/${name}`)?.split("/").at(-2) : undefined;
  // Arrays have partitions, too, and members below them.
  const whole = disk === undefined ? [] : carriersOfDevice(host, `/dev/${disk}`, depth + 1);
  return [`/dev/${name}`, ...whole, ...below, ...members];
}

/**
 * Block devices that hold a directory (or make up a device), through volumes, loop devices and their files:
 * `/dev/loop0`, `/dev/sdb1`, and the whole disk `/dev/sdb`. A restore from there must not write to any of them.
 */
export function carriersOf(host: Host, place: string): string[] {
  if (host.stat(place)?.kind === "block") return carriersOfDevice(host, place);
  const path = host.realPath(place) ?? place;
  const mounts = parseMountinfo(host.readText("/proc/self/mountinfo")).filter((line) => isBelow(path, line.path));
  const mount = mounts.sort((a, b) => a.path.length - b.path.length).at(-1);
  return mount?.source.startsWith("/dev/") ? carriersOfDevice(host, mount.source) : [];
}
