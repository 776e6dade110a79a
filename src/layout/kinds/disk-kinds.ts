import * as v from "valibot";
import { msg } from "../../base/message.ts";
import { KIB } from "../../base/units.ts";
import { describeDiskShortly } from "../describe-disk-shortly.ts";
import type { Disk, LayoutNode, NodeId, Partition, PartitionTable } from "../types.ts";
import {
  base64,
  count,
  devicePath,
  filledList,
  flag,
  GUID,
  label,
  oneOf,
  optional,
  positive,
  record,
  reference,
  sectors,
  text,
  word,
} from "./field-schemas.ts";
import type { KindRow } from "./kind-row.ts";

const isSector = (bytes: number) => bytes >= 512 && bytes <= 64 * KIB && (bytes & (bytes - 1)) === 0;
const sectorSize = v.pipe(count, v.check(isSector, msg`must be a power of two from 512 to 65536`));

const bootCode = optional(filledList(record({ offset: count, base64 })));

export const diskKind: KindRow<Disk> = {
  role: "disk",
  noun: msg`disk`,
  fields: {
    path: devicePath,
    sizeBytes: count,
    logicalSectorBytes: sectorSize,
    physicalSectorBytes: positive,
    model: optional(label),
    serial: optional(label),
    wwn: optional(label),
    transport: optional(label),
    rotational: flag,
    removable: flag,
    bootCode,
  },
  takesTable: true,
  line(disk) {
    const [, , ...identity] = describeDiskShortly(disk).split(", ");
    return { name: disk.path, sizeBytes: disk.sizeBytes, what: identity.join(", ") };
  },
};

export const tableKind: KindRow<PartitionTable> = {
  role: "table",
  noun: msg`partition table`,
  fields: {
    on: reference,
    sectorBytes: optional(sectorSize),
    scheme: oneOf("gpt", "dos"),
    uuid: v.pipe(
      word,
      v.check((id) => GUID.test(id) || /^0x[0-9a-f]{8}$/i.test(id), msg`must be a GUID or a signature`),
    ),
    entries: optional(v.pipe(positive, v.maxValue(65536, msg`must not be above 65536`))),
    firstUsableSector: optional(count),
    lastUsableSector: optional(count),
    protectiveActive: optional(v.literal(true, msg`must be true`)),
  },
  on: (table) => table.on,
  defect: ({ scheme, uuid }) => (GUID.test(uuid) === (scheme === "gpt") ? undefined : msg`uuid doesn't fit the scheme`),
  carries: true,
  words: ({ scheme, uuid }) => ({ what: [`${scheme === "gpt" ? "GPT" : "MBR"} ${uuid}`] }),
  compared: ["scheme", "uuid", "entries", "protectiveActive"],
};

/** What people call partition types that hold no file system, or a special one. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  "21686148-6449-6E6F-744E-656564454649": msg`BIOS boot`,
  "C12A7328-F81F-11D2-BA4B-00A0C93EC93B": msg`EFI system`,
  "9E1A2D38-C612-4316-AA26-8B49521E5A8B": msg`PReP boot`,
  "E3C9E316-0B5C-4DB8-817D-F92DF00215AE": msg`Microsoft reserved`,
  ef: msg`EFI system`,
};

function partitionWords(partition: Partition): string {
  if (partition.role === "extended") return msg`extended`;
  const name = partition.name === undefined || partition.name === "" ? "" : `"${partition.name}"`;
  const words = [TYPE_NAMES[partition.type] ?? "", name, partition.bootable ? msg`active` : ""];
  return words.filter((one) => one !== "").join(" ");
}

/** A partition as its table can have it. */
function partitionDefect(partition: Partition, find: (id: NodeId) => LayoutNode | undefined): string | undefined {
  const { startBytes, sizeBytes, type, uuid } = partition;
  const table = find(partition.table);
  const device = table?.kind === "table" ? find(table.on) : undefined;
  if (table?.kind !== "table" || !device) return undefined;
  const sector = table.sectorBytes ?? (device.kind === "disk" ? device.logicalSectorBytes : 512);
  if (startBytes % sector !== 0 || sizeBytes % sector !== 0)
    return msg`it doesn't begin and end on sectors of ${sector} bytes`;
  const isGpt = table.scheme === "gpt";
  if (GUID.test(type) !== isGpt) return msg`type doesn't fit the scheme of the table`;
  return GUID.test(uuid) === isGpt ? undefined : msg`uuid doesn't fit the scheme of the table`;
}

export const partitionKind: KindRow<Partition> = {
  role: "partition",
  noun: msg`partition`,
  fields: {
    table: reference,
    path: devicePath,
    number: v.pipe(positive, v.maxValue(65536, msg`must not be above 65536`)),
    startBytes: sectors,
    sizeBytes: sectors,
    type: v.pipe(
      word,
      v.check((id) => GUID.test(id) || /^[0-9a-f]{1,2}$/i.test(id), msg`must be a GUID or a byte`),
    ),
    uuid: v.pipe(
      word,
      v.check(
        (id) => GUID.test(id) || /^[0-9a-f]{8}-[0-9a-f]{2,}$/i.test(id),
        msg`must be a GUID or a signature and number`,
      ),
    ),
    name: optional(label),
    attributes: optional(v.pipe(text, v.regex(/^[\w:, ]*$/, msg`must be words as sfdisk writes them`))),
    bootable: optional(flag),
    bootCode,
    role: oneOf("primary", "extended", "logical"),
  },
  on: (partition) => partition.table,
  lowerRoles: ["table"],
  defect: partitionDefect,
  carries: true,
  line: (partition) => ({ name: partition.path, sizeBytes: partition.sizeBytes, what: partitionWords(partition) }),
  mountlistSize: ({ role, sizeBytes }) => (role === "extended" ? undefined : String(Math.floor(sizeBytes / KIB))),
  tags: ({ uuid, name }) => ({ partuuid: uuid, partlabel: name }),
  compared: ["startBytes", "sizeBytes", "type", "uuid", "name", "attributes", "bootable", "role"],
};
