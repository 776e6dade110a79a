import { nodesBelow } from "../../layout/graph.ts";
import { type Layout, type LayoutNode, type NodeId, nodesOf } from "../../layout/types.ts";

/** A node as far as it lies on a disk: options of a mount are in /etc/fstab alone. */
const onDisk = (node: LayoutNode): string => JSON.stringify(node.kind === "mount" ? { ...node, options: "" } : node);

/** All that lies on each disk, as text. */
function contentsByDisk(layout: Layout): ReadonlyMap<NodeId, string> {
  const found = new Map<NodeId, string[]>(nodesOf(layout, "disk").map(({ id }) => [id, []]));
  for (const node of layout.nodes) {
    for (const lower of nodesBelow(layout, node.id)) found.get(lower.id)?.push(onDisk(node));
  }
  return new Map([...found].map(([id, texts]) => [id, texts.sort().join("\n")]));
}

/** Disks on which anything is another than it was saved, or that are new: what lies on them here is not that. */
export function editedDisks(before: Layout, after: Layout): ReadonlySet<NodeId> {
  const [had, has] = [contentsByDisk(before), contentsByDisk(after)];
  return new Set([...has].flatMap(([id, text]) => (had.get(id) === text ? [] : [id])));
}
