import type { Host } from "../host/host.ts";

/** All of the machine's memory, or what is available to programs; infinite when the kernel doesn't say. */
export function memoryBytes(host: Host, what: "MemTotal" | "MemAvailable"): number {
  const text = new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(host.tryReadText("/proc/meminfo") ?? "")?.[1];
  return text === undefined ? Number.POSITIVE_INFINITY : Number(text) * 1024;
}
