import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { parseMountinfo } from "../formats/fs/mount-tables.ts";
import { parseCrypttab } from "../formats/storage/crypttab.ts";
import type { Gpt } from "../formats/storage/gpt.ts";
import { gptAttributesText } from "../formats/storage/gpt.ts";
import type { Mbr, ProtectiveMbr } from "../formats/storage/mbr.ts";
import { partitionPath } from "../layout/graph.ts";
import type { Disk, Filesystem, LayoutNode, NodeId, Partition, PartitionTable } from "../layout/types.ts";
import { type Content, decodeAdopted, decodeContent } from "./decode-device.ts";
import { type DeviceFacts, isHeldByArray, replay, type StorageFacts } from "./facts.ts";

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

/** Name of a partition's device: what the kernel gave it, where it knows it (multipath has names of its own). */
function pathOf(facts: StorageFacts, disk: DeviceFacts, number: number): string {
  const known = facts.devices.find((device) => device.parent === disk.name && device.partition === number);
  return known?.path ?? partitionPath(disk.path, number);
}

function gptNodes(
  facts: StorageFacts,
  disk: DeviceFacts,
  on: NodeId,
  table: Gpt,
  mbr: ProtectiveMbr,
): [PartitionTable, ...Partition[]] {
  const sector = disk.logicalSectorBytes;
  const id = `table:${disk.name}`;
  const partitions = table.entries.map((entry): Partition => {
    const path = pathOf(facts, disk, entry.number);
    const attributes = gptAttributesText(entry.attributes);
    return {
      kind: "partition",
      id: `part:${path.slice("/dev/".length)}`,
      table: id,
      path,
      number: entry.number,
      startBytes: entry.firstSector * sector,
      sizeBytes: (entry.lastSector - entry.firstSector + 1) * sector,
      type: entry.typeGuid,
      uuid: entry.guid,
      ...(entry.name === "" ? {} : { name: entry.name }),
      ...(attributes === "" ? {} : { attributes }),
      role: "primary",
    };
  });
  const head: PartitionTable = {
    kind: "table",
    id,
    on,
    scheme: "gpt",
    uuid: table.diskGuid,
    entries: table.entryCount,
    firstUsableSector: table.firstUsableSector,
    lastUsableSector: table.lastUsableSector,
    ...(mbr.active ? { protectiveActive: true } : {}),
  };
  return [head, ...partitions];
}

function dosNodes(facts: StorageFacts, disk: DeviceFacts, on: NodeId, table: Mbr): [PartitionTable, ...Partition[]] {
  const sector = disk.logicalSectorBytes;
  const id = `table:${disk.name}`;
  const signature = table.signature.toString(16).padStart(8, "0");
  const partitions = table.entries.map((entry): Partition => {
    const path = pathOf(facts, disk, entry.number);
    return {
      kind: "partition",
      id: `part:${path.slice("/dev/".length)}`,
      table: id,
      path,
      number: entry.number,
      startBytes: entry.startSector * sector,
      sizeBytes: entry.sectors * sector,
      type: entry.type.toString(16),
      uuid: `${signature}-${entry.number.toString(16).padStart(2, "0")}`,
      ...(entry.bootable ? { bootable: true } : {}),
      role: entry.role,
    };
  });
  return [{ kind: "table", id, on, scheme: "dos", uuid: `0x${signature}` }, ...partitions];
}

/** Where a content lies: the node, and what it is called in identifiers and to people. */
export interface Place {
  readonly on: NodeId;
  readonly name: string;
  readonly path: string;
}

/** What a device without a signature holds, if the volume that the kernel made of it shows that. */
function heldBy(facts: StorageFacts, device: DeviceFacts): string | undefined {
  const holder = facts.devices.find((other) => device.holders.includes(other.name));
  if (/^CRYPT-LUKS\d-/.test(holder?.dmUuid ?? ""))
    return `the data of the LUKS volume ${holder?.dmName}, whose header lies elsewhere`;
  return holder?.dmUuid?.startsWith("CRYPT-PLAIN-") ? `${holder.dmName}, encrypted without a header` : undefined;
}

/** Name of the volume with a random key that crypttab makes of a device at each start: encrypted swap, as a rule. */
function renewedName(facts: StorageFacts, device: DeviceFacts): string | undefined {
  const holder = facts.devices.find((other) => device.holders.includes(other.name));
  if (!holder?.dmUuid?.startsWith("CRYPT-PLAIN-")) return undefined;
  const entries = parseCrypttab(facts.texts?.["/etc/crypttab"] ?? "");
  return entries.find(({ name, key }) => name === holder.dmName && /^\/dev\/(u?random|hwrng|hw_random)$/.test(key))
    ?.name;
}

