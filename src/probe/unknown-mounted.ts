import { stored } from "../base/message.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { contentOf } from "../layout/graph.ts";
import type { Layout, LayoutNode } from "../layout/types.ts";
import { nodesOf } from "../layout/types.ts";
import type { Description } from "./describe-volumes.ts";
import type { DeviceFacts } from "./facts.ts";
import { pathOf } from "./images.ts";
import type { Use } from "./uses.ts";

const STANDS_FOR: ReadonlySet<string> = new Set(["unsupported", "image"]);

/** Something mounted whose content no decoder knows is refused like a known foreign volume. */
export function unknownMounted(layout: Layout, described: Description, uses: readonly Use[]): LayoutNode[] {
  const nodeOf = new Map([...described.devices].map(([id, device]) => [device.name, id]));
  return uses.flatMap(({ device, mount }): LayoutNode[] => {
    const on = nodeOf.get(device.name);
    if (!mount) return [];
    if (on === undefined) return unmadeMounted(layout, device, mount.path);
    const known =
      contentOf(layout, on) ?? layout.nodes.find((node) => STANDS_FOR.has(node.kind) && "on" in node && node.on === on);
    if (known) return [];
    const what =
      filesystemDriver(mount.type) === undefined
        ? stored`a file system of type ${mount.type} (mounted at ${mount.path})`
        : stored`a file system of type ${mount.type} (mounted at ${mount.path}, with a superblock that is not understood)`;
    return [{ kind: "unsupported", id: `unsupported:${device.name}`, on, path: pathOf(described, on, device), what }];
  });
}

/** A mounted logical volume that isn't made again (a snapshot): its content would lack a place. */
function unmadeMounted(layout: Layout, device: DeviceFacts, path: string): LayoutNode[] {
  const group = nodesOf(layout, "volume-group").find((node) =>
    device.dmUuid?.startsWith(`LVM-${node.uuid.replaceAll("-", "")}`),
  );
  if (!group) return [];
  const what = stored`a snapshot, or another volume that is not made again (mounted at ${path})`;
  const name = device.dmName ?? device.name;
  return [{ kind: "unsupported", id: `unsupported:${device.name}`, on: group.id, path: `/dev/mapper/${name}`, what }];
}
