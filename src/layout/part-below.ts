import { nodesBelow } from "./graph.ts";
import { kindOf } from "./kinds.ts";
import { nodesOn } from "./nodes-on.ts";
import type { Layout, NodeId } from "./types.ts";

/**
 * The part of a layout below some of its nodes, themselves included: nothing else need be started to use them. A group
 * starts all of its volumes, so these belong to it.
 */
export function partBelow(layout: Layout, ids: readonly NodeId[]): Layout {
  const below = ids.flatMap((id) => nodesBelow(layout, id));
  const groups = below.filter((node) => kindOf(node).role === "group");
  const volumes = groups.flatMap(({ id }) => nodesOn(layout, id));
  const wanted = new Set([...below, ...volumes].map(({ id }) => id));
  return { ...layout, nodes: layout.nodes.filter(({ id }) => wanted.has(id)) };
}
