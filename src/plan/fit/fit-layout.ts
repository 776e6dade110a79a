import { MondoError } from "../../base/errors.ts";
import { formatBytes, MIB } from "../../base/units.ts";
import { extentsAfter, resizedMetadata, shapeOf } from "../../drivers/volume/lvm-resize.ts";
import { resizedRaid, usesUnequalMembers } from "../../drivers/volume/md-resize.ts";
import { contentOf, partitionsOf, tableOn } from "../../layout/graph.ts";
import type { Disk, Layout, LayoutNode, LogicalVolume, NodeId, VolumeGroup } from "../../layout/types.ts";
import { nodesOf } from "../../layout/types.ts";
import type { SizeChange } from "../types.ts";
import { demandOf, resizedContent } from "./demand.ts";
import {
  type GrowthLimits,
  lastEnd,
  leastTableBytes,
  type Places,
  placePartitions,
  usableBytes,
} from "./partitions.ts";
import { describeSizes } from "./sizes.ts";
import { type Share, spread } from "./spread.ts";

/** What of a target disk the sizes depend on. */
export type Space = Pick<Disk, "sizeBytes" | "logicalSectorBytes">;
export type Spaces = Readonly<Record<NodeId, Space>>;

/** A disk that is larger by less than this keeps its sizes: one of another maker, not one that was bought to have more room. */
const GROWTH_SHARE = 0.02;
const LEAST_GROWTH_BYTES = 64 * MIB;

type Changes = Record<NodeId, number>;

interface Bare {
  readonly places: Places;
  /** Bytes by which disks and partitions change. */
  readonly changes: Changes;
}

const tooSmall = (message: string, data: Record<string, unknown>) =>
  new MondoError("no-match", message, {
    hint: "Put in a larger disk, or choose others in interactive mode.",
    data,
  });

const isLarger = (disk: Disk, space: Space) =>
  space.sizeBytes - disk.sizeBytes >= Math.max(LEAST_GROWTH_BYTES, disk.sizeBytes * GROWTH_SHARE);

/** Smallest disk in bytes that can take what is on this one, with everything shrunk as far as it can be. */
export function leastDiskBytes(layout: Layout, disk: Disk): number {
  const table = tableOn(layout, disk.id);
  if (table) return leastTableBytes(layout, disk, table);
  const { rank, slackBytes } = demandOf(layout, disk.id, disk.sizeBytes);
  return rank === "fixed" && !layout.nodes.some((node) => "on" in node && node.on === disk.id)
    ? disk.sizeBytes * (isMember(layout, disk.id) ? 1 : 0)
    : disk.sizeBytes - slackBytes;
}

function isMember(layout: Layout, id: NodeId): boolean {
  return layout.nodes.some((node) => "members" in node && node.members.some((member) => member.on === id));
}

/** By how much the contents of a disk with a table may grow, or must shrink. */
function tableGrowth(layout: Layout, disk: Disk, space: Space): number {
  const table = tableOn(layout, disk.id);
  if (!table) return 0;
  const [usable, end] = [usableBytes(table, space), lastEnd(layout, disk)];
  if (end > usable) return usable - end;
  return isLarger(disk, space) ? Math.max(0, usable - Math.max(end, usableBytes(table, disk))) : 0;
}

function fitTable(layout: Layout, disk: Disk, space: Space, limits: GrowthLimits): Places {
  const table = tableOn(layout, disk.id);
  const growth = tableGrowth(layout, disk, space);
  if (!table) return {};
  const usable = usableBytes(table, space);
  const partitions = partitionsOf(layout, table.id);
  const outside = partitions.some((partition) => partition.startBytes + partition.sizeBytes > usable);
  if (growth === 0 && !outside) return {};
  const places = placePartitions(layout, table, usable, growth, limits);
  if (places) return places;
  if (growth >= 0) return {};
  const least = leastTableBytes(layout, disk, table);
  const text = `what is on ${disk.path} needs at least ${formatBytes(least)} (${least} bytes)`;
  throw tooSmall(`${text}, but its new disk has ${formatBytes(space.sizeBytes)} (${space.sizeBytes} bytes)`, {
    disk: disk.path,
    neededBytes: least,
  });
}

