import { stored, told } from "../base/message.ts";
import { disksOf } from "../layout/graph.ts";
import { type Layout, type NodeId, nodesOf } from "../layout/types.ts";
import { withoutDisk } from "../layout/without-disk.ts";
import { volumeDriverOf } from "./volume/volume-drivers.ts";
import type { Dispensable } from "./volume-contract.ts";

/** What of a layout can be done without and lies on a disk. */
export function dispensablesOn(layout: Layout, disk: NodeId): Dispensable[] {
  const all = layout.nodes.flatMap((node) => volumeDriverOf(node)?.dispensables?.(node) ?? []);
  return all.filter(({ on }) => on.flatMap((id) => disksOf(layout, id)).some(({ id }) => id === disk));
}

/** The layout without any of that. */
export const withoutDispensables = (layout: Layout, disk: NodeId): Layout =>
  dispensablesOn(layout, disk).reduce((left, { remove }) => remove(left), layout);

/** The layout without a disk that holds nothing but what can be done without; undefined for every other disk. */
export function withoutDispensableDisk(layout: Layout, disk: NodeId): Layout | undefined {
  if (dispensablesOn(layout, disk).length === 0) return undefined;
  return withoutDisk(withoutDispensables(layout, disk), disk, (node, on) =>
    volumeDriverOf(node)?.withoutMember?.(node, on),
  );
}

/** The disks that a restore can do without, each with what it would not rebuild. */
export function dispensableDisks(layout: Layout): ReadonlyMap<NodeId, string> {
  const found = nodesOf(layout, "disk").filter(({ id }) => withoutDispensableDisk(layout, id) !== undefined);
  return new Map(
    found.map(({ id }) => [
      id,
      dispensablesOn(layout, id)
        .map(({ what }) => told(what))
        .join(", "),
    ]),
  );
}

/** What is given up on a disk and why, as sentences. */
export function dispensableWords(layout: Layout, disk: NodeId, why: string): string[] {
  return dispensablesOn(layout, disk).map(
    ({ what, again }) => stored`${what} is given up: ${why} (${again}); no file was in it alone`,
  );
}
