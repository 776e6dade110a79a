import { mountPath } from "../../base/mount-path.ts";
import { filesystemDriver } from "../../drivers/fs/filesystem-drivers.ts";
import { type MountLine, parseFstab, parseMountinfo } from "../../formats/fs/mount-tables.ts";
import type { Host } from "../../host/host.ts";
import type { Facts } from "../facts.ts";
import { classOf } from "./mount-class.ts";
import { readHidden } from "./read-hidden.ts";
import { readEnabledUnits, readMountUnits } from "./read-units.ts";
import { lowerPath } from "./set-path.ts";

const BLOCK = "/sys/class/block";

/** Of paths that lead elsewhere, because a part of them is a link, where they lead. All are below `base`. */
function realPathsOf(host: Host, base: string, paths: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const path of new Set(paths.map(mountPath))) {
    const real = host.realPath(`${base}${path}`);
    const lower = real === undefined ? undefined : lowerPath(base === "" ? "/" : base, real);
    if (lower !== undefined && lower !== path) found[path] = lower;
  }
  return found;
}

/** The file behind each loop device, by its number and those of its partitions. */
function readLoops(host: Host): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of host.list(BLOCK).filter((one) => one.startsWith("loop"))) {
    const whole = /^loop\d+/.exec(name)?.[0] ?? name;
    const file = host.tryReadText(`${BLOCK}/${whole}/loop/backing_file`)?.replace(/\n$/, "");
    const devno = host.tryReadText(`${BLOCK}/${name}/dev`)?.trim();
    if (file && devno) found[devno] = file;
  }
  return found;
}

/**
 * Whether to ask a file system how much of it is used. Never one of a server or of a program: it may never answer.
 */
function isMeasured(line: MountLine): boolean {
  const kind = classOf(line);
  if (kind !== "local" && kind !== "zfs") return false;
  return filesystemDriver(line.type) === undefined || line.source.startsWith("/dev/loop");
}

function usedOf(host: Host, mountinfo: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const line of parseMountinfo(mountinfo).filter(isMeasured)) {
    try {
      found[line.path] = host.usedBytes(line.path);
    } catch {
      // It vanished meanwhile, or hides below another: its size stays unknown.
    }
  }
  return found;
}

const filled = <T extends object>(name: string, record: T) =>
  Object.keys(record).length === 0 ? {} : { [name]: record };

/** What the machine mounts by itself, and what of the mounts the disks alone don't tell. Changes nothing. */
export function readMounts(
  host: Host,
  base: string,
  { mountinfo, fstab }: Pick<Facts, "mountinfo" | "fstab">,
): Pick<Facts, "mountUnits" | "enabledUnits" | "realPaths" | "loops" | "usedBytes" | "hidden" | "unseen"> {
  const mountUnits = readMountUnits(host, base);
  const enabledUnits = readEnabledUnits(host, base);
  const { hidden, unseen } = base === "" ? readHidden(host, mountinfo) : { hidden: {}, unseen: [] };
  const listed = parseFstab(fstab).flatMap(({ path }) => (path.startsWith("/") ? [path] : []));
  return {
    mountUnits,
    ...(enabledUnits.length === 0 ? {} : { enabledUnits }),
    ...filled("realPaths", realPathsOf(host, base, [...listed, ...mountUnits])),
    ...filled("loops", readLoops(host)),
    ...filled("usedBytes", usedOf(host, mountinfo)),
    ...filled("hidden", hidden),
    ...(unseen.length === 0 ? {} : { unseen }),
  };
}
