import { kindOf } from "../kinds.ts";
import type { Layout, LayoutNode, NodeId } from "../types.ts";

/** The layout without nodes that stay as they are: what is left to be made. */
export function withoutKept(layout: Layout, kept: ReadonlySet<NodeId>): Layout {
  const nodes = layout.nodes.flatMap((node): LayoutNode[] => {
    if (kept.has(node.id)) return [];
    const { withoutMentions } = kindOf(node);
    const left = withoutMentions ? withoutMentions(node, kept) : node;
    return left ? [left] : [];
  });
  return { ...layout, nodes };
}
