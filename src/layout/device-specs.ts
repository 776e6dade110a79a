import { isVolumeDevice, volumeDevices } from "./graph.ts";
import { mappedPath } from "./mapped-path.ts";
import type { Layout, NodeId } from "./types.ts";

/** Names of the volumes: `/dev/GROUP/NAME`, and as device mapper writes it with every hyphen doubled. */
export function volumeNames(layout: Layout): string[] {
  return volumeDevices(layout).flatMap((volume) => {
    const [, , group = "", name = ""] = volume.path.split("/");
    return volume.kind !== "logical-volume" ? [volume.path] : [volume.path, mappedPath(group, name)];
  });
}

/** A way to name a device as it is compared: without quotes, in lower case. */
const plain = (spec: string) => spec.replaceAll('"', "").toLowerCase();

/** Every way in which fstab, crypttab or a kernel's command line may name a device of the layout: tags, their paths in /dev/disk, device files. */
export function knownSpecs(layout: Layout): Set<string> {
  const known = new Set(volumeNames(layout).map(plain));
  const add = (tag: string, value: string | undefined) => {
    if (value === undefined) return;
    known.add(plain(`${tag}=${value}`));
    known.add(plain(`/dev/disk/by-${tag}/${value}`));
  };
  for (const node of layout.nodes) {
    if (node.kind === "disk" || node.kind === "partition" || isVolumeDevice(node)) known.add(plain(node.path));
    if (node.kind === "filesystem" || node.kind === "swap" || node.kind === "luks") {
      add("uuid", node.uuid);
      add("label", node.label);
    }
    if (node.kind === "image") add("uuid", node.uuid);
    if (node.kind === "partition") {
      add("partuuid", node.uuid);
      add("partlabel", node.name);
    }
  }
  return known;
}

/** The layout with its devices called as they are on the machine that they were restored to. */
export function placedLayout(layout: Layout, devices: Readonly<Record<NodeId, string>>): Layout {
  const nodes = layout.nodes.map((node) => {
    const path = devices[node.id];
    return (node.kind === "disk" || node.kind === "partition") && path !== undefined ? { ...node, path } : node;
  });
  return { version: 1, nodes };
}

const TAG = /^(UUID|LABEL|PARTUUID|PARTLABEL)=|^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\//i;

/**
 * Looks whether a name leads to a device: wrong are tags that nothing has, volumes of `wanted` that are not in `known`, and names
 * that were to be replaced. Of others (network, names made up by udev's rules) nothing can be told.
 */
export function specChecker(
  wanted: Layout,
  known: ReadonlySet<string>,
  replaced: Readonly<Record<string, string>>,
): (spec: string) => boolean {
  const volumes = new Set(volumeNames(wanted).map(plain));
  return (spec) => {
    const name = plain(spec);
    if (replaced[spec.replaceAll('"', "")] !== undefined) return false;
    // udev writes blanks of a label as \x20.
    if (name.includes("\\x") || !(TAG.test(name) || volumes.has(name))) return true;
    return known.has(name);
  };
}
