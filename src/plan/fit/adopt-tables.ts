import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import type { Candidate, Targets } from "../../layout/candidate.ts";
import { isVolume, partitionPath, partitionsOf, tableOn } from "../../layout/graph.ts";
import { kindOf } from "../../layout/kinds.ts";
import { nodesOn } from "../../layout/nodes-on.ts";
import type { Disk, Layout, LayoutNode, NodeId, Partition, PartitionTable } from "../../layout/types.ts";
import { nodesOf } from "../../layout/types.ts";
import { demandOf } from "./demand.ts";
import { fitChanges } from "./fit-changes.ts";
import type { Fitted } from "./fit-layout.ts";
import { describeSizes } from "./sizes.ts";

/** The partition table that is on a disk of this machine. */
interface Existing {
  readonly table: PartitionTable;
  readonly partitions: readonly Partition[];
}

const refuse = (message: string, data: Record<string, unknown>) =>
  new MondoError("no-match", message, {
    hint: msg`Make the partitions first (fdisk in the shell), or restore without nopart, which makes them.`,
    data,
  });

function existingOn(target: Candidate): Existing | undefined {
  const table = target.table?.find((node): node is PartitionTable => node.kind === "table");
  const partitions = (target.table ?? []).filter((node): node is Partition => node.kind === "partition");
  return table && { table, partitions };
}

/** Refuses a partition that what shall lie on it doesn't fit into. */
function requireRoom(layout: Layout, partition: Partition, there: Partition): void {
  const { slackBytes, rank } = demandOf(layout, partition.id, partition.sizeBytes);
  const least = rank === "fixed" && !holdsSomething(layout, partition.id) ? 0 : partition.sizeBytes - slackBytes;
  if (there.sizeBytes >= least) return;
  const needs = msg`needs at least ${formatBytes(least)} (${least} bytes)`;
  const text = msg`${there.path} has ${formatBytes(there.sizeBytes)} (${there.sizeBytes} bytes), but what was on ${partition.path} ${needs}`;
  throw refuse(text, { partition: there.path, neededBytes: least });
}

/** Whether a device of the set carries a content or a part of a volume: only then is its counterpart written to. */
export function holdsSomething(layout: Layout, id: NodeId): boolean {
  return nodesOn(layout, id).some((node) => kindOf(node).role === "content" || isVolume(node));
}

/**
 * Refuses edits of a table that stays on its disk: partitions that they have added, because what has their number there
 * is none of the set's, and other sizes. Throws `refused`.
 */
export function requireSamePartitions(unedited: Layout, layout: Layout): void {
  const tables = new Set(nodesOf(unedited, "table").map(({ id }) => id));
  const had = new Map(nodesOf(unedited, "partition").map((partition) => [partition.id, partition.sizeBytes]));
  const partitions = nodesOf(layout, "partition").filter(({ table }) => tables.has(table));
  const changed =
    partitions.find(({ id }) => !had.has(id)) ?? partitions.find(({ id, sizeBytes }) => had.get(id) !== sizeBytes);
  if (!changed) return;
  const [what, edit] = had.has(changed.id)
    ? [msg`the edits give ${changed.path} another size`, "resizes"]
    : [msg`${changed.path} is in the edited layout only`, "adds"];
  throw new MondoError("refused", msg`nopart was given, but ${what}`, {
    hint: msg`Nothing was written. Leave out nopart, or the edit that ${edit} the partition.`,
    data: { partition: changed.path },
  });
}

function adoptDisk(layout: Layout, disk: Disk, target: Candidate): Map<NodeId, LayoutNode> {
  const adopted = new Map<NodeId, LayoutNode>();
  const table = tableOn(layout, disk.id);
  if (!table) return adopted;
  const there = existingOn(target);
  const path = target.disk.path;
  if (!there) throw refuse(msg`nopart was given, but ${path} has no partition table`, { disk: path });
  if (there.table.scheme !== table.scheme) {
    const names = { gpt: "GPT", dos: "MBR" };
    throw refuse(msg`${path} has a table of the kind ${names[there.table.scheme]}, not ${names[table.scheme]}`, {
      disk: path,
    });
  }
  adopted.set(table.id, { ...there.table, id: table.id, on: disk.id });
  for (const partition of partitionsOf(layout, table.id)) {
    const same = there.partitions.find((one) => one.number === partition.number);
    if (!same || (same.role === "extended") !== (partition.role === "extended")) {
      const as = partitionPath(path, partition.number);
      throw refuse(msg`nopart was given, but there is no ${as} for ${partition.path} of the backup`, { partition: as });
    }
    requireRoom(layout, partition, same);
    // Its name on the source machine stays: what names it there is renamed by that.
    adopted.set(partition.id, { ...same, id: partition.id, table: table.id, path: partition.path });
  }
  return adopted;
}

/** Partitions on the targets that the set knows nothing of: they stay, and belong to the picture. */
function strangersOn(layout: Layout, disk: Disk, target: Candidate): Partition[] {
  const table = tableOn(layout, disk.id);
  const known = new Set(table ? partitionsOf(layout, table.id).map((partition) => partition.number) : []);
  const others = (table && existingOn(target)?.partitions.filter((one) => !known.has(one.number))) ?? [];
  return others.map((one) => ({
    ...one,
    id: `${disk.id}:kept${one.number}`,
    table: table?.id ?? "",
    path: partitionPath(disk.path, one.number),
  }));
}

/**
 * The layout as it will be in the partitions that the target disks have already (nopart). Pure. File systems and
 * volumes take the sizes of those partitions. Throws `no-match` when one is missing or too small.
 */
export function adoptTables(layout: Layout, targets: Targets): Fitted {
  const pairs = nodesOf(layout, "disk").flatMap((disk) => {
    const target = targets.disks[disk.id];
    return target ? [{ disk, target }] : [];
  });
  const adopted = new Map(pairs.flatMap(({ disk, target }) => [...adoptDisk(layout, disk, target)]));
  const changes: Record<NodeId, number> = {};
  for (const partition of nodesOf(layout, "partition")) {
    const now = adopted.get(partition.id);
    const change = now?.kind === "partition" ? now.sizeBytes - partition.sizeBytes : 0;
    if (change !== 0) changes[partition.id] = change;
  }
  for (const [id, node] of fitChanges(layout, changes)) adopted.set(id, node);
  const nodes = layout.nodes.flatMap((node): LayoutNode[] => {
    const own = adopted.get(node.id) ?? node;
    if (node.kind !== "table") return [own];
    const pair = pairs.find(({ disk }) => disk.id === node.on);
    return [own, ...(pair ? strangersOn(layout, pair.disk, pair.target) : [])];
  });
  const fitted: Layout = { version: 1, nodes };
  const spaces = Object.fromEntries(pairs.map(({ disk, target }) => [disk.id, target.disk]));
  return { layout: fitted, sizes: describeSizes(layout, fitted, spaces) };
}

/** What names a partition by an identifier that the partition here doesn't have. */
export function lostPartitionNames(before: Layout, after: Layout): string[] {
  const has = new Set(nodesOf(after, "partition").map((partition) => partition.uuid.toLowerCase()));
  const lost = nodesOf(before, "partition").filter((partition) => !has.has(partition.uuid.toLowerCase()));
  const texts = JSON.stringify([...nodesOf(before, "fstab"), ...nodesOf(before, "loader")]).toLowerCase();
  return lost
    .filter((partition) => texts.includes(partition.uuid.toLowerCase()))
    .map(
      (partition) =>
        msg`${partition.path} is named by its partition UUID ${partition.uuid}, which the kept partition doesn't have`,
    );
}
