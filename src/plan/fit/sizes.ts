import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import { calledOf, contentOf, disksOf, isVolumeDevice, tableOn, volumeOn } from "../../layout/graph.ts";
import { kindOf } from "../../layout/kinds.ts";
import type { Layout, LayoutNode, NodeId } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import type { SizeChange } from "../restore-plan.ts";

/** What a device is for, in a few words: `ext4 /srv`, `swap`, `vg0`. */
export function purposeOf(layout: Layout, id: NodeId): string {
  const volume = volumeOn(layout, id);
  if (volume) return kindOf(volume).memberWords?.(volume) ?? calledOf(volume);
  const content = contentOf(layout, id);
  if (!content) return tableOn(layout, id) ? "partitioned" : "";
  const mount = nodesOf(layout, "mount").find((one) => one.of === content.id);
  return content.kind === "swap" ? "swap" : [content.type, mount?.path ?? content.label ?? ""].join(" ").trim();
}

const isDevice = (node: LayoutNode) => node.kind === "partition" || isVolumeDevice(node);

/** Every size that is another one, and the disks below. */
export function describeSizes(
  before: Layout,
  after: Layout,
  spaces: Readonly<Record<NodeId, { readonly sizeBytes: number }>>,
): SizeChange[] {
  const devices = before.nodes.flatMap((node): SizeChange[] => {
    const now = nodeById(after, node.id);
    if (!isDevice(node) || !now || !("sizeBytes" in node) || !("sizeBytes" in now)) return [];
    if (node.sizeBytes === now.sizeBytes) return [];
    const what = node.kind === "partition" && node.role === "extended" ? msg`extended` : purposeOf(before, node.id);
    return [{ node: node.id, what, beforeBytes: node.sizeBytes, afterBytes: now.sizeBytes }];
  });
  const below = new Set(devices.flatMap(({ node }) => disksOf(before, node).map((disk) => disk.id)));
  const disks = nodesOf(before, "disk").flatMap((disk): SizeChange[] => {
    const space = spaces[disk.id];
    const own = contentOf(before, disk.id) ?? volumeOn(before, disk.id);
    const differs = space !== undefined && space.sizeBytes !== disk.sizeBytes;
    if (!differs || (!below.has(disk.id) && !own)) return [];
    const what = own ? purposeOf(before, disk.id) : msg`disk`;
    return [{ node: disk.id, what, beforeBytes: disk.sizeBytes, afterBytes: space.sizeBytes }];
  });
  return [...disks, ...devices];
}

/** The changes as a table for people, with the devices that they will be on. */
export function showSizes(sizes: readonly SizeChange[], devices: Readonly<Record<NodeId, string>>): string[] {
  if (sizes.length === 0) return [];
  const rows = sizes.map(({ node, what, beforeBytes, afterBytes }) => {
    return [devices[node] ?? node, what, formatBytes(beforeBytes), formatBytes(afterBytes)] as const;
  });
  const head = [msg`device`, "", msg`before`, msg`after`] as const;
  const width = (at: 0 | 1 | 2 | 3) => Math.max(head[at].length, ...rows.map((row) => row[at].length));
  const [path, what, before, after] = [width(0), width(1), width(2), width(3)];
  return [head, ...rows].map(
    (row) => `${row[0].padEnd(path)}  ${row[1].padEnd(what)}  ${row[2].padStart(before)}  ${row[3].padStart(after)}`,
  );
}
