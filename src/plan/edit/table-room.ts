import { msg } from "../../base/message.ts";
import { MIB } from "../../base/units.ts";
import { calledOf, partitionsOf, tableOn } from "../../layout/graph.ts";
import type { Disk, Layout, Partition, PartitionTable, Raid } from "../../layout/types.ts";
import { nodeById } from "../../layout/types.ts";
import { endOf, usableBytes } from "../fit/stretches.ts";
import { cannot } from "./flaw.ts";

/** A partition table and the device that it is on. */
export interface Tabled {
  readonly table: PartitionTable;
  readonly carrier: Disk | Raid;
  /** By where they begin. */
  readonly partitions: readonly Partition[];
  /** The first byte behind what partitions may take, in whole MiB. */
  readonly endBytes: number;
}

const logicalSector = (table: PartitionTable, carrier: Disk | Raid) =>
  table.sectorBytes ?? (carrier.kind === "disk" ? carrier.logicalSectorBytes : 512);

/** The table of a disk or an array. Throws a refusal where there is none. */
export function tabledOn(layout: Layout, id: string): Tabled {
  const [carrier, table] = [nodeById(layout, id), tableOn(layout, id)];
  if (table && (carrier?.kind === "disk" || carrier?.kind === "raid")) {
    const space = { sizeBytes: carrier.sizeBytes, logicalSectorBytes: logicalSector(table, carrier) };
    const partitions = partitionsOf(layout, table.id).sort((a, b) => a.startBytes - b.startBytes);
    const endBytes = Math.floor(usableBytes(table, space) / MIB) * MIB;
    return { table, carrier, partitions, endBytes };
  }
  const name = carrier ? calledOf(carrier) : id;
  throw cannot(
    name,
    msg`it has no partition table`,
    msg`Give it one first: --set ${name.replace("/dev/", "")}.table=gpt.`,
  );
}

/** A stretch that no partition takes, in whole MiB. */
export interface Gap {
  readonly startBytes: number;
  readonly sizeBytes: number;
}

const up = (bytes: number) => Math.ceil(bytes / MIB) * MIB;

/** Free stretches between `from` and `to` beside partitions, in order. */
function gapsBetween(partitions: readonly Partition[], from: number, to: number): Gap[] {
  const gaps: Gap[] = [];
  let at = up(from);
  for (const partition of [...partitions, { startBytes: to, sizeBytes: 0 }]) {
    const end = Math.floor(partition.startBytes / MIB) * MIB;
    if (end > at) gaps.push({ startBytes: at, sizeBytes: end - at });
    at = Math.max(at, up(endOf(partition)));
  }
  return gaps;
}

/** Free stretches of a table outside of its extended partition. */
export function gapsOf({ partitions, endBytes }: Tabled): Gap[] {
  return gapsBetween(
    partitions.filter(({ role }) => role !== "logical"),
    MIB,
    endBytes,
  );
}

/** Free bytes of a table that a partition could take by moving those behind it. */
export function roomFor(tabled: Tabled, partition: Partition): number {
  const { partitions, endBytes } = tabled;
  const behind = partitions.filter((one) => one.startBytes > partition.startBytes && one.role !== "extended");
  const taken = behind.reduce((sum, one) => sum + up(one.sizeBytes) + (one.role === "logical" ? MIB : 0), 0);
  return Math.max(0, Math.floor((endBytes - partition.startBytes - taken) / MIB) * MIB);
}

/**
 * The partitions of a table when one has another size: those behind it move as far as they must, and an extended
 * partition stays around its logical ones.
 */
export function withPartitionSize(tabled: Tabled, changed: Partition, sizeBytes: number): Partition[] {
  const data = tabled.partitions.filter(({ role }) => role !== "extended");
  const moved: Partition[] = [];
  let end = 0;
  for (const partition of data) {
    const lead = partition.role === "logical" ? MIB : 0;
    const pushed = partition.startBytes > changed.startBytes && end + lead > partition.startBytes;
    const startBytes = pushed ? up(end) + lead : partition.startBytes;
    const now = { ...partition, startBytes, sizeBytes: partition.id === changed.id ? sizeBytes : partition.sizeBytes };
    moved.push(now);
    end = endOf(now);
  }
  const logical = moved.filter(({ role }) => role === "logical");
  const [first, last] = [logical[0], logical.at(-1)];
  const extended = tabled.partitions
    .filter(({ role }) => role === "extended")
    .map((one) => {
      if (!first || !last) return one;
      const startBytes = Math.min(one.startBytes, first.startBytes - MIB);
      return {
        ...one,
        startBytes,
        sizeBytes: Math.max(endOf(last), endOf(one) > end ? endOf(last) : endOf(one)) - startBytes,
      };
    });
  return [...moved, ...extended];
}
