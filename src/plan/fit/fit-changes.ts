import { formatBytes, MIB } from "../../base/units.ts";
import { resizedMetadata } from "../../drivers/volume/lvm-resize.ts";
import { extentsAfter, shapeOf } from "../../drivers/volume/lvm-shape.ts";
import { resizedRaid } from "../../drivers/volume/md-resize.ts";
import { contentOf, partitionsOf, tableOn } from "../../layout/graph.ts";
import type { Layout, LayoutNode, LogicalVolume, NodeId, Partition, Raid, VolumeGroup } from "../../layout/types.ts";
import { nodesOf } from "../../layout/types.ts";
import { demandOf, resizedContent } from "./demand.ts";
import { fitTable, tooSmall } from "./fit-table.ts";
import { type Share, spread } from "./spread.ts";

/** Bytes by which devices change, by node. */
export type Changes = Record<NodeId, number>;

function groupShares(layout: Layout, group: VolumeGroup): { shares: Share[]; uuids: (string | undefined)[] } {
  const { linear, extentBytes, physical } = shapeOf(group);
  const total = physical.reduce((sum, pv) => sum + pv.extents, 0);
  const pinned = physical.flatMap((pv) => pv.pinned).reduce((sum, [from, to]) => sum + to - from, 0);
  const used = linear.reduce((sum, volume) => sum + volume.extents, 0);
  const free: Share = { units: Math.max(0, total - pinned - used), minimum: 0, rank: "gap" };
  const volumes = linear.map(({ uuid, extents }): Share => {
    const node = nodesOf(layout, "logical-volume").find((one) => one.uuid === uuid);
    const demand = node && demandOf(layout, node.id, node.sizeBytes);
    const slack = Math.min(extents - 1, Math.floor((demand?.slackBytes ?? 0) / extentBytes));
    return { units: extents, minimum: extents - slack, rank: demand?.rank ?? "fixed" };
  });
  return { shares: [free, ...volumes], uuids: [undefined, ...linear.map((volume) => volume.uuid)] };
}

/** A volume group on devices of other sizes; what its volumes change by is added to `changes`. */
function fitGroup(layout: Layout, group: VolumeGroup, changes: Changes): VolumeGroup {
  const { physical, extentBytes, linear } = shapeOf(group);
  const moved = new Map(group.members.map((member) => [member.uuid, changes[member.on] ?? 0]));
  if ([...moved.values()].every((change) => change === 0)) return group;
  const after = new Map(physical.map((pv) => [pv.uuid, extentsAfter(group, pv.uuid, moved.get(pv.uuid) ?? 0)]));
  const amount = physical.reduce((sum, pv) => {
    const change = (after.get(pv.uuid) ?? pv.extents) - pv.extents;
    return sum + (pv.fast ? Math.min(0, change) : change);
  }, 0);
  const { shares, uuids } = groupShares(layout, group);
  const spent = spread(shares, amount);
  const cut = physical.find((pv) => pv.pinned.some(([, to]) => to > (after.get(pv.uuid) ?? 0)));
  if (!spent || cut) {
    const bytes = [...after.values()].reduce((sum, extents) => sum + extents, 0) * extentBytes;
    const fixed = physical.flatMap((pv) => pv.pinned).reduce((sum, [from, to]) => sum + to - from, 0);
    const least = shares.reduce((sum, share) => sum + share.minimum, fixed) * extentBytes;
    throw tooSmall(
      `the volume group ${group.name} needs at least ${formatBytes(least)}, but gets ${formatBytes(bytes)} on these disks`,
      { group: group.name, neededBytes: least },
    );
  }
  const extentsOf = new Map(linear.map((volume) => [volume.uuid, volume.extents]));
  for (const [at, uuid] of uuids.entries()) {
    const node = nodesOf(layout, "logical-volume").find((one) => one.uuid === uuid);
    const change = spent[at] ?? 0;
    if (uuid === undefined) continue;
    extentsOf.set(uuid, (extentsOf.get(uuid) ?? 0) + change);
    if (node && change !== 0) changes[node.id] = change * extentBytes;
  }
  return { ...group, metadata: resizedMetadata(group, { physical: after, deviceChanges: moved, logical: extentsOf }) };
}

/** The partitions of an array that has another size; what they change by is added to `changes`. */
function fitArrayTable(layout: Layout, was: Raid, raid: Raid, changes: Changes): Partition[] {
  const table = tableOn(layout, was.id);
  if (!table || raid.sizeBytes === was.sizeBytes) return [];
  const logicalSectorBytes = table.sectorBytes ?? 512;
  const places = fitTable(layout, { ...was, logicalSectorBytes }, { ...raid, logicalSectorBytes }, {});
  return partitionsOf(layout, table.id).flatMap((partition) => {
    const place = places[partition.id];
    if (!place) return [];
    if (place.sizeBytes !== partition.sizeBytes) changes[partition.id] = place.sizeBytes - partition.sizeBytes;
    return [{ ...partition, ...place }];
  });
}

/** Volumes on what has changed, each after what it is made of. */
function fitVolumes(layout: Layout, changes: Changes): Map<NodeId, LayoutNode> {
  const fitted = new Map<NodeId, LayoutNode>();
  for (const node of layout.nodes) {
    if (node.kind === "raid") {
      const raid = resizedRaid(node, wholeMibOf(changes));
      if (raid.sizeBytes !== node.sizeBytes) changes[node.id] = raid.sizeBytes - node.sizeBytes;
      fitted.set(node.id, raid);
      for (const partition of fitArrayTable(layout, node, raid, changes)) fitted.set(partition.id, partition);
    }
    if (node.kind === "luks" && changes[node.on] !== undefined) {
      const change = Math.floor((changes[node.on] ?? 0) / MIB) * MIB;
      changes[node.id] = change;
      fitted.set(node.id, { ...node, sizeBytes: node.sizeBytes + change });
    }
    if (node.kind === "volume-group") fitted.set(node.id, fitGroup(layout, node, changes));
    if (node.kind === "logical-volume" && changes[node.id] !== undefined) {
      const volume: LogicalVolume = { ...node, sizeBytes: node.sizeBytes + (changes[node.id] ?? 0) };
      fitted.set(node.id, volume);
    }
  }
  return fitted;
}

/** Arrays change by whole MiB, whatever a whole disk differs by. */
function wholeMibOf(changes: Changes): Changes {
  return Object.fromEntries(Object.entries(changes).map(([id, bytes]) => [id, Math.floor(bytes / MIB) * MIB]));
}

/** What lies on devices that have changed, with the size that it will have. */
function fitContents(layout: Layout, changes: Changes): Map<NodeId, LayoutNode> {
  const fitted = new Map<NodeId, LayoutNode>();
  for (const device of layout.nodes) {
    const change = changes[device.id];
    const content = contentOf(layout, device.id);
    if (change === undefined || !content || !("sizeBytes" in device)) continue;
    const room = device.sizeBytes + change;
    const bytes = change > 0 ? Math.min(room, content.sizeBytes + change) : Math.min(content.sizeBytes, room);
    const resized = resizedContent(content, bytes);
    if (resized) fitted.set(content.id, resized);
  }
  return fitted;
}

/** Volumes and contents on devices that change by so many bytes. */
export function fitChanges(layout: Layout, deviceChanges: Readonly<Changes>): Map<NodeId, LayoutNode> {
  const changes = { ...deviceChanges };
  const fitted = fitVolumes(layout, changes);
  for (const [id, node] of fitContents(layout, changes)) fitted.set(id, node);
  return fitted;
}
