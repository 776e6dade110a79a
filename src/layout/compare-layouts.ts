import { contentOf, partitionsOf, tableOn, type VolumeDevice, volumeDevices } from "./graph.ts";
import type { Disk, Filesystem, Layout, NodeId, Partition, PartitionTable, Raid, Swap, VolumeGroup } from "./types.ts";
import { nodesOf } from "./types.ts";

/** Details that say how a thing was read, not what it is. */
const READING_DETAILS = new Set(["toolVersion", "assumed", "deviceUuid", "systemProfile", "quotaGroups"]);

function differing(name: string, wanted: object, found: object, keys: readonly string[]): string[] {
  const [a, b] = [wanted as Record<string, unknown>, found as Record<string, unknown>];
  return keys
    .filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]))
    .map(
      (key) =>
        `${name}: ${key} is ${JSON.stringify(b[key]) ?? "absent"} instead of ${JSON.stringify(a[key]) ?? "absent"}`,
    );
}

function compareContent(name: string, wanted: Filesystem | Swap, found: Filesystem | Swap | undefined): string[] {
  if (found?.kind !== wanted.kind)
    return [`${name}: holds ${found ? `a ${found.kind}` : "nothing"} instead of a ${wanted.kind}`];
  if (wanted.kind === "swap" || found.kind === "swap") return differing(name, wanted, found, ["uuid", "label"]);
  if (wanted.details.assumed === true) return differing(name, wanted, found, ["type"]);
  const keys = Object.keys(wanted.details).filter((key) => !READING_DETAILS.has(key));
  return [
    ...differing(name, wanted, found, ["type", "uuid", "label"]),
    ...differing(`${name} (${wanted.type})`, wanted.details, found.details, keys),
  ];
}

function compareTables(
  wanted: Layout,
  table: PartitionTable,
  found: Layout,
  at: PartitionTable | undefined,
  path: string,
): string[] {
  if (!at) return [`${path}: has no partition table`];
  const here = new Map(partitionsOf(found, at.id).map((partition) => [partition.number, partition]));
  const there = partitionsOf(wanted, table.id);
  const extra = [...here.keys()].filter((number) => !there.some((partition) => partition.number === number));
  return [
    ...differing(path, table, at, ["scheme", "uuid", "entries", "protectiveActive"]),
    ...extra.map((number) => `${path}: has a partition ${number} that should not be there`),
    ...there.flatMap((partition) => comparePartitions(wanted, partition, found, here.get(partition.number), path)),
  ];
}

const PARTITION_KEYS = ["startBytes", "sizeBytes", "type", "uuid", "name", "attributes", "bootable", "role"];

function comparePartitions(
  wanted: Layout,
  partition: Partition,
  found: Layout,
  at: Partition | undefined,
  path: string,
): string[] {
  if (!at) return [`${path}: partition ${partition.number} is missing`];
  const content = contentOf(wanted, partition.id);
  return [
    ...differing(at.path, partition, at, PARTITION_KEYS),
    ...(content ? compareContent(at.path, content, contentOf(found, at.id)) : []),
  ];
}

const RAID_KEYS = ["name", "sizeBytes", "level", "metadata", "layout", "chunkBytes", "componentBytes"].concat([
  "bitmapChunkBytes",
  "writeBehind",
  "slots",
]);
const VOLUME_KEYS = ["name", "sizeBytes", "segments", "cache"];

/** What opening costs depends on the memory and processors of the machine that made the key slot: iterations and kind count. */
const LUKS_KEYS = ["name", "version", "label", "subsystem", "cipher", "keyBytes", "sectorBytes", "hash"].concat([
  "dataOffsetBytes",
  "flags",
]);
const KEYS = { raid: RAID_KEYS, "logical-volume": VOLUME_KEYS, luks: LUKS_KEYS } as const;

/** Of the first key slot: the one that a restore makes again in any case. */
function compareSlots(wanted: VolumeDevice, found: VolumeDevice): string[] {
  if (wanted.kind !== "luks" || found.kind !== "luks") return [];
  const [slot, at] = [wanted.slots[0], found.slots[0]];
  return slot
    ? differing(`${wanted.path} (key slot)`, slot.pbkdf, at?.pbkdf ?? {}, ["type", "iterations", "hash"])
    : [];
}

