import type { Candidate } from "./candidate.ts";
import { contentOf, diskOf, isBareDevice, volumeOn } from "./graph.ts";
import type { Tags } from "./kinds/kind-row.ts";
import { kindOf } from "./kinds.ts";
import type { Disk, Layout, LayoutNode, NodeId } from "./types.ts";
import { nodeById, nodesOf } from "./types.ts";

/**
 * A file below /dev, by any of its names; before it an option that takes nothing else, of btrfs or of systemd's fstab
 * generator.
 */
const DEVICE_NAME = /(\b(?:device|x-systemd\.[a-z-]+)=)?(\/dev\/[\w!.:+@~#%-]+(?:\/[\w!.:+@~#%-]+)*)/g;
const COMMENT = /^\s*#/;

/**
 * A name that may be followed by others behind colons (`cryptdevice=/dev/sda3:root`), which names in by-path hold, too.
 */
const beforeColon = (name: string): string => /^[^:]*/.exec(name)?.[0] ?? name;

/** The device files that a control file names outside of comments, each once. */
export function deviceNamesIn(text: string): string[] {
  const lines = text.split("\n").filter((line) => !COMMENT.test(line));
  const names = lines.flatMap((line) => [...line.matchAll(DEVICE_NAME)].map((match) => match[2] ?? ""));
  return [...new Set(names.flatMap((name) => [name, beforeColon(name)]))];
}

/** `UUID=x` as a device file, for files that take nothing else. */
export function specAsPath(spec: string): string {
  const [, tag, value] = /^(UUID|PARTUUID)=(.*)$/.exec(spec) ?? [];
  return tag === undefined ? spec : `/dev/disk/by-${tag.toLowerCase()}/${value}`;
}

/** Replaces device names as whole words outside of comments: `/dev/sda1` is not touched by a rule for `/dev/sda`. */
export function renameDevicesIn(text: string, names: Readonly<Record<string, string>>): string {
  const renamed = (word: string, option: string | undefined, name: string) => {
    const known = names[name] === undefined ? beforeColon(name) : name;
    const to = names[known];
    if (to === undefined) return word;
    return `${option ?? ""}${option === undefined ? to : specAsPath(to)}${name.slice(known.length)}`;
  };
  return text
    .split("\n")
    .map((line) => (COMMENT.test(line) ? line : line.replace(DEVICE_NAME, renamed)))
    .join("\n");
}

/** A file of the system, and the name in it of a disk or partition that another machine may call something else. */
export interface NameUse {
  readonly file: string;
  readonly name: string;
  readonly node: NodeId;
}

/** Every such use: those that were recorded, and further ones in fstab and crypttab. */
export function nameUses(layout: Layout): NameUse[] {
  const recorded = nodesOf(layout, "device-names").flatMap(({ uses }) => uses);
  const devices = layout.nodes.filter(isBareDevice);
  const listed = [
    ...nodesOf(layout, "fstab").flatMap(({ entries }) => entries.map(({ spec }) => ["/etc/fstab", spec] as const)),
    ...nodesOf(layout, "crypttab").flatMap(({ entries }) =>
      entries.map(({ source }) => ["/etc/crypttab", source] as const),
    ),
  ].flatMap(([file, name]) => {
    const node = devices.find(({ path }) => path === name);
    return node ? [{ file, name, node: node.id }] : [];
  });
  const isRecorded = (use: NameUse) => recorded.some(({ file, name }) => file === use.file && name === use.name);
  return [...recorded, ...listed.filter((use) => !isRecorded(use))];
}

const isSame = (a: Disk, b: Disk) =>
  a.serial === b.serial && a.wwn === b.wwn && a.model === b.model && a.transport === b.transport;

const tagsOf = (node: LayoutNode): Tags => kindOf(node).tags?.(node) ?? {};

/** A table without a signature gives its partitions no identifier of their own. */
const NO_IDENTIFIER = /^0+-/;

/**
 * What a device is called on every machine. A kernel name may be that of a root without an initramfs, and the kernel
 * itself finds a device by PARTUUID only. Other names need udev, which also finds the UUID of the content, the one that
 * people know.
 */
function lastingName(layout: Layout, { name, node }: NameUse): string | undefined {
  const device = nodeById(layout, node);
  const content = contentOf(layout, node) ?? volumeOn(layout, node);
  const [uuid, partuuid] = [content && tagsOf(content).uuid, device && tagsOf(device).partuuid];
  const byContent = uuid === undefined ? undefined : `UUID=${uuid}`;
  const hasOwn = partuuid !== undefined && !NO_IDENTIFIER.test(partuuid);
  const byTable = hasOwn ? `PARTUUID=${partuuid.toLowerCase()}` : undefined;
  return name.startsWith("/dev/disk/") ? (byContent ?? byTable) : (byTable ?? byContent);
}

/** Whether a name means nothing, or something else, on the disks that stand for those of the layout. */
function isStale(
  layout: Layout,
  { name, node }: NameUse,
  devices: Readonly<Record<NodeId, string>>,
  targets: Readonly<Record<NodeId, Candidate>>,
): boolean {
  const changed = (disk: Disk | undefined) => {
    const target = disk && targets[disk.id];
    return disk !== undefined && target !== undefined && !isSame(disk, target.disk);
  };
  if (name.startsWith("/dev/disk/by-id/")) return changed(diskOf(layout, node));
  const disks = nodesOf(layout, "disk");
  // A slot is that of the same machine only as far as all its disks are the same.
  if (name.startsWith("/dev/disk/by-path/")) return disks.some((disk) => changed(disk));
  return devices[node] !== undefined && devices[node] !== name;
}

/** Names in control files that don't lead to their devices on these disks, and names that do on every machine. */
export function changedNames(
  layout: Layout,
  devices: Readonly<Record<NodeId, string>>,
  targets: Readonly<Record<NodeId, Candidate>>,
): Record<string, string> {
  const names: Record<string, string> = {};
  for (const use of nameUses(layout)) {
    if (!isStale(layout, use, devices, targets)) continue;
    const lasting = lastingName(layout, use) ?? devices[use.node];
    if (lasting !== undefined) names[use.name] = lasting;
  }
  return names;
}
