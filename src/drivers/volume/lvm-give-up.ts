import { stored } from "../../base/message.ts";
import { lvmStretches, segmentTypes } from "../../formats/storage/lvm-stretches.ts";
import { changedLvmGroup, type LvmVolumeGroup } from "../../formats/storage/lvm-volume-group.ts";
import type { Layout, LayoutNode, LogicalVolume, NodeId, VolumeGroup } from "../../layout/types.ts";
import type { Dispensable } from "../volume-contract.ts";
import { cacheName, cachesIn, type LvmCache, removeCache } from "./lvm-cache.ts";
import { lvmGroupOf } from "./lvm-group-of.ts";
import { isSpare, removeSpare } from "./lvm-remove.ts";

/** LVM writes a text with each change of a group: no group has had as many. */
const MANY_CHANGES = 1_000_000;

/** The members of a group that hold extents of a volume. */
function membersBelow(node: VolumeGroup, volume: string): NodeId[] {
  const { volumes, physicalVolumes } = lvmGroupOf(node);
  const keys = new Set(lvmStretches(volumes, volume).map(({ physical }) => physical));
  const uuids = new Set(physicalVolumes.flatMap(({ key, uuid }) => (keys.has(key) ? [uuid] : [])));
  return node.members.filter((member) => uuids.has(member.uuid)).map(({ on }) => on);
}

/** A volume as the group has it now that its cache is gone. */
function plainVolume({ cache: _, ...volume }: LogicalVolume, group: LvmVolumeGroup): LogicalVolume {
  const now = [...group.volumes.values()].find(({ uuid }) => uuid === volume.uuid);
  return { ...volume, segments: segmentTypes(now?.segments ?? []) };
}

/** The layout without a cache of a group, which is known by the fast volume that it is. */
function withoutCache(layout: Layout, id: NodeId, { store }: LvmCache): Layout {
  const node = layout.nodes.find((one): one is VolumeGroup => one.kind === "volume-group" && one.id === id);
  if (!node) return layout;
  const group = lvmGroupOf(node);
  const cache = cachesIn(group.volumes).find((one) => one.store === store);
  if (!cache) return layout;
  const volumes = new Map(group.volumes);
  removeCache(volumes, cache);
  const changed = changedLvmGroup(group, { volumes });
  const nodes = layout.nodes.map((one): LayoutNode => {
    if (one.id === id) return { ...node, metadata: changed.text };
    const isOwn = one.kind === "logical-volume" && one.group === id && one.name === cache.volume;
    return isOwn ? plainVolume(one, changed) : one;
  });
  return { ...layout, nodes };
}

/** The caches of a group. What was in a volume was read through its cache: without it nothing is missing. */
export function dispensableCaches(node: VolumeGroup): Dispensable[] {
  return cachesIn(lvmGroupOf(node).volumes).map((cache): Dispensable => {
    const path = `/dev/${node.name}/${cache.volume}`;
    return {
      what:
        cache.kind === "idle" ? stored`the idle cache pool ${path}` : stored`the cache ${cacheName(cache)} of ${path}`,
      again: stored`lvconvert makes a new one`,
      on: membersBelow(node, cache.store),
      remove: (layout) => withoutCache(layout, node.id, cache),
    };
  });
}

/**
 * A group without a physical volume on which nothing lies; undefined when it can't be without it. LVM believes the text
 * with the highest number: should that one come back with the old text, this must be the newer one
 * (lib/metadata/metadata.c, vg_read).
 */
export function withoutPhysicalVolume(node: VolumeGroup, on: NodeId): VolumeGroup | undefined {
  const members = node.members.filter((member) => member.on !== on);
  const gone = node.members.find((member) => member.on === on)?.uuid;
  const group = lvmGroupOf(node);
  const { volumes, physicalVolumes, sequence } = group;
  const key = physicalVolumes.find(({ uuid }) => uuid === gone)?.key;
  const lies = (name: string) => lvmStretches(volumes, name).some(({ physical }) => physical === key);
  const there = [...volumes.keys()].filter(lies);
  const isUsed = there.some((name) => !isSpare(name));
  if (key === undefined || isUsed || !members.some(({ metadataAreas }) => metadataAreas > 0)) return undefined;
  const left = new Map(volumes);
  if (there.length > 0) removeSpare(left);
  const { text } = changedLvmGroup(group, {
    volumes: left,
    sequence: sequence + MANY_CHANGES,
    physicalVolumes: physicalVolumes.filter((one) => one.key !== key),
  });
  return { ...node, members, metadata: text };
}
