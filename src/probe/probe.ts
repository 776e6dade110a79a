import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Host } from "../host/host.ts";
import type { Layout } from "../layout/types.ts";
import { layoutFrom } from "./layout-from.ts";
import type { ChosenPaths } from "./mounts/account-mounts.ts";
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
    readonly images?: readonly string[];
    /** Paths to save and to leave out: mounts beside them are not missed. Default: everything is wanted. */
    readonly paths?: ChosenPaths;
  } = {},
): Promise<Layout> {
  const real = (paths: readonly string[] = []) => paths.map((path) => host.realPath(path) ?? path);
  const choices = {
    root,
    excludedDevices: real(options.exclude),
    outputs: real(options.outputs),
    snapshots: options.snapshots ?? false,
    images: real(options.images),
    ...(options.paths ? { paths: options.paths } : {}),
  };
  const facts = await readFacts(host, root);
  const known = new Set(facts.devices.map((device) => device.path));
  const stranger = choices.images.findIndex((path) => !known.has(path));
  if (stranger >= 0) {
    throw new MondoError(
      "usage",
      msg`-x ${options.images?.[stranger]} is no partition, volume or disk of this machine`,
      {
        hint: msg`Name a block device; "lsblk" shows them.`,
      },
    );
  }
  return layoutFrom(facts, choices);
}
