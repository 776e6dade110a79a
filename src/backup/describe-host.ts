import type { Manifest } from "../archive/set/manifest.ts";
import type { Host } from "../host/host.ts";
import { machineName } from "../host/self.ts";

/** What tells this machine from others: machine-id(5), or its name where it has none. */
export function machineId(host: Host): string {
  const id = host.tryReadText("/etc/machine-id")?.trim();
  return id || host.tryReadText("/proc/sys/kernel/hostname")?.trim() || "unknown";
}

/** Who is backed up: name, distribution, kernel, for people who hold several discs in their hands. */
export function describeHost(host: Host, root: string): Manifest["host"] {
  const text = (path: string) => host.tryReadText(root === "/" ? path : `${root}${path}`)?.trim() ?? "";
  const release = text("/etc/os-release") || text("/usr/lib/os-release");
  const os = /^PRETTY_NAME="?(.*?)"?$/m.exec(release)?.[1] ?? "Linux";
  return {
    name: text("/etc/hostname") || host.tryReadText("/proc/sys/kernel/hostname")?.trim() || "unknown",
    os,
    kernel: host.tryReadText("/proc/sys/kernel/osrelease")?.trim() ?? "",
    arch: machineName(),
  };
}
