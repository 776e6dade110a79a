import { MondoError, messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { STICK_PARTS } from "../../drivers/media/stick.ts";
import type { Host } from "../../host/host.ts";
import { partitionPath } from "../../layout/graph.ts";
import { readDevices } from "../../probe/read-devices.ts";
import { ownStick } from "./choose-stick.ts";
import { requireKernelFor } from "./stick-needs.ts";

/**
 * Lets `work` read the sets on a stick that mondo made, mounted on `target`. Nothing is written to it. Throws `refused`
 * for any other disk, and for one that is in use.
 */
export async function withStickToRead<T>(
  host: Host,
  { name, target }: { readonly name: string; readonly target: string },
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const stick = ownStick(host, await readDevices(host, { loops: true }), name);
  if (stick === undefined) {
    throw new MondoError("refused", msg`${name} is neither an image with a backup nor a stick that mondo made`, {
      hint: msg`Mount it, and name the directory with the backups.`,
    });
  }
  const { disk, filesystem } = stick;
  const source = partitionPath(disk.path, STICK_PARTS.data);
  await requireKernelFor(host, filesystem);
  host.makeDirectory(target, 0o700);
  try {
    // Nothing on it leads out of it: other people have had it in their hands.
    const flags = ["readOnly", "noSuid", "noDev", "noExec", "noSymFollow"] as const;
    host.mount({ source, target, type: filesystem.type, flags, data: filesystem.toRead });
  } catch (error) {
    host.removeEmpty(target);
    throw new MondoError("refused", msg`${source} can't be mounted to be read: ${messageOf(error)}`, {
      hint: msg`Wait for the backup that writes to it, or unmount it.`,
    });
  }
  try {
    return await work(target);
  } finally {
    host.unmount(target);
    host.removeEmpty(target);
  }
}
