import { msg } from "../base/message.ts";
import { differing } from "./differing.ts";
import { calledOf, contentOf, partitionsOf, tableOn, volumesOf } from "./graph.ts";
import { kindOf } from "./kinds.ts";
import type { Disk, Filesystem, Layout, LayoutNode, NodeId, Partition, PartitionTable, Swap, Volume } from "./types.ts";
import { nodesOf } from "./types.ts";

/** Details that say how a thing was read, not what it is. */
const READING_DETAILS = new Set(["toolVersion", "assumed", "deviceUuid", "systemProfile", "quotaGroups"]);

/** What mke2fs takes from the device itself where nothing is asked for: a RAID's hint where to put things. */
const HINTS = new Set(["stride", "stripeWidth"]);

const isCompared = (details: Filesystem["details"]) => (key: string) =>
  !(READING_DETAILS.has(key) || (HINTS.has(key) && details[key] === 0));

/** Fields of the kind's row that differ, and what the row finds beyond them. */
function compareFields<N extends LayoutNode>(name: string, wanted: N, found: N): string[] {
  const row = kindOf(wanted);
  return [...differing(name, wanted, found, row.compared ?? []), ...(row.differences?.(wanted, found, name) ?? [])];
}

function compareContent(name: string, wanted: Filesystem | Swap, found: Filesystem | Swap | undefined): string[] {
  if (found?.kind !== wanted.kind)
    return [
      msg`${name}: holds ${found ? msg`a ${kindOf(found).noun}` : msg`nothing`} instead of a ${kindOf(wanted).noun}`,
    ];
  if (wanted.kind === "swap" || found.kind === "swap") return compareFields(name, wanted, found);
  if (wanted.details.fresh === true) return differing(name, wanted, found, ["type", "uuid", "label"]);
  if (wanted.details.assumed === true) return differing(name, wanted, found, ["type"]);
  const keys = Object.keys(wanted.details).filter(isCompared(wanted.details));
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
  if (!at) return [msg`${path}: has no partition table`];
  const here = new Map(partitionsOf(found, at.id).map((partition) => [partition.number, partition]));
  const there = partitionsOf(wanted, table.id);
  const extra = [...here.keys()].filter((number) => !there.some((partition) => partition.number === number));
  return [
    ...compareFields(path, table, at),
    ...extra.map((number) => msg`${path}: has a partition ${number} that should not be there`),
    ...there.flatMap((partition) => comparePartitions(wanted, partition, found, here.get(partition.number), path)),
  ];
}

function comparePartitions(
  wanted: Layout,
  partition: Partition,
  found: Layout,
  at: Partition | undefined,
  path: string,
): string[] {
  if (!at) return [msg`${path}: partition ${partition.number} is missing`];
  const content = contentOf(wanted, partition.id);
  return [
    ...compareFields(at.path, partition, at),
    ...(content ? compareContent(at.path, content, contentOf(found, at.id)) : []),
  ];
}

function compareVolume(wanted: Layout, volume: Volume, found: Layout): string[] {
  const called = calledOf(volume);
  const at = volumesOf(found).find((one) => one.kind === volume.kind && one.uuid === volume.uuid);
  if (!at) return [msg`${called}: there is no ${kindOf(volume).noun} with the UUID ${volume.uuid}`];
  const [content, table] = [contentOf(wanted, volume.id), tableOn(wanted, volume.id)];
  return [
    ...compareFields(called, volume, at),
    ...(content ? compareContent(called, content, contentOf(found, at.id)) : []),
    ...(table ? compareTables(wanted, table, found, tableOn(found, at.id), called) : []),
  ];
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
      const name = msg`subvolume ${one.path} of ${fs.label ?? fs.uuid}`;
      return now ? compareFields(name, one, now) : [msg`${name}: is missing`];
    });
  });
}

/** Physical volumes in no group lie where they lay, by their UUIDs. */
function compareSpares(wanted: Layout, found: Layout): string[] {
  const here = new Map(nodesOf(found, "physical-volume").map((one) => [one.uuid, one]));
  return nodesOf(wanted, "physical-volume").flatMap((one) => {
    const now = here.get(one.uuid);
    return now
      ? compareFields(now.path, one, now)
      : [msg`${one.path}: there is no physical volume with the UUID ${one.uuid}`];
  });
}

/**
 * What a restore has not made the same again, a sentence each. `devices` is the device here of each disk node, `found`
 * describes these disks. What only comes from a disk being larger doesn't count.
 */
export function compareLayouts(wanted: Layout, found: Layout, devices: Readonly<Record<NodeId, string>>): string[] {
  const here = new Map(nodesOf(found, "disk").map((disk): [string, Disk] => [disk.path, disk]));
  const disks = nodesOf(wanted, "disk").flatMap((disk) => {
    const path = devices[disk.id] ?? "";
    const target = here.get(path);
    if (!target) return [msg`${disk.path}: nothing stands for it here`];
    const table = tableOn(wanted, disk.id);
    if (table) return compareTables(wanted, table, found, tableOn(found, target.id), path);
    const content = contentOf(wanted, disk.id);
    return content ? compareContent(path, content, contentOf(found, target.id)) : [];
  });
  const volumes = volumesOf(wanted).flatMap((volume) => compareVolume(wanted, volume, found));
  return [...new Set([...disks, ...volumes, ...compareSpares(wanted, found), ...compareSubvolumes(wanted, found)])];
}
