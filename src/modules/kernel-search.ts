import type { Host } from "../host/host.ts";

/** proc_sys_kernel(5): the program that the kernel starts when it looks for a module; empty: none. */
export const MODULE_SEARCHER = "/proc/sys/kernel/modprobe";

/**
 * Does work while the kernel looks for no module by itself. It starts a program for each name, twice, and most names
 * (of ciphers by their modes) have no module of their own: on a slow machine that alone outlasts what it grants a
 * server to answer. Put back at the end, whatever happens.
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
