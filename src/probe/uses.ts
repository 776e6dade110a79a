import { type MountLine, parseMountinfo, parseSwaps } from "../formats/mount-tables.ts";
import type { DeviceFacts, Facts } from "./facts.ts";

/** A device that the running system uses, and where. */
export interface Use {
  readonly device: DeviceFacts;
  /** Absent for swap. The path is below the root of the set. */
  readonly mount?: MountLine;
}

/** The path of a mount as the set sees it; undefined when it lies outside. */
function pathBelow(root: string, path: string): string | undefined {
  if (root === "/") return path;
  if (path === root) return "/";
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

function withoutSlash(root: string): string {
  return root === "/" ? "/" : root.replace(/\/+$/, "");
}

/** Which devices are mounted below the root or hold active swap. Device numbers count; names only where a file system has none of its own (btrfs). */
export function usesOf(facts: Facts, root: string): Use[] {
  const byNumber = new Map(facts.devices.map((device) => [device.devno, device]));
  const byPath = new Map(facts.devices.map((device) => [device.path, device]));
  const mounts = parseMountinfo(facts.mountinfo).flatMap((line): Use[] => {
    const device = byNumber.get(line.devno) ?? byPath.get(line.source);
    const path = pathBelow(withoutSlash(root), line.path);
    return device && path !== undefined ? [{ device, mount: { ...line, path } }] : [];
  });
  const swaps = parseSwaps(facts.swaps).flatMap(({ path }): Use[] => {
    const device = byPath.get(path);
    return device && root === "/" ? [{ device }] : [];
  });
  return [...mounts, ...swaps];
}

/** The disks that a device stands on: itself, the disk of a partition, the members of a volume. */
export function disksBelow(facts: Facts, device: DeviceFacts): DeviceFacts[] {
  const byName = new Map(facts.devices.map((d) => [d.name, d]));
  const found = new Map<string, DeviceFacts>();
  const visit = (at: DeviceFacts | undefined, depth: number) => {
    if (!at || depth > 16) return;
    const below = at.parent !== undefined ? [at.parent] : at.slaves;
    if (below.length === 0) found.set(at.name, at);
    for (const name of below) visit(byName.get(name), depth + 1);
  };
  visit(device, 0);
  return [...found.values()];
}

/** Names of disks that carry something used and not excluded: these, and only these, a restore may touch. */
export function disksInUse(facts: Facts, uses: readonly Use[], excluded: ReadonlySet<string>): Set<string> {
  const names = uses
    .filter((use) => !excluded.has(use.device.path))
    .flatMap((use) => disksBelow(facts, use.device))
    .filter((disk) => !excluded.has(disk.path))
    .map((disk) => disk.name);
  return new Set(names);
}
