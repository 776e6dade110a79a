import { messageOf } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { compareLayouts } from "../layout/compare-layouts.ts";
import { isBareDevice, isVolumeDevice, partitionPath, partitionsOf, tableOn } from "../layout/graph.ts";
import type { Disk, Layout, Partition, PartitionTable } from "../layout/types.ts";
import { tableActions } from "../plan/table-actions.ts";
import { describeDisks } from "../probe/describe-volumes.ts";
import { makeSparse } from "./sparse-place.ts";
import { isOwnTrouble, play, readMade, type Stage } from "./try-action.ts";
import type { Tried } from "./try-volumes.ts";

/** A table whose sectors are larger than those that tools see in a file. */
interface LargeTable {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sectorBytes: number;
  readonly table: PartitionTable;
  readonly partitions: readonly Partition[];
}

function largeTables(layout: Layout): LargeTable[] {
  return layout.nodes.flatMap((node): LargeTable[] => {
    if (!isBareDevice(node) && !isVolumeDevice(node)) return [];
    const table = tableOn(layout, node.id);
    const sectorBytes = node.kind === "disk" ? node.logicalSectorBytes : (table?.sectorBytes ?? 512);
    if (!table || sectorBytes === 512) return [];
    const { path, sizeBytes } = node;
    return [{ path, sizeBytes, sectorBytes, table, partitions: partitionsOf(layout, table.id) }];
  });
}

/** The table on a loop device, and the device of each node. */
function onLoop(loop: string, { table, partitions, sizeBytes, sectorBytes }: LargeTable) {
  const disk: Disk = {
    ...{ kind: "disk", id: "loop", path: loop, sizeBytes, rotational: false, removable: false },
    ...{ logicalSectorBytes: sectorBytes, physicalSectorBytes: sectorBytes },
  };
  const placed = partitions.map((one) => ({ ...one, path: partitionPath(loop, one.number) }));
  const layout: Layout = { version: 1, nodes: [disk, { ...table, on: disk.id }, ...placed] };
  const devices = Object.fromEntries([disk, ...placed].map(({ id, path }) => [id, path]));
  return { layout, devices, disk };
}

async function tryTable(stage: Stage, large: LargeTable, loop: string): Promise<Tried> {
  const { layout, devices, disk } = onLoop(loop, large);
  const [action] = tableActions(layout, devices);
  const asDevice = (text: string) => text.replaceAll(loop, large.path);
  try {
    await play({ ...stage, layout, loops: [loop] }, action?.effects ?? []);
    const made = readMade(stage.host, loop, disk, true);
    const found: Layout = {
      version: 1,
      nodes: describeDisks({ devices: [made], mountinfo: "", swaps: "" }, [made]).nodes,
    };
    return { failures: [], differences: compareLayouts(layout, found, devices).map(asDevice) };
  } catch (error) {
    const reason = asDevice(messageOf(error));
    if (isOwnTrouble(error)) throw error;
    return { failures: [`${asDevice(action?.say ?? msg`Write the table`)}: ${reason}`], differences: [] };
  }
}

/**
 * Tries tables with sectors of 4 KiB: in a file tools see sectors of 512 bytes, so that it takes a loop device, which
 * the kernel asks for no partitions. Where there is none, the log says so. Throws nothing for what fails.
 */
export async function trySectorTables(stage: Stage): Promise<Tried> {
  const { host, directory, log } = stage;
  const results: Tried[] = [];
  for (const [index, large] of largeTables(stage.layout).entries()) {
    const file = `${directory}/table-${index}`;
    let loop: string | undefined;
    try {
      makeSparse(host, file, large.sizeBytes);
      const words = ["--find", "--show", "--sector-size", String(large.sectorBytes), file];
      const { stdout } = await host.run({ argv: ["losetup", ...words], timeoutMs: 60_000 });
      loop = stdout.trim();
      results.push(await tryTable(stage, large, loop));
    } catch (error) {
      log(`not tried: the partition table of ${large.path}: ${messageOf(error)}`);
    } finally {
      if (loop !== undefined) await host.run({ argv: ["losetup", "--detach", loop], accept: "any", timeoutMs: 60_000 });
      host.remove(file);
    }
  }
  return {
    failures: results.flatMap(({ failures }) => failures),
    differences: results.flatMap(({ differences }) => differences),
  };
}