/** An encrypted volume is as large as what is left of its device. */
function compareRoom(wanted: VolumeDevice, found: VolumeDevice): string[] {
  return wanted.kind === "luks" && found.sizeBytes < wanted.sizeBytes
    ? differing(wanted.path, wanted, found, ["sizeBytes"])
    : [];
}

const memberWords = ({ slot, habits }: Raid["members"][number]) =>
  habits === undefined ? slot : [slot, ...habits].join(" ");

function compareVolume(wanted: Layout, volume: VolumeDevice, found: Layout): string[] {
  const at = volumeDevices(found).find((one) => one.kind === volume.kind && one.uuid === volume.uuid);
  if (!at) return [`${volume.path}: there is no ${volume.kind} with the UUID ${volume.uuid}`];
  const [content, table] = [contentOf(wanted, volume.id), tableOn(wanted, volume.id)];
  const slots = (node: VolumeDevice) => (node.kind === "raid" ? node.members.map(memberWords) : []);
  return [
    ...differing(volume.path, volume, at, KEYS[volume.kind]),
    ...compareRoom(volume, at),
    ...compareSlots(volume, at),
    ...differing(volume.path, { members: slots(volume) }, { members: slots(at) }, ["members"]),
    ...(content ? compareContent(volume.path, content, contentOf(found, at.id)) : []),
    ...(table ? compareTables(wanted, table, found, tableOn(found, at.id), volume.path) : []),
  ];
}

function compareGroups(wanted: Layout, found: Layout): string[] {
  const physical = (group: VolumeGroup) => ({ volumes: group.members.map((member) => member.uuid).sort() });
  return nodesOf(wanted, "volume-group").flatMap((group) => {
    const at = nodesOf(found, "volume-group").find((one) => one.uuid === group.uuid);
    if (!at) return [`volume group ${group.name}: there is none with the UUID ${group.uuid}`];
    return [
      ...differing(`volume group ${group.name}`, group, at, ["name"]),
      ...differing(`volume group ${group.name}`, physical(group), physical(at), ["volumes"]),
    ];
  });
}

function compareSubvolumes(wanted: Layout, found: Layout): string[] {
  return nodesOf(wanted, "filesystem").flatMap((fs) => {
    const at = nodesOf(found, "filesystem").find((one) => one.type === fs.type && one.uuid === fs.uuid);
    const here = new Map(
      nodesOf(found, "subvolume").flatMap((one) => (one.of === at?.id ? [[one.path, one] as const] : [])),
    );
    const there = nodesOf(wanted, "subvolume").filter((one) => one.of === fs.id && one.leftOut !== true);
    return there.flatMap((one) => {
      const now = here.get(one.path);
      const name = `subvolume ${one.path} of ${fs.label ?? fs.uuid}`;
      return now ? differing(name, one, now, ["readOnly", "isDefault"]) : [`${name}: is missing`];
    });
  });
}

/**
 * What of a layout was not made again on the disks that stand for its own; each string is a difference. `devices` gives
 * the device of each disk node here, `found` describes these disks. What a larger disk changes by itself doesn't count.
 */
export function compareLayouts(wanted: Layout, found: Layout, devices: Readonly<Record<NodeId, string>>): string[] {
  const here = new Map(nodesOf(found, "disk").map((disk): [string, Disk] => [disk.path, disk]));
  const disks = nodesOf(wanted, "disk").flatMap((disk) => {
    const path = devices[disk.id] ?? "";
    const target = here.get(path);
    if (!target) return [`${disk.path}: nothing stands for it here`];
    const table = tableOn(wanted, disk.id);
    if (table) return compareTables(wanted, table, found, tableOn(found, target.id), path);
    const content = contentOf(wanted, disk.id);
    return content ? compareContent(path, content, contentOf(found, target.id)) : [];
  });
  const volumes = volumeDevices(wanted).flatMap((volume) => compareVolume(wanted, volume, found));
  return [...new Set([...disks, ...compareGroups(wanted, found), ...volumes, ...compareSubvolumes(wanted, found)])];
}
