import { kindOf } from "./kinds.ts";
import { nodesOn } from "./nodes-on.ts";
import type {
  Disk,
  Filesystem,
  Layout,
  LayoutNode,
  Mount,
  NodeId,
  Partition,
  PartitionTable,
  Swap,
  Volume,
  VolumeDevice,
  VolumeGroup,
} from "./types.ts";
import { nodeById, nodesOf } from "./types.ts";

/** The node that a node lies on; undefined for disks and for what lies on nothing. */
export function parentOf(layout: Layout, node: LayoutNode): LayoutNode | undefined {
  const id = kindOf(node).on?.(node);
  return id === undefined ? undefined : nodeById(layout, id);
}

/** The nodes that a volume is made of, or the further devices of a file system; none for everything else. */
export function membersOf(layout: Layout, node: LayoutNode): LayoutNode[] {
  return (kindOf(node).madeOf?.(node) ?? []).flatMap((id) => nodeById(layout, id) ?? []);
}

/** Whether a node lies directly on another, alone or with further nodes. */
export function liesOn(node: LayoutNode, id: NodeId): boolean {
  const { on, madeOf } = kindOf(node);
  return on?.(node) === id || (madeOf?.(node).includes(id) ?? false);
}

/** Everything that a node lies on, itself included, through volumes. */
export function nodesBelow(layout: Layout, id: NodeId): LayoutNode[] {
  const found = new Map<NodeId, LayoutNode>();
  const visit = (node: LayoutNode | undefined, depth: number) => {
    if (!node || depth > 16) return;
    found.set(node.id, node);
    visit(parentOf(layout, node), depth + 1);
    for (const member of membersOf(layout, node)) visit(member, depth + 1);
  };
  visit(nodeById(layout, id), 0);
  return [...found.values()];
}

/** All disks below a node, through volumes. */
export function disksOf(layout: Layout, id: NodeId): Disk[] {
  return nodesBelow(layout, id).filter((node): node is Disk => node.kind === "disk");
}

/** Whether a node is a volume that can hold something. */
export function isVolumeDevice(node: LayoutNode): node is VolumeDevice {
  return kindOf(node).role === "volume";
}

/** Whether a node is a volume or a group of them. */
export function isVolume(node: LayoutNode): node is Volume {
  const { role } = kindOf(node);
  return role === "volume" || role === "group";
}

/** Whether a node is a disk or a partition: a device that another machine may call something else. */
export function isBareDevice(node: LayoutNode): node is Disk | Partition {
  const { role } = kindOf(node);
  return role === "disk" || role === "partition";
}

/** The volume or group that a device is a part of. */
export function volumeOn(layout: Layout, device: NodeId): Volume | undefined {
  return nodesOn(layout, device).find(isVolume);
}

/** The devices that a restore makes of others, each after what it is made of. */
export function volumeDevices(layout: Layout): VolumeDevice[] {
  return layout.nodes.filter(isVolumeDevice);
}

/** The volumes and groups, each after what it is made of. */
export function volumesOf(layout: Layout): Volume[] {
  return layout.nodes.filter(isVolume);
}

/** The group that a volume is made of, if it is made of one. */
export function groupOf(layout: Layout, volume: Volume): VolumeGroup | undefined {
  return membersOf(layout, volume).find((node): node is VolumeGroup => kindOf(node).role === "group");
}

/** What a sentence calls a node: its path, where it has one. */
export function calledOf(node: LayoutNode): string {
  return kindOf(node).called?.(node) ?? ("path" in node ? node.path : node.id);
}

/** The disk below a node, as far as that is a single one without volumes between. */
export function diskOf(layout: Layout, id: NodeId): Disk | undefined {
  let node = nodeById(layout, id);
  for (let depth = 0; node && depth < 16; depth++) {
    if (node.kind === "disk") return node;
    node = parentOf(layout, node);
  }
  return undefined;
}

/** The partition table on a disk or an array. */
export function tableOn(layout: Layout, device: NodeId): PartitionTable | undefined {
  return nodesOn(layout, device).find((node): node is PartitionTable => node.kind === "table");
}

/** The table that firmware finds on a disk: its own, or that of an array which the disk mirrors from the first byte. */
export function tableSeenOn(layout: Layout, disk: NodeId): PartitionTable | undefined {
  const mirror = nodesOn(layout, disk).find((node) => kindOf(node).isMirrorFromStart?.(node));
  return tableOn(layout, disk) ?? (mirror && tableOn(layout, mirror.id));
}

/** The partitions of a table by number. */
export function partitionsOf(layout: Layout, table: NodeId): Partition[] {
  return nodesOn(layout, table)
    .filter((node): node is Partition => node.kind === "partition")
    .sort((a, b) => a.number - b.number);
}

/** Bytes that a content takes on one of the devices that it lies on. */
export function bytesOn(content: Filesystem | Swap, device: NodeId): number {
  const others = content.kind === "filesystem" ? (content.alsoOn ?? []) : [];
  const share = others.find((other) => other.on === device);
  return share ? share.sizeBytes : content.sizeBytes - others.reduce((sum, other) => sum + other.sizeBytes, 0);
}

/** The file system or swap area that lies directly on a device. */
export function contentOf(layout: Layout, device: NodeId): Filesystem | Swap | undefined {
  const above = nodesOn(layout, device);
  return (
    above.find((node): node is Filesystem => node.kind === "filesystem") ??
    above.find((node): node is Swap => node.kind === "swap")
  );
}

/** Mounts with parents before children. */
export function mountsInOrder(layout: Layout): Mount[] {
  const depth = (path: string) => (path === "/" ? 0 : path.split("/").length);
  return nodesOf(layout, "mount").sort((a, b) => depth(a.path) - depth(b.path) || (a.path < b.path ? -1 : 1));
}

/** The mount that holds a path, and the rest of the path below it. */
export function mountHolding(layout: Layout, path: string): { mount: Mount; rest: string } | undefined {
  const below = (mount: Mount) => mount.path === "/" || path === mount.path || path.startsWith(`${mount.path}/`);
  const mount = mountsInOrder(layout).filter(below).at(-1);
  return mount && { mount, rest: mount.path === "/" ? path : path.slice(mount.path.length) || "/" };
}

/** Name of a partition's device: the kernel puts a `p` after a disk name that ends in a digit. */
export function partitionPath(diskPath: string, number: number): string {
  return /\d$/.test(diskPath) ? `${diskPath}p${number}` : `${diskPath}${number}`;
}

/** Whether a device is a partition of another, by their names. */
export function isPartitionPath(diskPath: string, path: string): boolean {
  const number = Number(/\d+$/.exec(path.slice(diskPath.length))?.[0]);
  return path.startsWith(diskPath) && path === partitionPath(diskPath, number);
}
