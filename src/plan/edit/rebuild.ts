import type { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { MIB } from "../../base/units.ts";
import { calledOf, contentOf } from "../../layout/graph.ts";
import { kindOf } from "../../layout/kinds.ts";
import { nodesOn } from "../../layout/nodes-on.ts";
import type { Filesystem, Layout, LayoutNode, NodeId, Swap } from "../../layout/types.ts";
import { nodeById } from "../../layout/types.ts";
import { resizedContent } from "../fit/demand.ts";
import { fitChanges } from "../fit/fit-changes.ts";
import { callNode, type Device } from "./find-node.ts";
import { cannot } from "./flaw.ts";

const SECTOR = 4096;

/** The nodes that must stand before one. */
function lowerOf(node: LayoutNode): readonly NodeId[] {
  const { on, madeOf, role } = kindOf(node);
  if (role === "machine") return [];
  const below = on?.(node);
  return [...(below === undefined ? [] : [below]), ...(madeOf?.(node) ?? [])];
}

/** The refusal of nodes that wait for each other. */
function itself([first]: readonly LayoutNode[]): MondoError {
  const about = first && "path" in first ? first.path : (first?.id ?? msg`the layout`);
  return cannot(about, msg`it would lie on itself, over other devices`, msg`Choose a device that isn't made of it.`);
}

/** Each node after what it lies on and is made of; as far as that goes, all stay in their order. */
export function inOrder(nodes: readonly LayoutNode[]): LayoutNode[] {
  const ordered: LayoutNode[] = [];
  const done = new Set<NodeId>();
  let left = nodes;
  while (left.length > 0) {
    const later: LayoutNode[] = [];
    for (const node of left) {
      if (lowerOf(node).every((id) => done.has(id))) {
        done.add(node.id);
        ordered.push(node);
      } else later.push(node);
    }
    if (later.length === left.length) throw itself(later);
    left = later;
  }
  return ordered;
}

/** The layout with other nodes. */
export const layoutOf = (nodes: readonly LayoutNode[]): Layout => ({ version: 1, nodes: inOrder(nodes) });

/** The layout with nodes in the place of those with the same id, and further ones behind. */
export function withNodes(layout: Layout, changed: readonly LayoutNode[]): Layout {
  const byId = new Map(changed.map((node) => [node.id, node]));
  const known = new Set(layout.nodes.map(({ id }) => id));
  const kept = layout.nodes.map((node) => byId.get(node.id) ?? node);
  return layoutOf([...kept, ...changed.filter(({ id }) => !known.has(id))]);
}

/** A node that lies on another device. */
export function retargeted(node: LayoutNode, from: NodeId, to: NodeId): LayoutNode {
  const at = (id: NodeId) => (id === from ? to : id);
  switch (node.kind) {
    case "filesystem":
      return {
        ...node,
        on: at(node.on),
        ...(node.alsoOn ? { alsoOn: node.alsoOn.map((one) => ({ ...one, on: at(one.on) })) } : {}),
      };
    case "swap":
    case "image":
    case "physical-volume":
    case "luks":
    case "table":
      return { ...node, on: at(node.on) };
    case "raid":
      return { ...node, members: node.members.map((member) => ({ ...member, on: at(member.on) })) };
    case "volume-group":
      return { ...node, members: node.members.map((member) => ({ ...member, on: at(member.on) })) };
    default:
      return node;
  }
}

/** What of a file system's details is a device's own. */
const ofDevice = (fs: Filesystem): Filesystem => {
  if (fs.details.deviceUuid === undefined) return fs;
  const { deviceUuid: _, ...details } = fs.details;
  return { ...fs, details };
};

/** A file system that can't be made smaller as it is, made with its tool's defaults. */
export const madeAnew = (fs: Filesystem, bytes: number): Filesystem => ({
  ...fs,
  sizeBytes: bytes,
  details: { assumed: true, fresh: true },
});

/** A content with at most so many bytes: as it is where its driver can, else with the same features, or made anew. */
export function contentWithin<C extends Filesystem | Swap>(content: C, bytes: number): Filesystem | Swap {
  if (content.sizeBytes <= bytes) return content;
  const resized = resizedContent(content, bytes);
  if (resized && resized.sizeBytes <= bytes) return resized;
  if (content.kind === "swap") return { ...content, sizeBytes: bytes };
  const whole = Math.floor(bytes / SECTOR) * SECTOR;
  if (content.type === "btrfs" && content.alsoOn === undefined) return { ...ofDevice(content), sizeBytes: whole };
  return madeAnew(content, whole);
}

/**
 * The layout as it is when a device gets another size: what lies on it follows, through all layers. The device itself
 * is changed, and where it is a partition its end. Throws a refusal when something on it can't be so small.
 */
export function withDeviceSize(layout: Layout, device: Device, sizeBytes: number): Layout {
  const change = sizeBytes - device.sizeBytes;
  const resized = { ...device, sizeBytes };
  if (change === 0) return layout;
  const image = nodesOn(layout, device.id).find((node) => node.kind === "image");
  if (image && change < 0) {
    const todo = msg`Leave it as large, or take the image away.`;
    throw cannot(
      callNode(layout, device),
      msg`it holds an image of ${image.sizeBytes} bytes, which needs it all`,
      todo,
    );
  }
  const fitted = fitChanges(layout, { [device.id]: change });
  return requireSizes(withContentsWithin(withNodes(layout, [...fitted.values(), resized])), device);
}

/** Refuses volumes of nothing, which are left where a device is too small for their own tables. */
function requireSizes(layout: Layout, device: Device): Layout {
  for (const node of layout.nodes) {
    const bytes = node.kind === "raid" ? Math.min(node.sizeBytes, node.componentBytes ?? MIB) : MIB;
    const own =
      node.kind === "luks" || node.kind === "logical-volume" || node.kind === "partition" ? node.sizeBytes : MIB;
    if (Math.min(bytes, own) > 0) continue;
    const what = msg`it is too small for ${calledOf(node)}, which lies on it`;
    throw cannot(device.path, what, msg`Choose a larger size or device.`);
  }
  return layout;
}

/** Contents that would be larger than what they lie on, made smaller. */
export function withContentsWithin(layout: Layout): Layout {
  const smaller = layout.nodes.flatMap((device): LayoutNode[] => {
    if (!("sizeBytes" in device) || device.kind === "filesystem" || device.kind === "swap") return [];
    const content = contentOf(layout, device.id);
    if (!content || content.sizeBytes <= device.sizeBytes) return [];
    if (content.kind === "filesystem" && content.alsoOn !== undefined) return [];
    return [contentWithin(content, device.sizeBytes)];
  });
  return smaller.length === 0 ? layout : withNodes(layout, smaller);
}

/** Whether nothing lies on a device, and no volume is made of it. */
export const isEmpty = (layout: Layout, device: NodeId): boolean => nodesOn(layout, device).length === 0;

/** Refuses a device on which something lies. */
export function requireEmpty(layout: Layout, device: Device): void {
  const [first] = nodesOn(layout, device.id);
  if (!first) return;
  const what = `${kindOf(first).noun} ${callNode(layout, first)}`.replace(` ${device.path}`, "");
  throw cannot(
    device.path,
    msg`it is not empty: it holds a ${what}`,
    msg`Move that elsewhere, or remove ${device.path} first.`,
  );
}

/** What can be put onto another device. */
const MOVABLE = new Set<LayoutNode["kind"]>([
  ...(["filesystem", "swap", "physical-volume", "luks", "raid", "volume-group"] as const),
]);

/**
 * Everything that lies on one device (`there`) on another instead, which is empty and may have another size. Throws a
 * refusal for what can't move: partition tables and images.
 */
export function moved(layout: Layout, from: Device, to: Device, there = nodesOn(layout, from.id)): Layout {
  const fixed = there.find(({ kind }) => !MOVABLE.has(kind));
  if (fixed) {
    const todo = msg`Choose a file system, a swap area or a volume.`;
    throw cannot(from.path, msg`a ${kindOf(fixed).noun} lies on it, which has to stay on its device`, todo);
  }
  const [change, ids] = [to.sizeBytes - from.sizeBytes, new Set(there.map(({ id }) => id))];
  const nodes = layout.nodes.map((node) => {
    if (!ids.has(node.id)) return node;
    const now = retargeted(node, from.id, to.id);
    return now.kind === "filesystem" ? ofDevice(now) : now;
  });
  // What is there was made for a device of the old size: from that it is fitted to the new one.
  const before = layoutOf(nodes.map((node) => (node.id === to.id ? { ...to, sizeBytes: from.sizeBytes } : node)));
  const fitted = change === 0 ? new Map<NodeId, LayoutNode>() : fitChanges(before, { [to.id]: change });
  return requireSizes(withContentsWithin(withNodes(before, [...fitted.values(), to])), to);
}

/** The node of the same id as it is now. */
export function nowOf<N extends LayoutNode>(layout: Layout, node: N): N {
  const now = nodeById(layout, node.id);
  return now?.kind === node.kind ? (now as N) : node;
}
