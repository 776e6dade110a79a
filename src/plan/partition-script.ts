import { partitionPath } from "../layout/graph.ts";
import type { Partition, PartitionTable } from "../layout/types.ts";

/** A quoted string in which whatever could end the quotes or the line is escaped as `\xNN`, which sfdisk reads. */
function quoted(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  const plain = (byte: number) => byte >= 0x20 && byte !== 0x22 && byte !== 0x5c && byte !== 0x7f;
  const shown = bytes.map((byte) =>
    plain(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  return `"${new TextDecoder().decode(Uint8Array.from(shown.join(""), (c) => c.charCodeAt(0)))}"`;
}

/** Whether a name has characters beyond the first 65536, or halves of them: sfdisk (2.41) cuts it off there. */
export const isOddName = (name: string): boolean => /[\ud800-\udfff]/.test(name);

function lineOf(disk: string, partition: Partition, scheme: PartitionTable["scheme"], sectorBytes: number): string {
  const fields = [
    `start=${partition.startBytes / sectorBytes}`,
    `size=${partition.sizeBytes / sectorBytes}`,
    `type=${partition.type}`,
    ...(scheme === "gpt" ? [`uuid=${partition.uuid}`] : []),
    ...(scheme === "gpt" && partition.name !== undefined && !isOddName(partition.name)
      ? [`name=${quoted(partition.name)}`]
      : []),
    ...(scheme === "gpt" && partition.attributes !== undefined ? [`attrs="${partition.attributes}"`] : []),
    ...(partition.bootable ? ["bootable"] : []),
  ];
  return `${partitionPath(disk, partition.number)} : ${fields.join(", ")}`;
}

/**
 * Input for sfdisk that recreates the table on `disk` with the same starts, sizes, numbers and identifiers. Source:
 * sfdisk(8), "named-fields format".
 */
export function partitionScript(
  table: PartitionTable,
  partitions: readonly Partition[],
  disk: string,
  sectorBytes: number,
  sourceSectorBytes: number,
): string {
  const sameSectors = sectorBytes === sourceSectorBytes;
  const first = table.firstUsableSector;
  const head = [
    `label: ${table.scheme}`,
    `label-id: ${table.uuid}`,
    "unit: sectors",
    ...(table.scheme === "gpt" && first !== undefined && sameSectors ? [`first-lba: ${first}`] : []),
    ...(table.entries === undefined || table.entries === 128 ? [] : [`table-length: ${table.entries}`]),
  ];
  const lines = partitions.map((partition) => lineOf(disk, partition, table.scheme, sectorBytes));
  return `${[...head, "", ...lines].join("\n")}\n`;
}
