import { MondoError, messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { volumeDrivers } from "../drivers/volume/volume-drivers.ts";
import type { Host } from "../host/host.ts";

const BLOCK = "/sys/class/block";

function partitionsIn(host: Host, name: string): string[] {
  return host.list(`${BLOCK}/${name}`).filter((entry) => host.exists(`${BLOCK}/${name}/${entry}/partition`));
}

/** Volumes on a device and its partitions, the topmost first. */
export function volumesAbove(host: Host, name: string, depth = 0): string[] {
  if (depth > 16) return [];
  const own = host.list(`${BLOCK}/${name}/holders`);
  const above = [...own, ...partitionsIn(host, name)].flatMap((other) => volumesAbove(host, other, depth + 1));
  return [...new Set([...above, ...own])];
}

/** The command that stops a device; undefined when no driver knows it. */
function stopCommand(host: Host, name: string): readonly string[] | undefined {
  const dmUuid = host.tryReadText(`${BLOCK}/${name}/dm/uuid`)?.trim();
  const dmName = host.tryReadText(`${BLOCK}/${name}/dm/name`)?.trim();
  const mapped = { ...(dmUuid === undefined ? {} : { dmUuid }), ...(dmName === undefined ? {} : { dmName }) };
  const device = { name, path: `/dev/${name}`, ...mapped };
  for (const driver of volumeDrivers) {
    const argv = driver.stopCommand?.(device);
    if (argv) return argv;
  }
  return undefined;
}

/** Stops every volume on a disk, so that it can be written to. Throws `refused` if one is in use or of unknown kind. */
export async function releaseVolumes(host: Host, path: string): Promise<void> {
  for (const name of volumesAbove(host, path.replace(/^\/dev\//, "").replaceAll("/", "!"))) {
    if (!host.exists(`${BLOCK}/${name}`)) continue;
    const argv = stopCommand(host, name);
    const hint = msg`Look at /proc/mounts, /proc/swaps and lsblk, stop what uses it, and start again.`;
    if (!argv)
      throw new MondoError("refused", msg`${path} is in use by ${name}, which can't be stopped here`, { hint });
    try {
      await host.run({ argv, timeoutMs: 60_000 });
    } catch (cause) {
      throw new MondoError("refused", msg`${name} on ${path} can't be stopped: ${messageOf(cause)}`, { hint, cause });
    }
  }
}
