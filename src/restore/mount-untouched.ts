import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import type { Host } from "../host/host.ts";

/** A file system that is to be read and left as it is. */
export interface Untouched {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  /** Further options of its own. */
  readonly data?: string | undefined;
  /** Nothing on it is run or opened as a device: it may be anybody's. */
  readonly isForeign?: boolean;
}

/**
 * Mounts a file system so that nothing is written, not even its journal played back. Throws what mount(2) says. Options
 * for that differ between kernels: each is tried.
 */
export function mountUntouched(host: Host, { source, target, type, data, isForeign = false }: Untouched): void {
  const options = filesystemDriver(type)?.readOnlyOptions?.(type) ?? [];
  const choices = options.length > 0 ? options : [""];
  const flags = ["readOnly", ...(isForeign ? (["noSuid", "noDev", "noExec"] as const) : [])] as const;
  for (const [index, words] of choices.entries()) {
    const all = [words, data].filter((word) => word).join(",");
    try {
      host.mount({ source, target, type, flags, ...(all === "" ? {} : { data: all }) });
      return;
    } catch (error) {
      if (index === choices.length - 1) throw error;
    }
  }
}
