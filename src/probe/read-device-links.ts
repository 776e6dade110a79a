import type { Host } from "../host/host.ts";
import { deviceNamesIn } from "../layout/device-names.ts";
import { isBareDevice } from "../layout/graph.ts";
import type { DeviceNames, Layout, NodeId } from "../layout/types.ts";
import type { Facts } from "./facts.ts";

/** Links of udev that are made of serial numbers and slots, and are different on another machine. */
const DIRECTORIES = ["/dev/disk/by-id", "/dev/disk/by-path"];

/** Such links by the device that they lead to. */
export function readDeviceLinks(host: Host): Map<string, string[]> {
  const links = new Map<string, string[]>();
  for (const path of DIRECTORIES.flatMap((directory) => host.list(directory).map((name) => `${directory}/${name}`))) {
    const device = host.readLink(path)?.split("/").pop();
    if (device !== undefined) links.set(device, [...(links.get(device) ?? []), path]);
  }
  return links;
}

/**
 * Where control files name disks and partitions of the layout by such links or by the kernel's names; no node when none
 * does.
 */
export function deviceNamesNodes(facts: Facts, layout: Layout): DeviceNames[] {
  const nodes = new Map<string, NodeId>();
  for (const node of layout.nodes) {
    if (!isBareDevice(node)) continue;
    const device = facts.devices.find(({ path }) => path === node.path);
    for (const name of [node.path, ...(device?.links ?? [])]) nodes.set(name, node.id);
  }
  const texts = Object.entries({ "/etc/fstab": facts.fstab, ...facts.texts });
  const uses = texts.flatMap(([file, text]) =>
    deviceNamesIn(text).flatMap((name) => {
      const node = nodes.get(name);
      return node === undefined ? [] : [{ file, name, node }];
    }),
  );
  return uses.length === 0 ? [] : [{ kind: "device-names", id: "device-names", uses }];
}
