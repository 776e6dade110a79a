import { isOn } from "./graph.ts";
import type { Layout, LayoutNode, NodeId } from "./types.ts";

/** A volume without one of the devices that it is made of; undefined when something lies there. */
export type Release = (node: LayoutNode, on: NodeId) => LayoutNode | undefined;

/** Kinds that hold nothing of their own: they go with what they lie on. */
const CARRIERS = new Set<LayoutNode["kind"]>(["table", "partition", "luks", "raid"]);

function liesOn(node: LayoutNode, gone: ReadonlySet<NodeId>): boolean {
  if (node.kind === "partition") return gone.has(node.table);
  if (node.kind === "mount" || node.kind === "subvolume") return gone.has(node.of);
  if (node.kind === "filesystem") return [...gone].some((id) => isOn(node, id));
  if ("members" in node) return node.members.some((member) => gone.has(member.on));
  return "on" in node && typeof node.on === "string" && gone.has(node.on);
}

/** What names the disk without lying on it; undefined for a boot loader that is nowhere else. */
function withoutNames(node: LayoutNode, gone: ReadonlySet<NodeId>): LayoutNode | undefined {
  if (node.kind === "device-names") return { ...node, uses: node.uses.filter((use) => !gone.has(use.node)) };
  if (node.kind !== "loader") return node;
  const on = node.on.filter((id) => !gone.has(id));
  return on.length === 0 && node.on.length > 0 ? undefined : { ...node, on };
}

/** The layout without a disk and what is made of it; undefined when something on it can't be done without. */
export function withoutDisk(layout: Layout, disk: NodeId, release: Release): Layout | undefined {
  const gone = new Set([disk]);
  const nodes: LayoutNode[] = [];
  for (const node of layout.nodes) {
    if (node.id === disk) continue;
    let left: LayoutNode | undefined = node;
    if (liesOn(node, gone)) {
      if (CARRIERS.has(node.kind)) {
        gone.add(node.id);
        continue;
      }
      const lost = node.kind === "volume-group" ? node.members.filter((member) => gone.has(member.on)) : [];
      left = lost.reduce<LayoutNode | undefined>(
        (now, { on }) => now && release(now, on),
        lost.length > 0 ? node : undefined,
      );
    }
    const own = left && withoutNames(left, gone);
    if (!own) return undefined;
    nodes.push(own);
  }
  return { ...layout, nodes };
}
