import { volumeDriverOf, volumeDrivers } from "../drivers/volume/volume-drivers.ts";
import type { VolumeRestore } from "../drivers/volume-contract.ts";
import type { Action } from "../effects/effect.ts";
import { groupOf, volumeDevices } from "../layout/graph.ts";
import type { Layout, NodeId } from "../layout/types.ts";
import type { PlannedVolume } from "./restore-plan.ts";
import { arrayTableActions } from "./table-actions.ts";

/** Makes every volume in the order of the layout's nodes: each after what it is made of. */
export function volumeActions(layout: Layout, devices: Readonly<Record<NodeId, string>>): Action[] {
  return layout.nodes.flatMap((node): Action[] => {
    const driver = volumeDriverOf(node);
    if (!driver) return [];
    const make = { id: `make:${node.id}`, node: node.id, destroys: [], ...driver.make(node, layout, devices) };
    return [make, ...arrayTableActions(layout, node, devices)];
  });
}

/** The devices that these actions make. */
export function plannedVolumes(layout: Layout): PlannedVolume[] {
  return volumeDevices(layout).map((node): PlannedVolume => {
    const group = groupOf(layout, node);
    return { path: node.path, ...(group ? { group: group.name } : {}) };
  });
}

/** What the volumes need when all files are back, kind by kind. */
export function volumeCompletions(restore: VolumeRestore): Action[] {
  return volumeDrivers.flatMap((driver) => {
    const nodes = restore.layout.nodes.filter(({ kind }) => kind === driver.kind);
    return driver.complete?.(nodes, restore) ?? [];
  });
}

/** What of the volumes will not be as it was. */
export function volumeWarnings(layout: Layout): string[] {
  return layout.nodes.flatMap((node) => volumeDriverOf(node)?.warnings?.(node, layout) ?? []);
}
