import type { PlacedImage } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";
import { type Image, type Layout, type LayoutNode, nodeById, nodesOf } from "../layout/types.ts";
import { type Description, describeMachine } from "./describe-volumes.ts";
import { readDevices } from "./read-devices.ts";

/** Whether a device here is the one that was saved. Its identifiers decide, not its name. */
function isSame(then: LayoutNode, now: LayoutNode): boolean {
  const id = (node: LayoutNode) => ("uuid" in node ? node.uuid?.toLowerCase() : undefined);
  if (then.kind !== "disk" || now.kind !== "disk") return then.kind === now.kind && id(then) === id(now);
  return then.wwn === undefined ? then.serial !== undefined && then.serial === now.serial : then.wwn === now.wwn;
}

/** Where the devices of a layout's images are on a machine that was read; one that isn't there is left out. */
export function placeImages({ nodes, devices }: Description, layout: Layout): PlacedImage[] {
  return nodesOf(layout, "image").flatMap(({ on, entry, gaps }: Image): PlacedImage[] => {
    const then = nodeById(layout, on);
    const now = then && nodes.find((node) => isSame(then, node));
    const device = now && devices.get(now.id)?.path;
    return device === undefined ? [] : [{ entry, device, gaps }];
  });
}

/** Where the devices of a layout's images are on this machine (`placeImages`). Changes nothing. */
export async function findImages(host: Host, layout: Layout): Promise<PlacedImage[]> {
  if (nodesOf(layout, "image").length === 0) return [];
  return placeImages(describeMachine(await readDevices(host)), layout);
}