/** A mounted one is described by its mount. */
function unknownNodes(facts: StorageFacts, device: DeviceFacts, { on, name, path }: Place): LayoutNode[] {
  if (parseMountinfo(facts.mountinfo).some((mount) => mount.devno === device.devno)) return [];
  return [
    { kind: "unsupported", id: `unsupported:${name}`, on, path, what: "something that this version doesn't know" },
  ];
}

/** What lies on a device as nodes; none for members of volumes, which make up a node together. */
export function contentNodes(facts: StorageFacts, device: DeviceFacts, content: Content, place: Place): LayoutNode[] {
  const { on, name, path } = place;
  if (content.kind === "member") return [];
  const renewed = renewedName(facts, device);
  if (renewed !== undefined) {
    const text = `${path} gets a new key at each start (${renewed} in crypttab): it is empty after a restore, as after each start`;
    // What is before the `offset` of the volume gives the device its UUID or label.
    return [{ kind: "note", id: `note:renewed:${name}`, text }, ...signatureNodes(facts, content, place)];
  }
  if (content.kind !== "foreign" && device.holders.length > 0) {
    const what = heldBy(facts, device) ?? `something that ${device.holders.join(" and ")} is made of`;
    return [{ kind: "unsupported", id: `unsupported:${name}`, on, path, what }];
  }
  if (content.kind === "spare") {
    const text = `${path} is ${content.what}: it holds nothing, and a restore does not make it again`;
    return [{ kind: "note", id: `note:spare:${name}`, text }];
  }
  if (content.kind === "unknown") return unknownNodes(facts, device, place);
  if (content.kind === "foreign" || content.kind === "damaged") {
    return [{ kind: "unsupported", id: `unsupported:${name}`, on, path, what: content.what }];
  }
  return signatureNodes(facts, content, place);
}

/** A swap area or a file system as a node. */
function signatureNodes(facts: StorageFacts, content: Content, { on, name }: Place): LayoutNode[] {
  if (content.kind === "swap") {
    return [{ kind: "swap", id: `swap:${name}`, on, ...content.swap, active: false }];
  }
  if (content.kind !== "filesystem") return [];
  const { type: _, usedBytes: __, details, ...plain } = content.facts;
  const tool = facts.toolVersions?.[filesystemDriver(content.type)?.toolVersion?.[0] ?? ""];
  const own = tool === undefined ? details : { ...details, toolVersion: tool };
  const fs: Filesystem = { kind: "filesystem", id: `fs:${name}`, on, type: content.type, ...plain, details: own };
  return [fs];
}

/** What a device is by what other devices say of it. */
function adopted(facts: StorageFacts, device: DeviceFacts): Content | undefined {
  return decodeAdopted(replay(device.reads), (type) =>
    facts.devices.flatMap((other) => {
      const content = other === device || other.unreadable !== undefined ? undefined : ownContent(facts, other);
      return content?.kind === "member" && content.type === type ? [content.member] : [];
    }),
  );
}

/** What lies on a device, decoded from what was recorded. */
export function contentOfDevice(facts: StorageFacts, device: DeviceFacts): Content {
  const content = ownContent(facts, device);
  return content.kind === "foreign" ? (adopted(facts, device) ?? content) : content;
}

/** The same, as far as the device itself says it. */
function ownContent(facts: StorageFacts, device: DeviceFacts): Content {
  if (device.unreadable !== undefined)
    return { kind: "damaged", what: `something that can't be read (${device.unreadable})` };
  const whole = device.parent === undefined;
  const partitioned = facts.devices.some((other) => other.parent === device.name);
  const { sizeBytes, logicalSectorBytes: sectorBytes } = device;
  const shape = { sizeBytes, sectorBytes, whole, partitioned, held: isHeldByArray(device.holders) };
  const content = decodeContent(replay(device.reads), shape);
  return content.kind === "nothing" && device.filled ? { kind: "unknown" } : content;
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
  const text = `${disk.path} has a hybrid MBR: a restore makes a plain one, and what starts by its further entries will not`;
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
  const text = `${device.path} can't be read (${device.unreadable}): its UUID, label and features are unknown, a restore makes it with the defaults`;
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
