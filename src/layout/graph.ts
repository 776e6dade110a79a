import type {
  Disk,
  Filesystem,
  Layout,
  LayoutNode,
  LogicalVolume,
  Luks,
  Mount,
  NodeId,
  Partition,
  PartitionTable,
  Raid,
  Swap,
  VolumeGroup,
} from "./types.ts";
import { nodeById, nodesOf } from "./types.ts";

/** The node that a node lies on; undefined for disks and for what lies on nothing. */
export function parentOf(layout: Layout, node: LayoutNode): LayoutNode | undefined {
  if (node.kind === "partition") return nodeById(layout, node.table);
  if (node.kind === "mount" || node.kind === "subvolume") return nodeById(layout, node.of);
  const lying = ["table", "filesystem", "swap", "image", "unsupported"];
  return lying.includes(node.kind) && "on" in node ? nodeById(layout, node.on as NodeId) : undefined;
}

/** The nodes that a volume, or a file system of several devices, is made of; none for everything else. */
export function membersOf(layout: Layout, node: LayoutNode): LayoutNode[] {
  if (node.kind === "filesystem") return (node.alsoOn ?? []).flatMap(({ on }) => nodeById(layout, on) ?? []);
  if (node.kind === "logical-volume") return [nodeById(layout, node.group) ?? []].flat();
  if (node.kind === "luks") return [nodeById(layout, node.on) ?? []].flat();
  if (node.kind !== "raid" && node.kind !== "volume-group") return [];
  return node.members.flatMap((member) => nodeById(layout, member.on) ?? []);
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

/** The volume that a device is a member of. */
export function volumeOn(layout: Layout, device: NodeId): Raid | VolumeGroup | undefined {
  return [...nodesOf(layout, "raid"), ...nodesOf(layout, "volume-group")].find((volume) =>
    volume.members.some((member) => member.on === device),
  );
}

/** A device that a restore makes itself. */
export type VolumeDevice = Raid | LogicalVolume | Luks;

/** Whether a node is a volume that can hold something. */
export function isVolumeDevice(node: LayoutNode): node is VolumeDevice {
  return node.kind === "raid" || node.kind === "logical-volume" || node.kind === "luks";
}

/** The devices that a restore makes itself: arrays, logical and encrypted volumes, each after what it is made of. */
export function volumeDevices(layout: Layout): VolumeDevice[] {
  return layout.nodes.filter(isVolumeDevice);
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
  return nodesOf(layout, "table").find((table) => table.on === device);
}

/** Versions of md's superblock that leave the start of a member to the array's data. */
const AT_THE_END = new Set(["0.90", "1.0"]);

/** The table that firmware finds on a disk: its own, or that of an array which the disk mirrors from the first byte. */
export function tableSeenOn(layout: Layout, disk: NodeId): PartitionTable | undefined {
  const mirror = nodesOf(layout, "raid").find(
    ({ level, metadata, members }) =>
      level === "raid1" && AT_THE_END.has(metadata) && members.some((member) => member.on === disk),
  );
  return tableOn(layout, disk) ?? (mirror && tableOn(layout, mirror.id));
}

/** The partitions of a table by number. */
export function partitionsOf(layout: Layout, table: NodeId): Partition[] {
  return nodesOf(layout, "partition")
    .filter((partition) => partition.table === table)
    .sort((a, b) => a.number - b.number);
}

/** Whether a file system lies on a device, alone or with others. */
export function isOn(fs: Filesystem, device: NodeId): boolean {
  return fs.on === device || (fs.alsoOn ?? []).some((other) => other.on === device);
}

/** Bytes that a content takes on one of the devices that it lies on. */
export function bytesOn(content: Filesystem | Swap, device: NodeId): number {
  const others = content.kind === "filesystem" ? (content.alsoOn ?? []) : [];
  const share = others.find((other) => other.on === device);
  return share ? share.sizeBytes : content.sizeBytes - others.reduce((sum, other) => sum + other.sizeBytes, 0);
}

/** The file system or swap area that lies directly on a device. */
export function contentOf(layout: Layout, device: NodeId): Filesystem | Swap | undefined {
  return (
    nodesOf(layout, "filesystem").find((fs) => isOn(fs, device)) ??
    nodesOf(layout, "swap").find((swap) => swap.on === device)
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
