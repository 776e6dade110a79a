import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import type { Effect } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";

const kernelName = (host: Host, device: string) => {
  const rdev = host.stat(device)?.rdev;
  return rdev === undefined ? undefined : host.realPath(`/sys/dev/block/${rdev}`)?.split("/").pop();
};

/** Sets them in sysfs; md keeps them in the member's superblock. Source: linux, admin-guide/md.rst, dev-XXX/state. */
export function setRaidHabits(host: Host, effect: Extract<Effect, { do: "raidHabits" }>): void {
  const { path, member, habits } = effect;
  const [array, device] = [kernelName(host, path), kernelName(host, member)];
  if (array === undefined || device === undefined)
    throw new MondoError("system", msg`the flags of ${member} in ${path} can't be set: the kernel has no such device`);
  for (const habit of habits) host.poke(`/sys/class/block/${array}/md/dev-${device}/state`, habit);
}
