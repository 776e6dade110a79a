import type { Host } from "../host/host.ts";
import type { Layout } from "../layout/types.ts";
import { layoutFrom } from "./layout-from.ts";
import { readFacts } from "./read-facts.ts";

/**
 * Describes the storage, firmware and boot loader of the system below `root` (`/` for the running one). Devices in
 * `exclude` (`/dev/sdb`, `/dev/sda3`) don't belong to the set, nor
 * do disks of `outputs` (directories that the backup is written to) that hold nothing else of it. Changes nothing.
 */
export async function probeMachine(
  host: Host,
  root: string,
  options: {
    readonly exclude?: readonly string[];
    readonly outputs?: readonly string[];
    readonly snapshots?: boolean;
  } = {},
): Promise<Layout> {
  const real = (paths: readonly string[] = []) => paths.map((path) => host.realPath(path) ?? path);
  const choices = {
    root,
    excludedDevices: real(options.exclude),
    outputs: real(options.outputs),
    snapshots: options.snapshots ?? false,
  };
  return layoutFrom(await readFacts(host, root), choices);
}
