import {
  filesystemKind,
  imageKind,
  mountKind,
  physicalVolumeKind,
  subvolumeKind,
  swapKind,
  unsupportedKind,
} from "./kinds/content-kinds.ts";
import { diskKind, partitionKind, tableKind } from "./kinds/disk-kinds.ts";
import type { KindRow } from "./kinds/kind-row.ts";
import { luksKind } from "./kinds/luks-kind.ts";
import { logicalVolumeKind, volumeGroupKind } from "./kinds/lvm-kinds.ts";
import {
  crypttabKind,
  deviceNamesKind,
  firmwareKind,
  fstabKind,
  hardwareKind,
  hiddenKind,
  leftOutKind,
  loaderKind,
  noteKind,
  swapFileKind,
  unsavedKind,
} from "./kinds/machine-kinds.ts";
import { raidKind } from "./kinds/raid-kind.ts";
import type { LayoutNode } from "./types.ts";

type Kinds = { [K in LayoutNode["kind"]]: KindRow<Extract<LayoutNode, { kind: K }>> };

/** One row for each kind of node: all that the layout's functions know of it. A new kind is a type and a line here. */
export const kinds: Kinds = {
  disk: diskKind,
  table: tableKind,
  partition: partitionKind,
  raid: raidKind,
  "volume-group": volumeGroupKind,
  "logical-volume": logicalVolumeKind,
  luks: luksKind,
  filesystem: filesystemKind,
  subvolume: subvolumeKind,
  swap: swapKind,
  "swap-file": swapFileKind,
  "physical-volume": physicalVolumeKind,
  mount: mountKind,
  firmware: firmwareKind,
  loader: loaderKind,
  fstab: fstabKind,
  crypttab: crypttabKind,
  "device-names": deviceNamesKind,
  hardware: hardwareKind,
  "left-out": leftOutKind,
  unsaved: unsavedKind,
  hidden: hiddenKind,
  note: noteKind,
  image: imageKind,
  unsupported: unsupportedKind,
};

/** The row of a node's kind. */
export function kindOf<N extends LayoutNode>(node: N): KindRow<N> {
  return kinds[node.kind] as unknown as KindRow<N>;
}
