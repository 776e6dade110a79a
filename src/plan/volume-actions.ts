import { volumeDrivers } from "../drivers/volume/list.ts";
import { volumeDevices } from "../layout/graph.ts";
import { type Layout, type NodeId, nodeById } from "../layout/types.ts";
import type { Action, PlannedVolume } from "./types.ts";

/** Makes every array and volume group, each after what it is made of: the order of the layout's nodes. */
export function volumeActions(layout: Layout, devices: Readonly<Record<NodeId, string>>): Action[] {
  return layout.nodes.flatMap((node): Action[] => {
    const driver = volumeDrivers.find((one) => one.kind === node.kind);
    if (!driver) return [];
    return [{ id: `make:${node.id}`, node: node.id, destroys: [], ...driver.make(node, layout, devices) }];
  });
}

/** The devices that come into being so. */
export function plannedVolumes(layout: Layout): PlannedVolume[] {
  return volumeDevices(layout).map((node): PlannedVolume => {
    const group = node.kind === "logical-volume" ? nodeById(layout, node.group) : undefined;
    return { path: node.path, ...(group?.kind === "volume-group" ? { group: group.name } : {}) };
  });
}
