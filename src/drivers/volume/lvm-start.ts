import { msg } from "../../base/message.ts";
import { type Layout, nodesOf, type VolumeGroup } from "../../layout/types.ts";
import type { VolumeStart } from "../volume-contract.ts";
import { notStarted } from "./not-started.ts";

/** Types of volumes whose own records the kernel must be able to write: those of a thin one's pool, of a cache. */
const KEEPS_RECORDS = /^(thin|cache|writecache)$/;

/** The volumes of a group that may start read-only. */
function readOnlyVolumes(layout: Layout, group: VolumeGroup): string {
  const volumes = nodesOf(layout, "logical-volume").filter((volume) => volume.group === group.id);
  const names = volumes
    .filter(({ segments }) => !segments.some((type) => KEEPS_RECORDS.test(type)))
    .map(({ name }) => `"${group.name}/${name}"`);
  return `read_only_volume_list=[${names.join(",")}]`;
}

/**
 * Activates the volumes of a group, by default read-only where they have no records of their own. The kernel still
 * notes in those of thin pools, caches and old mirrors; and a write-back cache hands what it holds to the volume behind
 * it, as it may at any time.
 */
export async function startVolumeGroup(
  group: VolumeGroup,
  { host, layout, writable = false }: VolumeStart,
): Promise<boolean> {
  const readOnly = writable ? "" : readOnlyVolumes(layout, group);
  const config = `activation { monitoring=0 verify_udev_operations=1 ${readOnly} } devices { use_devicesfile=0 }`;
  const select = ["--select", `vg_uuid=${group.uuid}`];
  try {
    await host.run({ argv: ["modprobe", "-q", "dm_mod"], accept: "any" });
    const argv = ["lvm", "vgchange", "--config", config, "--activate", "y", "--ignoreactivationskip", ...select];
    await host.run({ argv, timeoutMs: 120_000 });
    // Those that run read-only are taken up anew with what the group says of them.
    const refresh = ["lvm", "vgchange", "--config", config, "--refresh", ...select];
    if (writable) await host.run({ argv: refresh, timeoutMs: 120_000 });
  } catch (cause) {
    throw notStarted(msg`the volume group ${group.name} can't be started`, cause);
  }
  return true;
}
