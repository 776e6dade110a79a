import { contentOf, volumeOn } from "./graph.ts";
import { kindOf } from "./kinds.ts";
import { nodesOn } from "./nodes-on.ts";
import { type Layout, type LayoutNode, nodesOf } from "./types.ts";

/** Mount point and format as Mondo wrote them. */
function useOf(layout: Layout, device: LayoutNode): [mountPoint: string, format: string, label: string] {
  const volume = volumeOn(layout, device.id);
  const member = volume && kindOf(volume).mountlistMember;
  if (member !== undefined) return [member, member, ""];
  const content = contentOf(layout, device.id);
  if (!content) {
    const type = device.kind === "partition" ? device.type : "none";
    const isImaged = nodesOn(layout, device.id).some(({ kind }) => kind === "image" || kind === "unsupported");
    return isImaged ? ["image", type, ""] : ["none", "none", ""];
  }
  const names = [content.label, content.uuid].filter((name) => name !== undefined && !/\s/.test(name));
  if (content.kind === "swap") return ["swap", "swap", names[0] ?? ""];
  const mount = nodesOf(layout, "mount").find((one) => one.of === content.id);
  return [mount?.path ?? "none", content.type, names[0] ?? ""];
}

function lineOf(layout: Layout, device: LayoutNode): string[] {
  const size = kindOf(device).mountlistSize?.(device);
  if (size === undefined || !("path" in device)) return [];
  const [mountPoint, format, label] = useOf(layout, device);
  return [[device.path, mountPoint.replaceAll(" ", "\\040"), format, size, label].join(" ").trimEnd()];
}

/**
 * Mondo's mountlist.txt: a line for each device with mount point, format, KiB (`lvm` for logical volumes) and label or
 * UUID.
 */
export function mountlist(layout: Layout): string {
  return layout.nodes.flatMap((node) => lineOf(layout, node).map((line) => `${line}\n`)).join("");
}
