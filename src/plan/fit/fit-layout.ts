import { volumeDriverOf } from "../../drivers/volume/volume-drivers.ts";
import { tableOn } from "../../layout/graph.ts";
import type { Disk, Layout, LayoutNode, NodeId } from "../../layout/types.ts";
import { nodesOf } from "../../layout/types.ts";
import type { SizeChange } from "../restore-plan.ts";
import { demandOf } from "./demand.ts";
import { type Changes, fitChanges } from "./fit-changes.ts";
import { fitTable, isLarger, type Space } from "./fit-table.ts";
import type { Places } from "./partitions.ts";
import { describeSizes } from "./sizes.ts";
import { type GrowthLimits, leastTableBytes } from "./stretches.ts";

export type Spaces = Readonly<Record<NodeId, Space>>;

interface Bare {
  readonly places: Places;
  /** Bytes by which disks and partitions change. */
  readonly changes: Changes;
}

/** Smallest disk in bytes that can take what is on this one, with everything shrunk as far as it can be. */
export function leastDiskBytes(layout: Layout, disk: Disk): number {
  const table = tableOn(layout, disk.id);
  if (table) return leastTableBytes(layout, table, disk.logicalSectorBytes, demandOf);
  const { rank, slackBytes } = demandOf(layout, disk.id, disk.sizeBytes);
  return rank === "fixed" && !layout.nodes.some((node) => "on" in node && node.on === disk.id)
    ? disk.sizeBytes * (isMember(layout, disk.id) ? 1 : 0)
    : disk.sizeBytes - slackBytes;
}

function isMember(layout: Layout, id: NodeId): boolean {
  return layout.nodes.some((node) => "members" in node && node.members.some((member) => member.on === id));
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

/** Members that a volume uses alike grow no further than the one that grows least. */
function limitsOf(layout: Layout, changes: Changes): GrowthLimits {
  const limits: Record<NodeId, number> = {};
  const growthOf = (id: NodeId) => changes[id] ?? 0;
  for (const node of layout.nodes) {
    const members = volumeDriverOf(node)?.equalMembers?.(node) ?? [];
    const least = Math.max(0, Math.min(...members.map(growthOf)));
    for (const member of members) if (growthOf(member) > least) limits[member] = least;
  }
  return limits;
}

/** What a restore makes on disks of other sizes. */
export interface Fitted {
  readonly layout: Layout;
  /** What differs from the layout that was saved. */
  readonly sizes: readonly SizeChange[];
}

/**
 * The layout as it will be on the target disks. Pure. On a larger disk file systems with data grow in proportion to
 * their size; on a smaller one free space goes first, then they shrink as far as their files allow, then swap, /boot
 * and the ESP. Order, borders' alignment and every identifier stay. Throws `no-match` with the numbers when it can't
 * be.
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
