import type { Filesystem, Image, Mount, PhysicalVolume, Subvolume, Swap, Unsupported } from "./nodes/content-nodes.ts";
import type { Disk, Partition, PartitionTable } from "./nodes/disk-nodes.ts";
import type {
  Crypttab,
  DeviceNames,
  Firmware,
  Fstab,
  Hardware,
  Hidden,
  LeftOut,
  Loader,
  Note,
  SwapFile,
  Unsaved,
} from "./nodes/machine-nodes.ts";
import type { NodeId } from "./nodes/node.ts";
import type { Volume } from "./nodes/volume-nodes.ts";

export type * from "./nodes/content-nodes.ts";
export type * from "./nodes/disk-nodes.ts";
export type * from "./nodes/machine-nodes.ts";
export type { NodeId } from "./nodes/node.ts";
export type * from "./nodes/volume-nodes.ts";

/**
 * What a machine's storage is: flat, ordered, plain JSON. Every node has an id; nodes refer to each other by id only.
 * No verbs. A node stands after everything that it refers to. Sizes and offsets are bytes.
 */
export type LayoutNode =
  | Disk
  | PartitionTable
  | Partition
  | Volume
  | Filesystem
  | Subvolume
  | Swap
  | PhysicalVolume
  | SwapFile
  | Mount
  | Firmware
  | Loader
  | Fstab
  | Crypttab
  | DeviceNames
  | Hardware
  | LeftOut
  | Unsaved
  | Hidden
  | Note
  | Image
  | Unsupported;

/** The whole description, versioned. */
export interface Layout {
  readonly version: 1;
  readonly nodes: readonly LayoutNode[];
}

/** The nodes of one kind, in order. */
export function nodesOf<K extends LayoutNode["kind"]>(layout: Layout, kind: K): Extract<LayoutNode, { kind: K }>[] {
  return layout.nodes.filter((node): node is Extract<LayoutNode, { kind: K }> => node.kind === kind);
}

/** The node with an id, if there is one. */
export function nodeById(layout: Layout, id: NodeId): LayoutNode | undefined {
  return layout.nodes.find((node) => node.id === id);
}
