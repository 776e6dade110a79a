import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import { type Share, spread } from "../../layout/spread.ts";
import { tooSmall } from "../../layout/too-small.ts";
import { type LayoutNode, type LogicalVolume, type NodeId, nodesOf, type VolumeGroup } from "../../layout/types.ts";
import type { Demand, FitContext, ResizedVolume, SizeChanges } from "../volume-contract.ts";
import { resizedMetadata } from "./lvm-resize.ts";
import { extentsAfter, type GroupShape, shapeOf } from "./lvm-shape.ts";

/** A linear volume of a group as a share of its extents, with its node; that of a hidden one is none. */
interface VolumeShare {
  readonly uuid: string;
  readonly node: LogicalVolume | undefined;
  readonly share: Share;
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

const pinnedExtents = ({ physical }: GroupShape) =>
  sumOf(physical.flatMap(({ pinned }) => pinned.map(([from, to]) => to - from)));

/** Extents that belong to no volume. */
function freeExtents(shape: GroupShape): number {
  const total = sumOf(shape.physical.map(({ extents }) => extents));
  const used = sumOf(shape.linear.map(({ extents }) => extents));
  return Math.max(0, total - pinnedExtents(shape) - used);
}

const linearNodes = ({ linear }: GroupShape, { layout }: FitContext) => {
  const nodes = nodesOf(layout, "logical-volume");
  return linear.map(({ uuid, extents }) => ({ uuid, extents, node: nodes.find((one) => one.uuid === uuid) }));
};

/** Extents that all volumes of a group together can do without: what is free, and what its linear volumes can lose. */
function groupSlack(
  shape: GroupShape,
  context: FitContext,
): { readonly extents: number; readonly rank: Share["rank"] } {
  const demands = linearNodes(shape, context).flatMap(({ node }) =>
    node ? [context.demandOf(node.id, node.sizeBytes)] : [],
  );
  const slack = sumOf(demands.map(({ slackBytes }) => Math.floor(slackBytes / shape.extentBytes)));
  const rank = demands.some((demand) => demand.rank === "data") ? "data" : demands.length > 0 ? "keep" : "fixed";
  return { extents: freeExtents(shape) + slack, rank };
}

/** What a physical volume must offer: its extents up to the last that can't be laid elsewhere. */
export function physicalDemand(group: VolumeGroup, device: NodeId, context: FitContext): Demand {
  const member = group.members.find((one) => one.on === device);
  const shape = shapeOf(group);
  const own = shape.physical.find((pv) => pv.uuid === member?.uuid);
  if (!own) return { slackBytes: 0, rank: "fixed" };
  const { extents, rank } = groupSlack(shape, context);
  const end = Math.max(1, ...own.pinned.map(([, to]) => to));
  return { slackBytes: Math.max(0, Math.min(extents, own.extents - end)) * shape.extentBytes, rank };
}

function volumeShares(shape: GroupShape, context: FitContext): VolumeShare[] {
  return linearNodes(shape, context).map(({ uuid, extents, node }) => {
    const demand = node && context.demandOf(node.id, node.sizeBytes);
    const slack = Math.min(extents - 1, Math.floor((demand?.slackBytes ?? 0) / shape.extentBytes));
    return { uuid, node, share: { units: extents, minimum: extents - slack, rank: demand?.rank ?? "fixed" } };
  });
}

/** By how many extents the room for volumes changes. */
function roomChange({ physical }: GroupShape, after: ReadonlyMap<string, number>): number {
  return sumOf(
    physical.map(({ uuid, extents, fast }) => {
      const change = (after.get(uuid) ?? extents) - extents;
      return fast ? Math.min(0, change) : change;
    }),
  );
}

function groupTooSmall({ name }: VolumeGroup, shape: GroupShape, shares: readonly Share[], extents: number) {
  const least = (pinnedExtents(shape) + sumOf(shares.map(({ minimum }) => minimum))) * shape.extentBytes;
  const [needs, gets] = [formatBytes(least), formatBytes(extents * shape.extentBytes)];
  const text = msg`the volume group ${name} needs at least ${needs}, but gets ${gets} on these disks`;
  return tooSmall(text, { group: name, neededBytes: least });
}

/** What each linear volume grows or shrinks by; throws `no-match` when the extents that are left don't suffice. */
function spentExtents(
  group: VolumeGroup,
  shape: GroupShape,
  volumes: readonly VolumeShare[],
  after: ReadonlyMap<string, number>,
): number[] {
  const free: Share = { units: freeExtents(shape), minimum: 0, rank: "gap" };
  const shares = [free, ...volumes.map(({ share }) => share)];
  const spent = spread(shares, roomChange(shape, after));
  const isCut = shape.physical.some((pv) => pv.pinned.some(([, to]) => to > (after.get(pv.uuid) ?? 0)));
  if (!spent || isCut) throw groupTooSmall(group, shape, shares, sumOf([...after.values()]));
  return spent.slice(1);
}

/** A group on devices of other sizes, and its linear volumes, which share what there is. */
export function resizedGroup(group: VolumeGroup, changes: SizeChanges, context: FitContext): ResizedVolume | undefined {
  const deviceChanges = new Map(group.members.map((member) => [member.uuid, changes[member.on] ?? 0]));
  if ([...deviceChanges.values()].every((change) => change === 0)) return undefined;
  const shape = shapeOf(group);
  const physical = new Map(
    shape.physical.map(({ uuid }) => [uuid, extentsAfter(group, uuid, deviceChanges.get(uuid) ?? 0)]),
  );
  const volumes = volumeShares(shape, context);
  const spent = spentExtents(group, shape, volumes, physical);
  const logical = new Map(volumes.map(({ uuid, share }, at) => [uuid, share.units + (spent[at] ?? 0)]));
  const moved = volumes.flatMap(({ node }, at) => {
    const change = (spent[at] ?? 0) * shape.extentBytes;
    return node && change !== 0 ? [{ ...node, sizeBytes: node.sizeBytes + change, change }] : [];
  });
  const nodes = moved.map(({ change: _, ...node }): LayoutNode => node);
  return {
    nodes: [{ ...group, metadata: resizedMetadata(group, { physical, deviceChanges, logical }) }, ...nodes],
    changes: Object.fromEntries(moved.map(({ id, change }) => [id, change])),
  };
}
