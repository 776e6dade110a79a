import { filesystemDriver } from "../drivers/fs/filesystem-drivers.ts";
import { contentOf, isBareDevice, isVolumeDevice, partitionsOf, tableOn } from "../layout/graph.ts";
import type { Disk, Filesystem, Layout, LayoutNode, NodeId, Partition, Swap, VolumeDevice } from "../layout/types.ts";
import { nodesOf } from "../layout/types.ts";
import type { Devices } from "../plan/storage-actions.ts";

/** A layout in which files stand for all devices: each table, file system and swap area lies on a disk of its own. */
export interface StandIns {
  readonly tables: Layout;
  readonly contents: Layout;
  /** File by node. */
  readonly devices: Devices;
  /** The real UUID by the one that stands for it. */
  readonly uuids: Readonly<Record<string, string>>;
}

type Carrier = Disk | Partition | VolumeDevice;
const ofTable = (id: NodeId) => `${id}:table`;
const ofContent = (id: NodeId) => `${id}:content`;

const isCarrier = (node: LayoutNode): node is Carrier => isBareDevice(node) || isVolumeDevice(node);

/** File that stands for a device: `DIRECTORY/mapper!root`. */
const fileOf = (directory: string, device: string) =>
  `${directory}/${device.replace(/^[/]dev[/]/, "").replaceAll("/", "!")}`;

/** The words of a sentence about files, about the devices that they stand for. */
export function aboutDevices(directory: string, uuids: StandIns["uuids"], sentence: string): string {
  const named = Object.entries(uuids).reduce((text, [from, to]) => text.replaceAll(from, to), sentence);
  return named.replaceAll(
    new RegExp(`${RegExp.escape(directory)}/([^\\s:,;]+)`, "g"),
    (_, name: string) => `/dev/${name.replaceAll("!", "/")}`,
  );
}

function standIn(id: NodeId, carrier: Carrier, path: string, sectorBytes: number): Disk {
  const { sizeBytes } = carrier;
  return {
    ...{ kind: "disk", id, path, sizeBytes, logicalSectorBytes: sectorBytes, physicalSectorBytes: sectorBytes },
    ...{ rotational: false, removable: false },
  };
}

const sectorsOf = (layout: Layout, carrier: Carrier) =>
  carrier.kind === "disk" ? carrier.logicalSectorBytes : (tableOn(layout, carrier.id)?.sectorBytes ?? 512);

/** Tools see sectors of 512 bytes in a file: a table with others is tried by itself. */
function tablesOf(layout: Layout, carriers: readonly Carrier[], directory: string): LayoutNode[] {
  return carriers.flatMap((carrier): LayoutNode[] => {
    const table = tableOn(layout, carrier.id);
    if (!table || sectorsOf(layout, carrier) !== 512) return [];
    const partitions = partitionsOf(layout, table.id);
    return [
      standIn(ofTable(carrier.id), carrier, fileOf(directory, carrier.path), 512),
      { ...table, on: ofTable(carrier.id) },
      ...partitions.map((partition) => ({ ...partition, path: fileOf(directory, partition.path) })),
    ];
  });
}

/** Tools of file systems whose UUID must be unique refuse those of the running machine. */
function withOwnUuid(fs: Filesystem): Filesystem {
  if (fs.uuid === undefined || !filesystemDriver(fs.type)?.needsUniqueUuid) return fs;
  const { deviceUuid: _, ...details } = fs.details;
  return { ...fs, uuid: crypto.randomUUID(), details };
}

function onStandIn(content: Filesystem | Swap): Filesystem | Swap {
  const on = ofContent(content.on);
  if (content.kind === "swap") return { ...content, on };
  const { alsoOn, ...fs } = withOwnUuid(content);
  if (alsoOn === undefined) return { ...fs, on };
  return { ...fs, on, alsoOn: alsoOn.map((other) => ({ ...other, on: ofContent(other.on) })) };
}

function standInUuids(real: readonly (Filesystem | Swap)[], made: readonly (Filesystem | Swap)[]) {
  const pairs = made.map(({ uuid }, index) => [uuid, real[index]?.uuid] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[0] !== pair[1]));
}

/** Files in a directory stand for the devices of a layout that get a table, a file system or a swap area. */
export function standInsFor(layout: Layout, directory: string): StandIns {
  const carriers = layout.nodes.filter(isCarrier);
  const tables: Layout = { version: 1, nodes: tablesOf(layout, carriers, directory) };
  const filled = carriers.filter((carrier) => contentOf(layout, carrier.id) !== undefined);
  const disks = filled.map((one) => standIn(ofContent(one.id), one, fileOf(directory, one.path), 512));
  const real = [...nodesOf(layout, "filesystem"), ...nodesOf(layout, "swap")];
  const contents = real.map(onStandIn);
  const named = [...tables.nodes, ...disks].flatMap((node) =>
    node.kind === "disk" || node.kind === "partition" ? [[node.id, node.path] as const] : [],
  );
  return {
    tables,
    contents: { version: 1, nodes: [...disks, ...contents] },
    devices: Object.fromEntries(named),
    uuids: standInUuids(real, contents),
  };
}
