import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Host } from "../../host/host.ts";
import type { Raid } from "../../layout/types.ts";
import type { KernelVolume, VolumeStart } from "../volume-contract.ts";
import { notStarted } from "./not-started.ts";

/** How many members were missing when it was saved. */
const savedMissing = ({ slots, members }: Raid): number =>
  slots - members.filter(({ slot }) => slot !== "spare").length;

/**
 * Lets an array be written to that runs read-only, or has not been written to. One that lacks members is refused: what
 * is written would make those that are missing stale, and they may only not be plugged in. One that is writable already
 * stays so.
 */
async function makeWritable(host: Host, raid: Raid, { name }: KernelVolume): Promise<void> {
  const about = `/sys/class/block/${name}/md`;
  if (/^read/.test(host.tryReadText(`${about}/array_state`) ?? "")) {
    const missing = Number(host.tryReadText(`${about}/degraded`)?.trim() ?? 0);
    if (missing > savedMissing(raid)) {
      throw new MondoError("refused", msg`the array ${raid.path} lacks ${missing} of its ${raid.slots} members here`, {
        hint: msg`Plug them in. To write to it without them: mdadm --readwrite ${raid.path} in the shell, and start again.`,
      });
    }
  }
  await host.run({ argv: ["mdadm", "--readwrite", raid.path], accept: "any", timeoutMs: 60_000 });
}

const running = ({ path }: Raid, devices: readonly KernelVolume[]) =>
  devices.find((device) => device.path === path && device.sizeBytes > 0);

/**
 * Assembles an array read-only, also where members are missing; mdadm notes that in the superblock of one member. Only
 * a whole one, or one that was saved so, is made writable.
 */
export async function startRaid(raid: Raid, { host, look, writable = false }: VolumeStart): Promise<boolean> {
  const found = running(raid, (await look()).devices);
  if (found) {
    if (writable) await makeWritable(host, raid, found);
    return false;
  }
  const argv = ["mdadm", "--assemble", "--readonly", "--run", raid.path, `--uuid=${raid.uuid}`];
  try {
    await host.run({ argv: ["modprobe", "-q", "md_mod"], accept: "any" });
    await host.run({ argv, timeoutMs: 60_000 });
  } catch (cause) {
    throw notStarted(msg`${raid.path} can't be started`, cause);
  }
  const started = writable ? running(raid, (await look()).devices) : undefined;
  if (started) await makeWritable(host, raid, started);
  return true;
}
