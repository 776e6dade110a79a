import { MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { processorCount } from "../host/threads.ts";

/** All of the machine's memory, or what is available to programs; infinite when the kernel doesn't say. */
export function memoryBytes(host: Host, what: "MemTotal" | "MemAvailable"): number {
  const text = new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(host.tryReadText("/proc/meminfo") ?? "")?.[1];
  return text === undefined ? Number.POSITIVE_INFINITY : Number(text) * 1024;
}

/** With less memory, a second Worker would take what the page cache needs. */
const ROOMY_BYTES = 700 * MIB;

/** Whether there is memory for Workers that do something beside the main work. */
export const isRoomy = (host: Host): boolean => memoryBytes(host, "MemTotal") >= ROOMY_BYTES;

/** Number of Workers that read the set: one for each processor; one on a small machine. */
export function workerThreads(host: Host): number {
  return isRoomy(host) ? processorCount() : 1;
}
