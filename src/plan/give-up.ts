import type { Dispensable } from "../drivers/types.ts";
import { volumeDrivers } from "../drivers/volume/list.ts";
import { describeDiskShortly } from "../layout/describe-disk.ts";
import { disksOf } from "../layout/graph.ts";
import { type Disk, type Layout, type LayoutNode, type NodeId, nodesOf } from "../layout/types.ts";
import { withoutDisk } from "../layout/without-disk.ts";

/** What is left of a layout when something of it is given up. */
export interface Reduced {
  readonly layout: Layout;
  /** What was given up and why, as sentences. */
  readonly lost: readonly string[];
}

const driverOf = (node: LayoutNode) => volumeDrivers.find(({ kind }) => kind === node.kind);

function dispensablesOn(layout: Layout, disk: NodeId): Dispensable[] {
  const all = layout.nodes.flatMap((node) => driverOf(node)?.dispensables?.(node) ?? []);
  return all.filter(({ on }) => on.flatMap((id) => disksOf(layout, id)).some(({ id }) => id === disk));
}

const withoutDispensables = (layout: Layout, disk: NodeId) =>
  dispensablesOn(layout, disk).reduce((left, { remove }) => remove(left), layout);

/** The layout without a disk that holds nothing but what can be done without; undefined for every other disk. */
function withoutWholeDisk(layout: Layout, disk: NodeId): Layout | undefined {
  if (dispensablesOn(layout, disk).length === 0) return undefined;
  return withoutDisk(withoutDispensables(layout, disk), disk, (node, on) => driverOf(node)?.withoutMember?.(node, on));
}

/** The disks that a restore can do without, each with what would not be made again. */
export function dispensableDisks(layout: Layout): ReadonlyMap<NodeId, string> {
  const found = nodesOf(layout, "disk").filter(({ id }) => withoutWholeDisk(layout, id) !== undefined);
  return new Map(
    found.map(({ id }) => [
      id,
      dispensablesOn(layout, id)
        .map(({ what }) => what)
        .join(", "),
    ]),
  );
}

function sentences(layout: Layout, disk: Disk, why: string): string[] {
  return dispensablesOn(layout, disk.id).map(
    ({ what, again }) => `${what} is given up: ${why} (${again}); no file was in it alone`,
  );
}

/** Without a disk that has no counterpart, and what lay there. */
function withoutMissing({ layout, lost }: Reduced, disk: Disk): Reduced | undefined {
  const left = withoutWholeDisk(layout, disk.id);
  const why = `nothing here stands for the disk ${describeDiskShortly(disk)}, which it lay on`;
  return left && { layout: left, lost: [...lost, ...sentences(layout, disk, why)] };
}

/** Without what can be done without on a disk whose counterpart is too small. */
function withoutRoom({ layout, lost }: Reduced, disk: Disk): Reduced | undefined {
  const why = `what stands for the disk ${describeDiskShortly(disk)} here is too small for it`;
  const told = sentences(layout, disk, why);
  return told.length === 0 ? undefined : { layout: withoutDispensables(layout, disk.id), lost: [...lost, ...told] };
}

/**
 * A layout that needs less of the disks that found no counterpart: one of them that holds nothing but caches is given up whole; of a single
 * one that was `chosen`, or holds more, what can be done without. Undefined when nothing can be given up.
 */
export function giveUp(now: Reduced, lacking: readonly NodeId[], chosen: ReadonlySet<NodeId>): Reduced | undefined {
  const disks = nodesOf(now.layout, "disk").filter(({ id }) => lacking.includes(id));
  for (const disk of disks) {
    const reduced = chosen.has(disk.id) ? undefined : withoutMissing(now, disk);
    if (reduced) return reduced;
  }
  const [only, ...others] = disks;
  return only && others.length === 0 ? withoutRoom(now, only) : undefined;
}
