import { nodesBelow } from "../../layout/graph.ts";
import { type Layout, type NodeId, nodesOf } from "../../layout/types.ts";

/** All that lies on each disk, as text. */
function contentsByDisk(layout: Layout): ReadonlyMap<NodeId, string> {
  const found = new Map<NodeId, string[]>(nodesOf(layout, "disk").map(({ id }) => [id, []]));
  for (const node of layout.nodes) {
    for (const lower of nodesBelow(layout, node.id)) found.get(lower.id)?.push(JSON.stringify(node));
  }
  return new Map([...found].map(([id, texts]) => [id, texts.sort().join("\n")]));
}

/** Disks on which anything is another than it was saved, or that are new: what lies on them here is not that. */
export function editedDisks(before: Layout, after: Layout): ReadonlySet<NodeId> {
  const [had, has] = [contentsByDisk(before), contentsByDisk(after)];
  return new Set([...has].flatMap(([id, text]) => (had.get(id) === text ? [] : [id])));
}
