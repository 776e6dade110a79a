import { contentOf } from "../../layout/graph.ts";
import { type Layout, type LayoutNode, nodeById } from "../../layout/types.ts";
import { isDevice } from "./find-node.ts";

/** What a node is for whoever edits it: each may be changed in other ways. `new-…`: there is none of that name yet. */
export type NodeRole = "device" | "disk" | "array" | "group" | "content" | "btrfs" | "new-disk" | "new-group";

/** What a node is; a file system is what its device is, too. Pure. */
export function rolesOf(layout: Layout, node: LayoutNode): NodeRole[] {
  if (node.kind === "volume-group") return ["group"];
  const content = node.kind === "filesystem" || node.kind === "swap" ? node : contentOf(layout, node.id);
  const device = content ? nodeById(layout, content.on) : node;
  if (!device || !isDevice(device)) return [];
  return [
    "device",
    ...(device.kind === "disk" ? (["disk"] as const) : []),
    ...(device.kind === "raid" ? (["array"] as const) : []),
    ...(content ? (["content"] as const) : []),
    ...(content?.kind === "filesystem" && content.type === "btrfs" ? (["btrfs"] as const) : []),
  ];
}
