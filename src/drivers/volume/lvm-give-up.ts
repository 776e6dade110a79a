import { decodeLvmVolumeGroup } from "../../formats/storage/lvm-metadata.ts";
import {
  lvmStretches,
  readLvmTree,
  segmentTypes,
  withoutPhysical,
  writeLvmTree,
} from "../../formats/storage/lvm-tree.ts";
import type { Layout, LayoutNode, LogicalVolume, NodeId, VolumeGroup } from "../../layout/types.ts";
import type { Dispensable } from "../contracts.ts";
import { cacheName, cachesIn, type LvmCache, removeCache } from "./lvm-cache.ts";
import { isSpare, removeSpare } from "./lvm-remove.ts";

/** The members of a group that hold extents of a volume. */
function membersBelow(group: VolumeGroup, volume: string): NodeId[] {
  const { volumes } = readLvmTree(group.metadata);
  const keys = new Set(lvmStretches(volumes, volume).map(({ physical }) => physical));
  const uuids = decodeLvmVolumeGroup(group.metadata).physicalVolumes.filter(({ key }) => keys.has(key));
  return group.members.filter((member) => uuids.some(({ uuid }) => uuid === member.uuid)).map(({ on }) => on);
}

/** A volume as the group's text has it now that its cache is gone. */
function plainVolume({ cache: _, ...volume }: LogicalVolume, metadata: string): LogicalVolume {
  const now = decodeLvmVolumeGroup(metadata).logicalVolumes.find(({ uuid }) => uuid === volume.uuid);
  return { ...volume, segments: segmentTypes(now?.segments ?? []) };
}

/** The layout without a cache of a group, which is known by the fast volume that it is. */
function withoutCache(layout: Layout, id: NodeId, { store }: LvmCache): Layout {
  const group = layout.nodes.find((node): node is VolumeGroup => node.kind === "volume-group" && node.id === id);
  if (!group) return layout;
  const tree = readLvmTree(group.metadata);
  const cache = cachesIn(tree.volumes).find((one) => one.store === store);
  if (!cache) return layout;
  const volumes = { ...tree.volumes };
  removeCache(volumes, cache);
  const metadata = writeLvmTree(tree, volumes);
  const nodes = layout.nodes.map((node): LayoutNode => {
    if (node.id === id) return { ...group, metadata };
    const isOwn = node.kind === "logical-volume" && node.group === id && node.name === cache.volume;
    return isOwn ? plainVolume(node, metadata) : node;
  });
  return { ...layout, nodes };
}

/** The caches of a group. What was in a volume was read through its cache: without it nothing is missing. */
export function dispensableCaches(node: LayoutNode): Dispensable[] {
  if (node.kind !== "volume-group") return [];
  return cachesIn(readLvmTree(node.metadata).volumes).map((cache): Dispensable => {
    const path = `/dev/${node.name}/${cache.volume}`;
    return {
      what: cache.kind === "idle" ? `the idle cache pool ${path}` : `the cache ${cacheName(cache)} of ${path}`,
      again: "lvconvert makes a new one",
      on: membersBelow(node, cache.store),
      remove: (layout) => withoutCache(layout, node.id, cache),
    };
  });
}

/** A group without a physical volume on which nothing lies; undefined when it can't be without it. */
export function withoutPhysicalVolume(node: LayoutNode, on: NodeId): LayoutNode | undefined {
  if (node.kind !== "volume-group") return undefined;
  const members = node.members.filter((member) => member.on !== on);
  const tree = readLvmTree(node.metadata);
  const gone = node.members.find((member) => member.on === on)?.uuid;
  const { physicalVolumes } = decodeLvmVolumeGroup(node.metadata);
  const key = physicalVolumes.find(({ uuid }) => uuid === gone)?.key;
  const lies = (name: string) => lvmStretches(tree.volumes, name).some(({ physical }) => physical === key);
  const there = Object.keys(tree.volumes).filter(lies);
  const isUsed = there.some((name) => !isSpare(name));
  if (key === undefined || isUsed || !members.some(({ metadataAreas }) => metadataAreas > 0)) return undefined;
  const volumes = { ...tree.volumes };
  if (there.length > 0) removeSpare(volumes);
  return { ...node, members, metadata: withoutPhysical(tree, volumes, key) };
}
