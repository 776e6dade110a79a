import { isBareDevice, volumeDevices } from "./graph.ts";
import { kindOf } from "./kinds.ts";
import type { Layout, NodeId } from "./types.ts";

/** Device files of the volumes, by all their names. */
export function volumeNames(layout: Layout): string[] {
  return volumeDevices(layout).flatMap((volume) => [volume.path, ...(kindOf(volume).aliases?.(volume) ?? [])]);
}

/** A way to name a device as it is compared: without quotes, in lower case. */
const plain = (spec: string) => spec.replaceAll('"', "").toLowerCase();

/**
 * Every way in which fstab, crypttab or a kernel's command line may name a device of the layout: tags, their paths in
 * /dev/disk, device files.
 */
export function knownSpecs(layout: Layout): Set<string> {
  const bare = layout.nodes.filter(isBareDevice).map(({ path }) => path);
  const tagged = layout.nodes.flatMap((node) => Object.entries<string | undefined>(kindOf(node).tags?.(node) ?? {}));
  const tags = tagged.flatMap(([tag, value]) =>
    value === undefined ? [] : [`${tag}=${value}`, `/dev/disk/by-${tag}/${value}`],
  );
  return new Set([...volumeNames(layout), ...bare, ...tags].map(plain));
}

/** The layout with the names that its devices have on the machine it was restored to. */
export function placedLayout(layout: Layout, devices: Readonly<Record<NodeId, string>>): Layout {
  const nodes = layout.nodes.map((node) => {
    const path = devices[node.id];
    return isBareDevice(node) && path !== undefined ? { ...node, path } : node;
  });
  return { version: 1, nodes };
}

const TAG = /^(UUID|LABEL|PARTUUID|PARTLABEL)=|^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\//i;

/**
 * Tells whether a name leads to a device. Wrong are tags that nothing has, volumes of `wanted` that are not in `known`,
 * and names that should have been replaced. All others pass: network shares, and names that udev's rules make up.
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
