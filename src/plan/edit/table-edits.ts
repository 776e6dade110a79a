import { msg } from "../../base/message.ts";
import { formatBytes, MIB } from "../../base/units.ts";
import { groupRoom, isPlainVolume, withVolumeSize } from "../../drivers/volume/lvm-edit.ts";
import { partitionPath, partitionsOf, tableOn } from "../../layout/graph.ts";
import { nodesOn } from "../../layout/nodes-on.ts";
import type { Disk, Layout, LayoutNode, LogicalVolume, Partition, PartitionTable } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import { endOf } from "../fit/stretches.ts";
import type { Edit } from "./edit.ts";
import { type Device, findDevice } from "./find-node.ts";
import { cannot } from "./flaw.ts";
import { digitsFor, freeId, uuidFor } from "./new-ids.ts";
import { typeFor } from "./partition-types.ts";
import { requireEmpty, withDeviceSize, withNodes } from "./rebuild.ts";
import { bytesFor } from "./size-words.ts";
import { gapsOf, roomFor, tabledOn, withPartitionSize } from "./table-room.ts";

type EditOf<D extends Edit["do"]> = Extract<Edit, { do: D }>;

const nameOf = ({ path }: { readonly path: string }) => path.replace(/^\/dev\//, "");
const upperUuid = (layout: Layout, what: string) => uuidFor(layout, what).toUpperCase();

function newTable(layout: Layout, disk: Disk, scheme: PartitionTable["scheme"]): PartitionTable {
  const id = freeId(layout, `table:${nameOf(disk)}`);
  const uuid = scheme === "gpt" ? upperUuid(layout, id) : `0x${digitsFor(layout, id).slice(0, 8)}`;
  return { kind: "table", id, on: disk.id, scheme, uuid, ...(scheme === "gpt" ? { entries: 128 } : {}) };
}

const partUuid = (layout: Layout, table: PartitionTable, id: string, number: number) =>
  table.scheme === "gpt"
    ? upperUuid(layout, id)
    : `${table.uuid.slice(2).toLowerCase()}-${number.toString(16).padStart(2, "0")}`;

/** The partitions of one disk on another, empty. */
function copiedTable(layout: Layout, disk: Disk, model: PartitionTable): LayoutNode[] {
  const { lastUsableSector: _, ...own } = model;
  const fresh = newTable(layout, disk, model.scheme);
  const table: PartitionTable = { ...own, id: fresh.id, on: disk.id, uuid: fresh.uuid };
  const partitions = partitionsOf(layout, model.id).map((partition): Partition => {
    const { bootCode: _, ...shape } = partition;
    const path = partitionPath(disk.path, partition.number);
    const id = freeId(layout, `part:${nameOf({ path })}`);
    return { ...shape, id, table: table.id, path, uuid: partUuid(layout, table, id, partition.number) };
  });
  return [table, ...partitions];
}

/** A further disk, blank or with the partitions of another. */
export function addDisk(layout: Layout, { name, size, like }: EditOf<"add-disk">): Layout {
  const path = `/dev/${name}`;
  if (layout.nodes.some((node) => "path" in node && node.path === path)) {
    throw cannot(
      path,
      msg`there is a device of that name already`,
      msg`Choose another name; it need not be the real one.`,
    );
  }
  const model = like === undefined ? nodesOf(layout, "disk")[0] : findDevice(layout, like);
  if (model?.kind !== "disk") throw cannot(path, msg`it can only be like a disk`, msg`Name a disk, such as sda.`);
  const sizeBytes =
    size === undefined
      ? model.sizeBytes
      : bytesFor(size, { about: path, totalBytes: model.sizeBytes, freeBytes: model.sizeBytes });
  const { logicalSectorBytes, physicalSectorBytes, rotational } = model;
  const id = freeId(layout, `disk:${name}`);
  const bare = { logicalSectorBytes, physicalSectorBytes, rotational, removable: false };
  const disk: Disk = { kind: "disk", id, path, sizeBytes, ...bare };
  const table = like === undefined ? undefined : tableOn(layout, model.id);
  const nodes = table ? copiedTable(layout, disk, table) : [];
  const end = Math.max(0, ...nodes.map((node) => (node.kind === "partition" ? endOf(node) : 0)));
  if (end + MIB > sizeBytes && nodes.length > 0) {
    const what = msg`its ${formatBytes(sizeBytes)} are too few for the partitions of ${model.path}, which end at ${formatBytes(end)}`;
    throw cannot(path, what, msg`Give it more, or leave out like and add partitions of its own.`);
  }
  return withNodes(layout, [disk, ...nodes]);
}

/** A partition table on an empty disk, or another kind of it on one whose partitions are all gone. */
export function addTable(layout: Layout, { disk: name, scheme }: EditOf<"add-table">): Layout {
  const disk = findDevice(layout, name);
  if (disk.kind !== "disk")
    throw cannot(disk.path, msg`only a whole disk can get a partition table`, msg`Name a disk.`);
  const there = tableOn(layout, disk.id);
  if (!there) requireEmpty(layout, disk);
  else if (nodesOn(layout, there.id).length > 0) {
    throw cannot(disk.path, msg`it has a partition table with partitions`, msg`Remove its partitions first.`);
  }
  const rest = { ...layout, nodes: layout.nodes.filter(({ id }) => id !== there?.id) };
  return withNodes(rest, [newTable(rest, disk, scheme)]);
}

function freeNumber(table: PartitionTable, partitions: readonly Partition[], about: string): number {
  const most = table.scheme === "gpt" ? (table.entries ?? 128) : 4;
  for (let number = 1; number <= most; number++) if (!partitions.some((one) => one.number === number)) return number;
  throw cannot(about, msg`its table has ${most} partitions, and room for no more`, msg`Remove one, or use LVM.`);
}

/** A partition in the first free stretch that is large enough; `rest` takes the largest. */
export function addPartition(layout: Layout, edit: EditOf<"add-partition">): Layout {
  const disk = findDevice(layout, edit.disk);
  const tabled = tabledOn(layout, disk.id);
  const gaps = gapsOf(tabled);
  const largest = Math.max(0, ...gaps.map(({ sizeBytes }) => sizeBytes));
  const sizeBytes = bytesFor(edit.size, { about: disk.path, totalBytes: tabled.endBytes, freeBytes: largest });
  const gap = gaps.find((one) => one.sizeBytes >= sizeBytes);
  if (!gap || sizeBytes < MIB) {
    const what = msg`it has no free stretch of ${formatBytes(Math.max(MIB, sizeBytes))}; the largest has ${formatBytes(largest)}`;
    throw cannot(disk.path, what, msg`Make a partition on it smaller, or choose a smaller size.`);
  }
  const { table, partitions } = tabled;
  const number = freeNumber(table, partitions, disk.path);
  const path = partitionPath(disk.path, number);
  const id = freeId(layout, `part:${nameOf({ path })}`);
  const named = edit.name === undefined || table.scheme !== "gpt" ? {} : { name: edit.name };
  const type = typeFor(table.scheme, edit.purpose ?? "linux");
  const place = { number, startBytes: gap.startBytes, sizeBytes, type, uuid: partUuid(layout, table, id, number) };
  const node: Partition = { kind: "partition", id, table: table.id, path, ...place, ...named, role: "primary" };
  return withNodes(layout, [node]);
}

function resizePartition(layout: Layout, partition: Partition, size: string): Layout {
  const table = nodeById(layout, partition.table);
  const tabled = tabledOn(layout, table?.kind === "table" ? table.on : "");
  const room = roomFor(tabled, partition);
  const about = partition.path;
  if (partition.role === "extended") {
    throw cannot(about, msg`it is an extended partition`, msg`Change the logical ones in it: it stays around them.`);
  }
  const sizeBytes = bytesFor(size, { about, totalBytes: tabled.endBytes, freeBytes: room });
  if (sizeBytes > room || sizeBytes < MIB) {
    const what = msg`it can't have ${formatBytes(sizeBytes)}: on ${tabled.carrier.path} there are ${formatBytes(room)} for it`;
    throw cannot(about, what, msg`Make others on that disk smaller first, or choose a smaller size.`);
  }
  const placed = withPartitionSize(tabled, partition, sizeBytes);
  const others = placed.filter(({ id }) => id !== partition.id);
  const own = placed.find(({ id }) => id === partition.id) ?? partition;
  return withDeviceSize(withNodes(layout, others), { ...own, sizeBytes: partition.sizeBytes }, sizeBytes);
}

function resizeVolume(layout: Layout, volume: LogicalVolume, size: string): Layout {
  const group = nodeById(layout, volume.group);
  if (group?.kind !== "volume-group") return layout;
  const { extentBytes, totalBytes, freeBytes } = groupRoom(group);
  const room = freeBytes + volume.sizeBytes;
  const about = volume.path;
  if (!isPlainVolume(group, volume.uuid)) {
    throw cannot(
      about,
      msg`it is a ${volume.segments.join(", ")} volume, whose size stays`,
      msg`Leave it as it is, or remove it.`,
    );
  }
  const sizeBytes = bytesFor(size, { about, totalBytes, freeBytes: room, unitBytes: extentBytes });
  if (sizeBytes > room || sizeBytes < extentBytes) {
    const what = msg`it can't have ${formatBytes(sizeBytes)}: the group ${group.name} has ${formatBytes(room)} for it`;
    throw cannot(about, what, msg`Make other volumes smaller first, or choose a smaller size.`);
  }
  const grown = withVolumeSize(group, volume.uuid, sizeBytes / extentBytes);
  return withNodes(withDeviceSize(layout, volume, sizeBytes), [grown]);
}

/** Another size of a partition or a logical volume; all that lies on it follows. */
export function resize(layout: Layout, { node, size }: EditOf<"resize">): Layout {
  const device: Device = findDevice(layout, node);
  if (device.kind === "partition") return resizePartition(layout, device, size);
  if (device.kind === "logical-volume") return resizeVolume(layout, device, size);
  if (device.kind === "disk") {
    throw cannot(
      device.path,
      msg`a disk has the size that it has`,
      msg`Give the size of a partition or a logical volume.`,
    );
  }
  const what = msg`its size follows from what it is made of`;
  throw cannot(device.path, what, msg`Resize the partitions or volumes below it.`);
}
