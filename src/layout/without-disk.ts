import { liesOn } from "./graph.ts";
import { kindOf } from "./kinds.ts";
import type { Layout, LayoutNode, NodeId } from "./types.ts";

/** A volume without one of the devices that it is made of; undefined when something lies there. */
export type Release = (node: LayoutNode, on: NodeId) => LayoutNode | undefined;

/** What is left of a volume when some of the nodes that it is made of are gone. */
function withoutLost(node: LayoutNode, gone: ReadonlySet<NodeId>, release: Release): LayoutNode | undefined {
  const lost = (kindOf(node).madeOf?.(node) ?? []).filter((id) => gone.has(id));
  if (lost.length === 0) return undefined;
  return lost.reduce<LayoutNode | undefined>((now, id) => now && release(now, id), node);
}

const isTouched = (node: LayoutNode, gone: ReadonlySet<NodeId>) => [...gone].some((id) => liesOn(node, id));

/** The layout without a disk and what is made of it; undefined when something on it can't be done without. */
export function withoutDisk(layout: Layout, disk: NodeId, release: Release): Layout | undefined {
  const gone = new Set([disk]);
  const nodes: LayoutNode[] = [];
  for (const node of layout.nodes) {
    if (node.id === disk) continue;
    const { carries, withoutMentions } = kindOf(node);
    const touched = isTouched(node, gone);
    if (touched && carries) {
      gone.add(node.id);
      continue;
    }
    const left = touched ? withoutLost(node, gone, release) : node;
    const own = left && withoutMentions ? withoutMentions(left, gone) : left;
    if (!own) return undefined;
    nodes.push(own);
  }
  return { ...layout, nodes };
}
