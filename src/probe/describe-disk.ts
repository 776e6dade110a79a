import { stored } from "../base/message.ts";
import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { parseMountinfo } from "../formats/fs/mount-tables.ts";
import type { Disk, LayoutNode, NodeId, Partition } from "../layout/types.ts";
import type { Content } from "./decode-device.ts";
import { contentNodes, contentOfDevice } from "./describe-content.ts";
import { dosNodes, gptNodes } from "./describe-tables.ts";
import type { DeviceFacts, StorageFacts } from "./facts.ts";

/** Partition types that hold no file system by their nature: BIOS boot, PReP boot, Microsoft reserved. */
const RAW_TYPES = new Set([
  "21686148-6449-6E6F-744E-656564454649",
  "9E1A2D38-C612-4316-AA26-8B49521E5A8B",
  "E3C9E316-0B5C-4DB8-817D-F92DF00215AE",
  "41",
]);

/** A disk as a layout node. */
export function diskNode(device: DeviceFacts): Disk {
  const { path, sizeBytes, logicalSectorBytes, physicalSectorBytes, model, serial, wwn, transport } = device;
  return {
    kind: "disk",
    id: `disk:${device.name}`,
    path,
    sizeBytes,
    logicalSectorBytes,
    physicalSectorBytes,
    ...(model === undefined ? {} : { model }),
    ...(serial === undefined ? {} : { serial }),
    ...(wwn === undefined ? {} : { wwn }),
    ...(transport === undefined ? {} : { transport }),
    rotational: device.rotational,
    removable: device.removable,
  };
}

/** Whether a partition's content means anything to us. */
export function isLookedInto(partition: Partition, excluded: ReadonlySet<string>): boolean {
  return partition.role !== "extended" && !RAW_TYPES.has(partition.type) && !excluded.has(partition.path);
}

function partitionNodes(
  facts: StorageFacts,
  disk: DeviceFacts,
  partition: Partition,
  excluded: ReadonlySet<string>,
): LayoutNode[] {
  const device = facts.devices.find((d) => d.parent === disk.name && d.partition === partition.number);
  if (!device || !isLookedInto(partition, excluded)) return [partition];
  const place = { on: partition.id, name: device.name, path: device.path };
  return [partition, ...contentNodes(facts, device, contentOfDevice(facts, device), place)];
}

/** The table on a disk or an array, and what is in its partitions. */
export function tableNodes(
  facts: StorageFacts,
  disk: DeviceFacts,
  on: NodeId,
  content: Extract<Content, { kind: "gpt" | "dos" }>,
  excluded: ReadonlySet<string>,
): LayoutNode[] {
  const [table, ...partitions] =
    content.kind === "gpt"
      ? gptNodes(facts, disk, on, content.table, content.mbr)
      : dosNodes(facts, disk, on, content.table);
  const inside = partitions.flatMap((partition) => partitionNodes(facts, disk, partition, excluded));
  const text = stored`${disk.path} has a hybrid MBR: a restore makes a plain one, and what starts by its further entries will not`;
  const hybrid: LayoutNode[] =
    content.kind === "gpt" && content.mbr.hybrid ? [{ kind: "note", id: `note:hybrid:${disk.name}`, text }] : [];
  return [table, ...inside, ...hybrid];
}

/**
 * A mounted file system on a device that must not be read (some containers): all that is known is what mountinfo says.
 */
function assumedFilesystem(facts: StorageFacts, device: DeviceFacts, on: NodeId): LayoutNode[] | undefined {
  const line = parseMountinfo(facts.mountinfo).find((mount) => mount.devno === device.devno && mount.root === "/");
  if (device.unreadable === undefined || !line || !filesystemDriver(line.type)) return undefined;
  const text = stored`${device.path} can't be read (${device.unreadable}): its UUID, label and features are unknown, a restore makes it with the defaults`;
  const { name, sizeBytes } = device;
  return [
    { kind: "filesystem", id: `fs:${name}`, on, type: line.type, sizeBytes, details: { assumed: true } },
    { kind: "note", id: `note:assumed:${name}`, text },
  ];
}

/** A disk with everything on it, whether it is used or not. */
export function describeDisk(
  facts: StorageFacts,
  disk: DeviceFacts,
  excluded: ReadonlySet<string> = new Set(),
): LayoutNode[] {
  const node = diskNode(disk);
  const assumed = assumedFilesystem(facts, disk, node.id);
  if (assumed) return [node, ...assumed];
  if (excluded.has(disk.path)) return [node];
  const content = contentOfDevice(facts, disk);
  // A disk that carries a table and is held whole is a path of a multipath device.
  if ((content.kind !== "gpt" && content.kind !== "dos") || disk.holders.length > 0) {
    return [node, ...contentNodes(facts, disk, content, { on: node.id, name: disk.name, path: disk.path })];
  }
  return [node, ...tableNodes(facts, disk, node.id, content, excluded)];
}
