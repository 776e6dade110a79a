import { msg } from "../../base/message.ts";
import { calledOf, isVolume, partitionsOf } from "../../layout/graph.ts";
import { kindOf } from "../../layout/kinds.ts";
import { nodesOn } from "../../layout/nodes-on.ts";
import type { Layout, LayoutNode, NodeId } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import { withFilesAt } from "./content-edits.ts";
import type { Edit } from "./edit.ts";
import { findNode } from "./find-node.ts";
import { cannot } from "./flaw.ts";
import { withoutLogicalVolume } from "./lvm-edits.ts";
import { layoutOf } from "./rebuild.ts";

/** A node and all that lies on it, over whatever layers. */
function withAbove(layout: Layout, id: NodeId, found: Set<NodeId> = new Set()): Set<NodeId> {
  if (found.has(id)) return found;
  found.add(id);
  for (const node of nodesOn(layout, id)) withAbove(layout, node.id, found);
  return found;
}

/** A volume that would lose only some of its members is changed, not removed in passing. */
function requireWhole(layout: Layout, gone: ReadonlySet<NodeId>, about: string): void {
  for (const node of layout.nodes) {
    const madeOf = kindOf(node).madeOf?.(node) ?? [];
    const left = madeOf.filter((id) => !gone.has(id));
    if (!gone.has(node.id) || left.length === 0 || left.length === madeOf.length) continue;
    if (!isVolume(node) && node.kind !== "filesystem") continue;
    const what = msg`it is a part of ${calledOf(node)}, which has other parts`;
    throw cannot(about, what, msg`Give ${calledOf(node)} other members first, or remove it.`);
  }
}

function requireNoLogical(layout: Layout, node: LayoutNode): void {
  if (node.kind !== "partition" || node.role !== "extended") return;
  if (!partitionsOf(layout, node.table).some(({ role }) => role === "logical")) return;
  throw cannot(node.path, msg`it is an extended partition with logical ones in it`, msg`Remove those first.`);
}

/** A node beside the graph without what it named; a loader stays, even if it has no place any more. */
function mentioning(node: LayoutNode, gone: ReadonlySet<NodeId>): LayoutNode[] {
  if (node.kind === "unsupported" && gone.has(node.on)) return [];
  const { withoutMentions } = kindOf(node);
  if (!withoutMentions) return [node];
  const left = withoutMentions(node, gone);
  return left ? [left] : node.kind === "loader" ? [{ ...node, on: [] }] : [];
}

/** Takes a node away with all that lies on it. Files that were on it lie on the file system above their mount point. */
export function remove(layout: Layout, { node: name }: Extract<Edit, { do: "remove" }>): Layout {
  const node = findNode(layout, name);
  if (kindOf(node).role === "machine" || kindOf(node).role === "use") {
    throw cannot(
      name,
      msg`a ${kindOf(node).noun} can't be removed`,
      msg`Name a device, a file system or a volume group.`,
    );
  }
  requireNoLogical(layout, node);
  const gone = withAbove(layout, node.id);
  requireWhole(layout, gone, calledOf(node));
  const lost = nodesOf(layout, "mount").filter(({ id }) => gone.has(id));
  const others = layoutOf(layout.nodes.filter(({ id }) => !gone.has(id)).flatMap((one) => mentioning(one, gone)));
  const rest = node.kind === "logical-volume" ? withoutLogicalVolume(others, node) : others;
  const counted = new Set<NodeId>();
  return lost.reduce((now, { of, path }) => {
    const fs = nodeById(layout, of);
    if (fs?.kind !== "filesystem" || counted.has(of)) return now;
    counted.add(of);
    return withFilesAt(now, path, fs.usedBytes);
  }, rest);
}
