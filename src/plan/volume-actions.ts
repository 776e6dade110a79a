import { volumeDriverOf } from "../drivers/volume/volume-drivers.ts";
import type { Action } from "../effects/effect.ts";
import { groupOf, volumeDevices } from "../layout/graph.ts";
import type { Candidate } from "../layout/match.ts";
import { type Disk, type Layout, type NodeId, nodesOf } from "../layout/types.ts";
import type { PlannedVolume } from "./restore-plan.ts";
import { arrayTableActions } from "./table-actions.ts";

/** Makes every array and volume group, each after what it is made of: the order of the layout's nodes. */
export function volumeActions(layout: Layout, devices: Readonly<Record<NodeId, string>>): Action[] {
  return layout.nodes.flatMap((node): Action[] => {
    const driver = volumeDriverOf(node);
    if (!driver) return [];
    const make = { id: `make:${node.id}`, node: node.id, destroys: [], ...driver.make(node, layout, devices) };
    return [make, ...arrayTableActions(layout, node, devices)];
  });
}

/** A disk of the set and what stands for it here. */
interface DiskPair {
  readonly disk: Disk;
  readonly target: Candidate;
}

/** The devices that come into being so. */
export function plannedVolumes(layout: Layout): PlannedVolume[] {
  return volumeDevices(layout).map((node): PlannedVolume => {
    const group = groupOf(layout, node);
    return { path: node.path, ...(group ? { group: group.name } : {}) };
  });
}

/**
 * The file that limits LVM to devices by their serial numbers would hide the physical volumes on other disks (lvmdevices(8)).
 * Without it LVM looks at all; the administrator makes it anew with vgimportdevices.
 */
export function lvmDevicesActions(layout: Layout, pairs: readonly DiskPair[], root: string): Action[] {
  const others = pairs.filter(({ disk, target }) => disk.wwn !== target.disk.wwn || disk.serial !== target.disk.serial);
  const [group] = nodesOf(layout, "volume-group");
  if (!group || others.length === 0) return [];
  const path = `${root}/etc/lvm/devices/system.devices`;
  const say = "Set LVM's list of devices aside, where there is one, because it names disks that are gone";
  return [
    {
      id: "lvm-devices",
      node: group.id,
      say,
      destroys: [],
      effects: [{ do: "setAside", path, to: `${path}.before-restore` }],
    },
  ];
}
