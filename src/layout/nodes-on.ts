import { kindOf } from "./kinds.ts";
import type { Layout, LayoutNode, NodeId } from "./types.ts";

type Index = ReadonlyMap<NodeId, readonly LayoutNode[]>;

/** Looking at all nodes for each node takes minutes where there are thousands; a layout doesn't change. */
const indices = new WeakMap<readonly LayoutNode[], { readonly length: number; readonly index: Index }>();

function indexOf(nodes: readonly LayoutNode[]): Index {
  const index = new Map<NodeId, LayoutNode[]>();
  for (const node of nodes) {
    for (const id of lowerIds(node)) {
      const above = index.get(id);
      if (above) above.push(node);
      else index.set(id, [node]);
    }
  }
  return index;
}

/** The ids of what a node lies on or is made of, each once. */
function lowerIds(node: LayoutNode): ReadonlySet<NodeId> {
  const { on, madeOf } = kindOf(node);
  const below = on?.(node);
  return new Set([...(below === undefined ? [] : [below]), ...(madeOf?.(node) ?? [])]);
}

/** The nodes that lie directly on a node or are made of it, in the layout's order. */
export function nodesOn({ nodes }: Layout, id: NodeId): readonly LayoutNode[] {
  const known = indices.get(nodes);
  if (known?.length === nodes.length) return known.index.get(id) ?? [];
  const index = indexOf(nodes);
  indices.set(nodes, { length: nodes.length, index });
  return index.get(id) ?? [];
}
