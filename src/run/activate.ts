import { MondoError, messageOf } from "../base/errors.ts";
import type { Host } from "../host/host.ts";
import { type Layout, nodesOf } from "../layout/types.ts";
import { readFacts } from "../probe/read-facts.ts";

/**
 * Starts the arrays and logical volumes of a layout that are on this machine's disks and not running, so that they can be looked
 * at. Arrays start read-only: nothing is synced or written. Throws `not-found` when one can't be had.
 */
export async function activateVolumes(host: Host, layout: Layout): Promise<void> {
  const hint = "Look at /proc/mdstat, mdadm --examine and lvm pvs in the shell: a member may be missing.";
  for (const raid of nodesOf(layout, "raid")) {
    const { devices } = await readFacts(host, "/");
    if (devices.some((device) => device.path === raid.path && device.sizeBytes > 0)) continue;
    const argv = ["mdadm", "--assemble", "--readonly", "--run", raid.path, `--uuid=${raid.uuid}`];
    try {
      await host.run({ argv: ["modprobe", "-q", "md_mod"], accept: "any" });
      await host.run({ argv, timeoutMs: 60_000 });
    } catch (cause) {
      throw new MondoError("not-found", `${raid.path} can't be started: ${messageOf(cause)}`, { hint, cause });
    }
  }
  for (const group of nodesOf(layout, "volume-group")) {
    const config = "activation { monitoring=0 verify_udev_operations=1 } devices { use_devicesfile=0 }";
    const select = ["--select", `vg_uuid=${group.uuid}`];
    try {
      await host.run({ argv: ["modprobe", "-q", "dm_mod"], accept: "any" });
      const argv = ["lvm", "vgchange", "--config", config, "--activate", "y", ...select];
      await host.run({ argv, timeoutMs: 120_000 });
    } catch (cause) {
      const text = `the volume group ${group.name} can't be started: ${messageOf(cause)}`;
      throw new MondoError("not-found", text, { hint, cause });
    }
  }
}
