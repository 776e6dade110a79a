import { decodeLvmVolumeGroup, type LvmVolumeGroup } from "../../formats/storage/lvm-volume-group.ts";
import type { VolumeGroup } from "../../layout/types.ts";

/** Fitting asks the same group for each of its volumes: its text is read once. Nodes never change. */
const decoded = new WeakMap<VolumeGroup, LvmVolumeGroup>();

/** What the text of a layout's volume group says; throws `format`. */
export function lvmGroupOf(node: VolumeGroup): LvmVolumeGroup {
  const known = decoded.get(node);
  if (known) return known;
  const group = decodeLvmVolumeGroup(node.metadata);
  decoded.set(node, group);
  return group;
}
