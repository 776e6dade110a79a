import { msg } from "../base/message.ts";
import type { Action } from "../effects/effect.ts";
import type { Candidate } from "../layout/candidate.ts";
import { disksOf, mountHolding } from "../layout/graph.ts";
import { kindOf } from "../layout/kinds.ts";
import { type Layout, type LayoutNode, type NodeId, nodesOf } from "../layout/types.ts";
import { type KeptDisks, keptWords } from "./decide-keep.ts";
import type { KeptPart, TargetDisk } from "./restore-plan.ts";

/** What stays, with the set's layout as it was. */
export interface Kept extends KeptDisks {
  readonly whole: Layout;
}

const isIn = (layout: Layout, id: NodeId) => layout.nodes.some((node) => node.id === id);

/** A layout to be made, with what stays and all that names it. */
export function wholeLayout({ whole, layout: left }: Kept, made: Layout): Layout {
  const byId = new Map(made.nodes.map((node) => [node.id, node]));
  const remade = new Set(left.nodes.map(({ id }) => id));
  const nodes = whole.nodes.flatMap((node): LayoutNode[] => {
    if (kindOf(node).role === "machine" || !remade.has(node.id)) return [node];
    return [byId.get(node.id) ?? []].flat();
  });
  return { ...made, nodes };
}

/** Where file systems are mounted that lie on a disk, as a whole or in part. */
function mountsOn(layout: Layout, disk: NodeId): string[] {
  const isOn = (id: NodeId) => disksOf(layout, id).some((one) => one.id === disk);
  return nodesOf(layout, "mount").flatMap(({ id, path }) => (isOn(id) ? [path] : []));
}

/** Closes each disk that stays to writes. */
export function keepActions({ whole, disks }: Kept): Action[] {
  return nodesOf(whole, "disk").flatMap(({ id }): Action[] => {
    const kept = disks[id];
    if (!kept) return [];
    const { path } = kept.disk;
    const say = msg`Keep ${keptWords(kept.disk, mountsOn(whole, id))} as it is`;
    return [{ id: `keep:${id}`, node: id, say, destroys: [], effects: [{ do: "keep", path }] }];
  });
}

/** Makes the mount points, on what is restored, of what stays: the system mounts it there when it starts. */
export function mountPointActions({ whole, layout, mounts }: Kept, root: string): Action[] {
  return nodesOf(whole, "mount").flatMap(({ id, path }): Action[] => {
    if (isIn(layout, id) || !mounts.includes(path)) return [];
    // One that lies on what stays is there already.
    const above = mountHolding(whole, path.slice(0, path.lastIndexOf("/")) || "/")?.mount;
    if (!above || mounts.includes(above.path)) return [];
    const say = msg`Make the mount point ${path} of what is kept`;
    return [{ id: `point:${id}`, node: id, say, destroys: [], effects: [{ do: "mkdir", path: `${root}${path}` }] }];
  });
}

/** What stays as a plan has it; undefined: nothing. */
export function keptPart({ whole, disks, mounts, files, layout }: Kept, asTarget: (disk: Candidate) => TargetDisk) {
  const kept = Object.entries(disks).map(([id, disk]) => ({
    ...asTarget(disk),
    node: id,
    mounts: mountsOn(whole, id),
  }));
  if (kept.length === 0) return undefined;
  const images = nodesOf(whole, "image").flatMap(({ id, entry }) => (isIn(layout, id) ? [] : [entry]));
  const part: KeptPart = { disks: kept, mounts, images, ...(files.length === 0 ? {} : { files }) };
  return part;
}
