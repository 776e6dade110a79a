import type { Host } from "../../host/host.ts";
import { type Layout, nodeById } from "../../layout/types.ts";
import { describeMachine } from "../../probe/describe-volumes.ts";
import type { DeviceFacts, StorageFacts } from "../../probe/facts.ts";
import { placeOf } from "./device-place.ts";
import { encodeName, idTags, pathTag } from "./link-names.ts";

/** Names by what lies on a device. */
function contentNames(layout: Layout): [name: string, device: string][] {
  const pathOf = (id: string) => {
    const node = nodeById(layout, id);
    return node && "path" in node ? node.path : undefined;
  };
  return layout.nodes.flatMap((node): [string, string][] => {
    if (node.kind === "partition") {
      const label = node.name === undefined || node.name === "" ? [] : [`by-partlabel/${encodeName(node.name)}`];
      return [`by-partuuid/${node.uuid.toLowerCase()}`, ...label].map((name) => [name, node.path]);
    }
    if (node.kind !== "filesystem" && node.kind !== "swap") return [];
    const device = pathOf(node.on);
    const names = [
      ...(node.uuid ? [`by-uuid/${encodeName(node.uuid)}`] : []),
      ...(node.label ? [`by-label/${encodeName(node.label)}`] : []),
    ];
    return device === undefined ? [] : names.map((name) => [name, device]);
  });
}

/** Names by the identity of a disk and its slot; its partitions have the same with their number. */
function deviceNames(host: Host, devices: readonly DeviceFacts[]): [name: string, device: string][] {
  return devices.flatMap((disk): [string, string][] => {
    if (disk.parent !== undefined || disk.sizeBytes === 0) return [];
    const place = placeOf(host, disk.name);
    const path = pathTag(place);
    const tags = [
      ...idTags(disk, place).map((tag) => `by-id/${tag}`),
      ...(path === undefined ? [] : [`by-path/${path}`]),
    ];
    const parts = devices.filter(({ parent }) => parent === disk.name);
    return tags.flatMap((tag): [string, string][] => [
      [tag, disk.path],
      ...parts.map((part): [string, string] => [`${tag}-part${part.partition}`, part.path]),
    ]);
  });
}

/**
 * The links that belong below /dev/disk, and their targets. If two devices have the same name (a copied disk), the
 * first wins.
 */
export function wantedLinks(host: Host, facts: StorageFacts): ReadonlyMap<string, string> {
  const layout: Layout = { version: 1, nodes: describeMachine(facts).nodes };
  const all = [...contentNames(layout), ...deviceNames(host, facts.devices)];
  return new Map(all.reverse());
}
