import type { Host } from "../host/host.ts";

/** proc_sys_kernel(5): the program that the kernel starts to load a module; empty: none. */
export const MODULE_SEARCHER = "/proc/sys/kernel/modprobe";

/**
 * Does work while the kernel does not look for modules by itself. It would start a program for each name, twice, and
 * most names (ciphers with their modes) have no module: on a slow machine this takes longer than the kernel waits for a
 * server's answer. The setting is restored at the end, whatever happens.
 */
export async function withoutKernelSearch<T>(host: Host, work: () => Promise<T>): Promise<T> {
  const searcher = host.readText(MODULE_SEARCHER).trim();
  host.poke(MODULE_SEARCHER, "\n");
  try {
    return await work();
  } finally {
    host.poke(MODULE_SEARCHER, `${searcher}\n`);
  }
}
