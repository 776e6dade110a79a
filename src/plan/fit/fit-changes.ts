import { volumeDriverOf } from "../../drivers/volume/volume-drivers.ts";
import { contentOf, isVolumeDevice, partitionsOf, tableOn } from "../../layout/graph.ts";
import type { Layout, LayoutNode, NodeId, Partition, VolumeDevice } from "../../layout/types.ts";
import { nodeById } from "../../layout/types.ts";
import { fitContext, resizedContent } from "./demand.ts";
import { fitTable } from "./fit-table.ts";

/** Bytes by which devices change, by node. */
export type Changes = Record<NodeId, number>;

/** The partitions of a volume that has another size; what they change by is added to `changes`. */
function fitVolumeTable(layout: Layout, was: VolumeDevice, now: VolumeDevice, changes: Changes): Partition[] {
  const table = tableOn(layout, was.id);
  if (!table || now.sizeBytes === was.sizeBytes) return [];
  const logicalSectorBytes = table.sectorBytes ?? 512;
  const places = fitTable(layout, { ...was, logicalSectorBytes }, { ...now, logicalSectorBytes }, {});
  return partitionsOf(layout, table.id).flatMap((partition) => {
    const place = places[partition.id];
    if (!place) return [];
    if (place.sizeBytes !== partition.sizeBytes) changes[partition.id] = place.sizeBytes - partition.sizeBytes;
    return [{ ...partition, ...place }];
  });
}

/** The nodes of a volume on what has changed, and the partitions on it. */
function fitVolume(layout: Layout, node: LayoutNode, changes: Changes): LayoutNode[] {
  const resized = volumeDriverOf(node)?.resized?.(node, changes, fitContext(layout));
  if (!resized) return [];
  Object.assign(changes, resized.changes);
  return resized.nodes.flatMap((now) => {
    const was = nodeById(layout, now.id);
    return was && isVolumeDevice(was) && isVolumeDevice(now)
      ? [now, ...fitVolumeTable(layout, was, now, changes)]
      : [now];
  });
}

/** Volumes on what has changed, each after what it is made of. */
function fitVolumes(layout: Layout, changes: Changes): Map<NodeId, LayoutNode> {
  const fitted = new Map<NodeId, LayoutNode>();
  for (const node of layout.nodes) for (const now of fitVolume(layout, node, changes)) fitted.set(now.id, now);
  return fitted;
}

/** What lies on devices that have changed, with the size that it will have. */
function fitContents(layout: Layout, changes: Changes): Map<NodeId, LayoutNode> {
  const fitted = new Map<NodeId, LayoutNode>();
  for (const device of layout.nodes) {
    const change = changes[device.id];
    const content = contentOf(layout, device.id);
    if (change === undefined || !content || !("sizeBytes" in device)) continue;
    const room = device.sizeBytes + change;
    const bytes = change > 0 ? Math.min(room, content.sizeBytes + change) : Math.min(content.sizeBytes, room);
    const resized = resizedContent(content, bytes);
    if (resized) fitted.set(content.id, resized);
  }
  return fitted;
}

/** Volumes and contents on devices that change by so many bytes. */
export function fitChanges(layout: Layout, deviceChanges: Readonly<Changes>): Map<NodeId, LayoutNode> {
  const changes = { ...deviceChanges };
  const fitted = fitVolumes(layout, changes);
  for (const [id, node] of fitContents(layout, changes)) fitted.set(id, node);
  return fitted;
}
