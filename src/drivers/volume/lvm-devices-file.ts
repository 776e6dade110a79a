import { msg } from "../../base/message.ts";
import type { Action } from "../../effects/effect.ts";
import type { VolumeGroup } from "../../layout/types.ts";
import type { VolumeRestore } from "../volume-contract.ts";

/**
 * The file that limits LVM to devices by their serial numbers would hide physical volumes on other disks
 * (lvmdevices(8)). Without it LVM looks at all; the administrator makes a new one with vgimportdevices.
 */
export function lvmDevicesActions([group]: readonly VolumeGroup[], { root, otherDisks }: VolumeRestore): Action[] {
  if (!group || !otherDisks) return [];
  const path = `${root}/etc/lvm/devices/system.devices`;
  const say = msg`Set LVM's list of devices aside, where there is one, because it names disks that are gone`;
  const effects = [{ do: "setAside", path, to: `${path}.before-restore` }] as const;
  return [{ id: "lvm-devices", node: group.id, say, destroys: [], effects }];
}
