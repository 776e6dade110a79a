import { parseMountinfo } from "../formats/fs/mount-tables.ts";
import type { Host } from "../host/host.ts";
import type { MountWish } from "./share-driver.ts";

/** Takes down what is mounted there, even when its server doesn't answer; no error when nothing is. */
export function unmountAt(host: Host, target: string): void {
  const isMounted = () => (host.tryReadText("/proc/self/mountinfo") ?? "").includes(` ${target} `);
  for (let count = 0; count < 4 && isMounted(); count += 1) host.unmount(target, { lazy: true });
}

/** Takes down what processes that were killed have left mounted on `DIRECTORY-PID`. */
export function unmountLeftovers(host: Host, directory: string): void {
  for (const { path } of parseMountinfo(host.readText("/proc/self/mountinfo"))) {
    const owner = path.startsWith(`${directory}-`) ? path.slice(directory.length + 1) : "";
    if (/^\d+$/.test(owner) && !host.exists(`/proc/${owner}`)) unmountAt(host, path);
  }
}

/** Takes a share down that the kernel mounts by itself. */
export function unmountShare({ host, target, access }: Pick<MountWish, "host" | "target" | "access">): void {
  // Not lazily after writing: all data must have arrived before success is reported.
  if (access === "write") host.unmount(target);
  else unmountAt(host, target);
}
