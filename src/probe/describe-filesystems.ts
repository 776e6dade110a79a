import { stored } from "../base/message.ts";
import type { FilesystemFacts } from "../drivers/contracts.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import type { Filesystem, LayoutNode, NodeId, Subvolume, Unsupported } from "../layout/types.ts";
import { contentOfDevice } from "./describe-content.ts";
import type { DeviceFacts, StorageFacts } from "./facts.ts";

type Spread = NonNullable<FilesystemFacts["spread"]>;

/** Which part of a file system on several devices a device holds. */
export function spreadOf(facts: StorageFacts, device: DeviceFacts): { key: string; spread: Spread } | undefined {
  const content = device.sizeBytes === 0 ? undefined : contentOfDevice(facts, device);
  if (content?.kind !== "filesystem" || content.facts.spread === undefined) return undefined;
  return { key: `${content.type}:${content.facts.uuid}`, spread: content.facts.spread };
}

/**
 * One node in place of several that are parts of one file system, where the last of them stood; refused when a part is
 * missing.
 */
function joined(parts: readonly { readonly fs: Filesystem; readonly spread: Spread }[]): LayoutNode[] {
  const sorted = [...parts].sort((a, b) => a.spread.index - b.spread.index);
  const [first, ...rest] = sorted;
  if (!first) return [];
  const { fs, spread } = first;
  if (new Set(sorted.map((part) => part.spread.index)).size === spread.devices && sorted.length === spread.devices) {
    return [{ ...fs, alsoOn: rest.map((part) => ({ on: part.fs.on, sizeBytes: part.spread.sizeBytes })) }];
  }
  const what = stored`a part of a file system (${fs.type}, UUID ${fs.uuid}) of ${spread.devices} devices, of which ${sorted.length} are there`;
  const path = `/dev/${fs.id.slice(fs.id.indexOf(":") + 1)}`;
  const node: Unsupported = { kind: "unsupported", id: `unsupported:${fs.id}`, on: fs.on, path, what };
  return [node];
}

/** File systems on several devices become one node each. */
export function joinFilesystems(
  facts: StorageFacts,
  nodes: readonly LayoutNode[],
  devices: ReadonlyMap<NodeId, DeviceFacts>,
): LayoutNode[] {
  const groups = new Map<string, { fs: Filesystem; spread: Spread }[]>();
  const keys = new Map<NodeId, string>();
  for (const node of nodes) {
    const device = node.kind === "filesystem" ? devices.get(node.on) : undefined;
    const found = device && spreadOf(facts, device);
    if (node.kind !== "filesystem" || !found) continue;
    keys.set(node.id, found.key);
    groups.set(found.key, [...(groups.get(found.key) ?? []), { fs: node, spread: found.spread }]);
  }
  return nodes.flatMap((node) => {
    const group = groups.get(keys.get(node.id) ?? "");
    if (!group) return [node];
    return group.at(-1)?.fs === node ? joined(group) : [];
  });
}

/** Adds what only the running kernel knew of the file systems that are mounted. */
export function withMounted(facts: StorageFacts, nodes: readonly LayoutNode[]): LayoutNode[] {
  return nodes.flatMap((node): LayoutNode[] => {
    const mounted = node.kind === "filesystem" ? facts.mounted?.find((one) => one.uuid === node.uuid) : undefined;
    const describe = node.kind === "filesystem" ? filesystemDriver(node.type)?.describeMounted : undefined;
    if (node.kind !== "filesystem" || !mounted || !describe) return [node];
    const { details, subvolumes } = describe(mounted);
    const name = node.id.slice(node.id.indexOf(":") + 1);
    const found = subvolumes.map(
      (one): Subvolume => ({ kind: "subvolume", id: `subvolume:${name}:${one.number}`, of: node.id, ...one }),
    );
    return [{ ...node, details: { ...node.details, ...details } }, ...found];
  });
}
