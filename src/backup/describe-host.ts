import type { Manifest } from "../archive/set/manifest.ts";
import type { Host } from "../host/host.ts";
import { machineName } from "../host/self.ts";
import { runIdOf } from "./request.ts";

/** What tells this machine from others: machine-id(5), or its name where it has none. */
export function machineId(host: Host): string {
  const id = host.tryReadText("/etc/machine-id")?.trim();
  return id || host.tryReadText("/proc/sys/kernel/hostname")?.trim() || "unknown";
}

/** The first word of the first line that is no comment. Source: hostname(5). */
function nameIn(text: string): string | undefined {
  const words = text.split("\n").map((line) => line.trim().split(/\s+/)[0] ?? "");
  return words.find((word) => word !== "" && !word.startsWith("#"));
}

/** Who is backed up: name, distribution, kernel, for people who hold several discs in their hands. */
export function describeHost(host: Host, root: string): Manifest["host"] {
  const text = (path: string) => host.tryReadText(root === "/" ? path : `${root}${path}`)?.trim() ?? "";
  const release = text("/etc/os-release") || text("/usr/lib/os-release");
  const os = /^PRETTY_NAME="?(.*?)"?$/m.exec(release)?.[1] ?? "Linux";
  return {
    name: nameIn(text("/etc/hostname")) ?? nameIn(host.tryReadText("/proc/sys/kernel/hostname") ?? "") ?? "unknown",
    os,
    kernel: host.tryReadText("/proc/sys/kernel/osrelease")?.trim() ?? "",
    arch: machineName(),
    machine: runIdOf(machineId(host)).slice(0, 8),
  };
}