/** A disk without a table changes as a whole, by exactly what it differs. */
function wholeChange(layout: Layout, disk: Disk, space: Space): number {
  if (tableOn(layout, disk.id)) return 0;
  const difference = space.sizeBytes - disk.sizeBytes;
  return difference < 0 || isLarger(disk, space) ? difference : 0;
}

function fitBare(layout: Layout, spaces: Spaces, limits: GrowthLimits): Bare {
  const places: Record<NodeId, { startBytes: number; sizeBytes: number }> = {};
  const changes: Changes = {};
  for (const disk of nodesOf(layout, "disk")) {
    const space = spaces[disk.id];
    if (!space) continue;
    const whole = wholeChange(layout, disk, space);
    if (whole !== 0) changes[disk.id] = whole;
    Object.assign(places, fitTable(layout, disk, space, limits));
  }
  for (const partition of nodesOf(layout, "partition")) {
    const change = (places[partition.id]?.sizeBytes ?? partition.sizeBytes) - partition.sizeBytes;
    if (change !== 0) changes[partition.id] = change;
  }
  return { places, changes };
}

/** Members of an array that uses all alike grow no further than the one that grows least. */
function limitsOf(layout: Layout, changes: Changes): GrowthLimits {
  const limits: Record<NodeId, number> = {};
  for (const raid of nodesOf(layout, "raid")) {
    if (usesUnequalMembers(raid)) continue;
    const least = Math.max(0, Math.min(...raid.members.map((member) => changes[member.on] ?? 0)));
    for (const member of raid.members) if ((changes[member.on] ?? 0) > least) limits[member.on] = least;
  }
  return limits;
}

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
  const amount = physical.reduce((sum, pv) => sum + (after.get(pv.uuid) ?? pv.extents) - pv.extents, 0);
  const { shares, uuids } = groupShares(layout, group);
  const spent = spread(shares, amount);
  const cut = physical.find((pv) => pv.pinned.some(([, to]) => to > (after.get(pv.uuid) ?? 0)));
  if (!spent || cut) {
    const bytes = [...after.values()].reduce((sum, extents) => sum + extents, 0) * extentBytes;
    const least = shares.reduce((sum, share) => sum + share.minimum, 0) * extentBytes;
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

/** Volumes on what has changed, each after what it is made of. */
function fitVolumes(layout: Layout, changes: Changes): Map<NodeId, LayoutNode> {
  const fitted = new Map<NodeId, LayoutNode>();
  for (const node of layout.nodes) {
    if (node.kind === "raid") {
      const raid = resizedRaid(node, wholeMibOf(changes));
      if (raid.sizeBytes !== node.sizeBytes) changes[node.id] = raid.sizeBytes - node.sizeBytes;
      fitted.set(node.id, raid);
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

/** What a restore makes on disks of other sizes. */
export interface Fitted {
  readonly layout: Layout;
  /** What differs from the layout that was saved. */
  readonly sizes: readonly SizeChange[];
}

/**
 * The layout as it will be on the target disks. Pure. On a larger disk file systems with data grow in proportion to their size; on a smaller one
 * free space goes first, then they shrink as far as their files allow, then swap, /boot and the ESP. Order, borders' alignment and every identifier
 * stay. Throws `no-match` with the numbers when it can't be.
 */
export function fitLayout(layout: Layout, spaces: Spaces): Fitted {
  const first = fitBare(layout, spaces, {});
  const limits = limitsOf(layout, first.changes);
  const { places, changes } = Object.keys(limits).length === 0 ? first : fitBare(layout, spaces, limits);
  const fitted = fitChanges(layout, changes);
  const nodes = layout.nodes.map((node): LayoutNode => {
    const place = places[node.id];
    return node.kind === "partition" && place ? { ...node, ...place } : (fitted.get(node.id) ?? node);
  });
  const result: Layout = { version: 1, nodes };
  return { layout: result, sizes: describeSizes(layout, result, spaces) };
}
