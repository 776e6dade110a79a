import type { PlacedImage } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";
import { type Image, type Layout, type LayoutNode, nodeById, nodesOf } from "../layout/types.ts";
import { describeDisks } from "./describe-volumes.ts";
import { readFacts } from "./read-facts.ts";

/** Whether a device here is the one that was saved: by what identifies it, not by its name. */
function isSame(then: LayoutNode, now: LayoutNode): boolean {
  const id = (node: LayoutNode) => ("uuid" in node ? node.uuid?.toLowerCase() : undefined);
  if (then.kind !== "disk" || now.kind !== "disk") return then.kind === now.kind && id(then) === id(now);
  return then.wwn === undefined ? then.serial !== undefined && then.serial === now.serial : then.wwn === now.wwn;
}

/** Where the devices of a layout's images are on this machine; one that isn't here is left out. Changes nothing. */
export async function findImages(host: Host, layout: Layout): Promise<PlacedImage[]> {
  const images = nodesOf(layout, "image");
  if (images.length === 0) return [];
  const facts = await readFacts(host, "/");
  const disks = facts.devices.filter((device) => device.parent === undefined && device.slaves.length === 0);
  const { nodes, devices } = describeDisks(facts, disks);
  return images.flatMap(({ on, entry, gaps }: Image): PlacedImage[] => {
    const then = nodeById(layout, on);
    const now = then && nodes.find((node) => isSame(then, node));
    const device = now && devices.get(now.id)?.path;
    return device === undefined ? [] : [{ entry, device, gaps }];
  });
}
