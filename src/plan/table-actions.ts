import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import { edgesOf } from "../drivers/volume/edges.ts";
import type { Action, Effect } from "../effects/effect.ts";
import type { Candidate } from "../layout/candidate.ts";
import { partitionsOf, tableOn } from "../layout/graph.ts";
import {
  type Disk,
  type Layout,
  type LayoutNode,
  type NodeId,
  nodesOf,
  type Partition,
  type PartitionTable,
} from "../layout/types.ts";
import { holdsSomething } from "./fit/adopt-tables.ts";
import { isOddName, partitionScript } from "./partition-script.ts";
import { type Devices, deviceOf } from "./storage-actions.ts";

/** The kernel makes partition devices at once, but a slow USB bridge takes seconds. */
const AWAIT_MS = 30_000;
/** Offset of the first entry's flag in an MBR, and the flag of an active entry. */
const FIRST_ENTRY = 446;
const ACTIVE = Buffer.from([0x80]).toString("base64");

function partitionEdges(partitions: readonly Partition[]) {
  return partitions.filter((p) => p.role !== "extended").flatMap((p) => edgesOf(p.startBytes, p.sizeBytes));
}

function wipeEffect(disk: Candidate, partitions: readonly Partition[]): Effect {
  const ranges = [...edgesOf(0, disk.disk.sizeBytes), ...partitionEdges(partitions)];
  return { do: "wipe", path: disk.disk.path, ranges };
}

function describeTarget(target: Candidate): string {
  const { path, sizeBytes, model, serial } = target.disk;
  const words = [formatBytes(sizeBytes), model, serial && msg`serial ${serial}`].filter((word) => word);
  return `${path} (${words.join(", ")})`;
}

/** Erases a target disk and gives it its counterpart's table. */
export function partitionActions(layout: Layout, source: Disk, target: Candidate, devices: Devices): Action[] {
  const table = tableOn(layout, source.id);
  const partitions = table ? partitionsOf(layout, table.id) : [];
  const path = target.disk.path;
  const wipe: Action = {
    id: `wipe:${source.id}`,
    node: source.id,
    say: msg`Erase the old signatures on ${path}`,
    destroys: [msg`everything on ${describeTarget(target)}: ${target.contents}`],
    effects: [
      ...(target.volumes === undefined ? [] : [{ do: "release", path } as const]),
      wipeEffect(target, partitions),
      { do: "rereadTable", path },
    ],
  };
  if (!table) return [wipe];
  const { logicalSectorBytes: sectorBytes } = target.disk;
  const carrier = { id: source.id, path, sectorBytes, sourceSectorBytes: source.logicalSectorBytes };
  return [wipe, tableAction(table, partitions, carrier, devices)];
}

/** Erases the partitions that the set fills; leaves the table and all other partitions alone (nopart). */
export function keptTableActions(layout: Layout, source: Disk, target: Candidate, devices: Devices): Action[] {
  const table = tableOn(layout, source.id);
  if (!table) return partitionActions(layout, source, target, devices);
  const filled = partitionsOf(layout, table.id).filter((partition) => holdsSomething(layout, partition.id));
  const paths = filled.map((partition) => deviceOf(devices, partition.id));
  return [
    {
      id: `wipe:${source.id}`,
      node: source.id,
      say: msg`Erase the old signatures in ${paths.join(", ")}`,
      destroys: [msg`what is in ${paths.join(", ")} on ${describeTarget(target)}: ${target.contents}`],
      effects: [
        ...(target.volumes === undefined ? [] : [{ do: "release", path: target.disk.path } as const]),
        ...filled.map(({ id, sizeBytes }): Effect => {
          return { do: "wipe", path: deviceOf(devices, id), ranges: edgesOf(0, sizeBytes) };
        }),
      ],
    },
  ];
}

/** A disk or an array that gets a table: its node, its device here, and the sectors here and at the source. */
interface Carrier {
  readonly id: NodeId;
  readonly path: string;
  readonly sectorBytes: number;
  readonly sourceSectorBytes: number;
}

function nameEffects(path: string, sectorBytes: number, partitions: readonly Partition[]): Effect[] {
  const names = partitions.flatMap(({ number, name = "" }) => (isOddName(name) ? [{ number, name }] : []));
  return names.length === 0 ? [] : [{ do: "gptNames", path, sectorBytes, names }];
}

function tableAction(
  table: PartitionTable,
  partitions: readonly Partition[],
  { id, path, sectorBytes, sourceSectorBytes }: Carrier,
  devices: Devices,
): Action {
  const script = partitionScript(table, partitions, path, sectorBytes, sourceSectorBytes);
  const kind = table.scheme === "gpt" ? msg`GUID partition table` : msg`DOS partition table`;
  const known = partitions.map(({ id, number, startBytes, sizeBytes, role }) => {
    // The kernel shows two sectors of an extended partition: room for a loader, no access to the logical ones.
    const shown = role === "extended" ? 2 * sectorBytes : sizeBytes;
    return { number, path: devices[id] ?? "", startBytes, sizeBytes: shown };
  });
  const awaited = partitions.filter((partition) => partition.role !== "extended");
  return {
    id: `table:${id}`,
    node: table.id,
    say: msg`Write a ${kind} with ${partitions.length} partition${partitions.length === 1 ? "" : "s"} to ${path}`,
    destroys: [],
    effects: [
      // The effect after it makes the kernel reread the table: it waits, and reports what keeps the disk busy.
      {
        do: "run",
        argv: ["sfdisk", "--no-reread", "--no-tell-kernel", "--wipe", "always", "--wipe-partitions", "never", path],
        writes: [path],
        input: script,
      },
      ...nameEffects(path, sectorBytes, partitions),
      ...(table.protectiveActive ? [{ do: "writeAt", path, offset: FIRST_ENTRY, base64: ACTIVE } as const] : []),
      { do: "rereadTable", path, partitions: known },
      ...awaited.map((partition): Effect => {
        return { do: "await", path: devices[partition.id] ?? "", sizeBytes: partition.sizeBytes, timeoutMs: AWAIT_MS };
      }),
    ],
  };
}

/** Gives a new array the table that the source's had. */
export function arrayTableActions(layout: Layout, node: LayoutNode, devices: Devices): Action[] {
  const table = tableOn(layout, node.id);
  if (!table) return [];
  const [path, partitions] = [deviceOf(devices, node.id), partitionsOf(layout, table.id)];
  const sectorBytes = table.sectorBytes ?? 512;
  const carrier = { id: node.id, path, sectorBytes, sourceSectorBytes: sectorBytes };
  const action = tableAction(table, partitions, carrier, devices);
  // Old signatures would turn up again in partitions that begin at the same place.
  const wipe: Effect = { do: "wipe", path, ranges: partitionEdges(partitions) };
  return [{ ...action, effects: [wipe, ...action.effects] }];
}

/** Gives each disk of a layout its table; the disks are empty. */
export function tableActions(layout: Layout, devices: Devices): Action[] {
  return nodesOf(layout, "disk").flatMap(({ id, logicalSectorBytes: sectorBytes }) => {
    const table = tableOn(layout, id);
    if (!table) return [];
    const carrier = { id, path: deviceOf(devices, id), sectorBytes, sourceSectorBytes: sectorBytes };
    return [tableAction(table, partitionsOf(layout, table.id), carrier, devices)];
  });
}
