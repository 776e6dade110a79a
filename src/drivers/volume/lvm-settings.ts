import type { Needs } from "../contracts.ts";

/** What LVM's own program needs. */
export const lvmNeeds: Needs = {
  tools: ["lvm", "dmsetup", "modprobe"],
  optionalTools: ["pvs", "vgs", "lvs", "pvcreate", "vgchange", "vgcfgrestore", "thin_check", "cache_check"],
  modules: ["dm_mod"],
};

/**
 * LVM sees these devices and nothing else: a group of the same name on another disk must not be touched.
 * Nothing is written to /etc/lvm, no daemon is asked. Where udev does not run (in the rescue), LVM makes the device
 * nodes itself only when told to look.
 */
export function lvmSettings(devices: readonly string[], checks: readonly string[] = []): string {
  const accept = devices.map((device) => `"a|^${device.replace(/[.+]/g, "\\$&")}$|"`).join(",");
  return [
    `devices { use_devicesfile=0 global_filter=[${accept},"r|.*|"] }`,
    "backup { backup=0 archive=0 }",
    "activation { monitoring=0 verify_udev_operations=1 }",
    // The metadata of pools and caches is new: there is nothing to check, and the rescue may lack the tools.
    ...(checks.length > 0 ? [`global { ${checks.map((check) => `${check}=""`).join(" ")} }`] : []),
  ].join(" ");
}
