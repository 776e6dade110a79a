import { messageOf } from "../../base/errors.ts";
import type { Host } from "../../host/host.ts";
import type { MountOptions } from "../../host/syscalls.ts";

/**
 * What PID 1 mounts, in order. `/proc` covers the placeholder `proc/self/maps` of the image, which the runtime needed
 * to start at all (see initrd/README.md).
 */
const EARLY: readonly MountOptions[] = [
  { source: "proc", target: "/proc", type: "proc", flags: ["noSuid", "noDev", "noExec"] },
  { source: "sysfs", target: "/sys", type: "sysfs", flags: ["noSuid", "noDev", "noExec"] },
  { source: "devtmpfs", target: "/dev", type: "devtmpfs", flags: ["noSuid"], data: "mode=0755" },
  {
    source: "devpts",
    target: "/dev/pts",
    type: "devpts",
    flags: ["noSuid", "noExec"],
    data: "mode=0620,ptmxmode=0666",
  },
  { source: "tmpfs", target: "/dev/shm", type: "tmpfs", flags: ["noSuid", "noDev"] },
  { source: "tmpfs", target: "/run", type: "tmpfs", flags: ["noSuid", "noDev"], data: "mode=0755" },
];

const DIRECTORIES = ["/tmp", "/root", "/mnt", "/mnt/medium", "/mnt/restore", "/run/mondo", "/run/lock", "/var"];

/** Links that programs expect in /dev. */
const LINKS: readonly (readonly [target: string, path: string])[] = [
  ["/proc/self/fd", "/dev/fd"],
  ["fd/0", "/dev/stdin"],
  ["fd/1", "/dev/stdout"],
  ["fd/2", "/dev/stderr"],
  ["/proc/self/mounts", "/etc/mtab"],
];

/**
 * Mounts the kernel's file systems and makes the directories of a running system. Returns a sentence for each failure.
 */
export function mountEarly(host: Host): string[] {
  const failures: string[] = [];
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      failures.push(messageOf(error));
    }
  };
  for (const mount of EARLY) {
    attempt(() => host.makeDirectory(mount.target));
    attempt(() => host.mount(mount));
  }
  for (const path of DIRECTORIES) attempt(() => host.makeDirectory(path));
  for (const [target, path] of LINKS) if (!host.lstat(path)) attempt(() => host.symlink(target, path));
  return failures;
}

/** Mounts the EFI variables on a machine that was started by UEFI (its driver may be a module: load it before). */
export function mountEfiVariables(host: Host): void {
  const target = "/sys/firmware/efi/efivars";
  if (!host.exists(target) || host.list(target).length > 0) return;
  host.mount({ source: "efivarfs", target, type: "efivarfs", flags: ["noSuid", "noDev", "noExec"] });
}
