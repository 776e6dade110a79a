import { stored } from "../base/message.ts";
import { volumeDriver } from "../drivers/volume/volume-drivers.ts";
import type { KernelVolume, PlacedMember, VolumeDriver, VolumeMember } from "../drivers/volume-contract.ts";
import { isBareDevice, isVolumeDevice } from "../layout/graph.ts";
import { kindOf } from "../layout/kinds.ts";
import { type LayoutNode, type NodeId, nodeById } from "../layout/types.ts";
import { withBootCode } from "./boot-code-nodes.ts";
import type { Content } from "./decode-device.ts";
import { contentNodes, contentOfDevice } from "./describe-content.ts";
import { describeDisk, isLookedInto, tableNodes } from "./describe-disk.ts";
import { joinFilesystems, spreadOf, withMounted } from "./describe-filesystems.ts";
import { type DeviceFacts, type StorageFacts, wholeDisks } from "./facts.ts";
import { disksBelow } from "./uses.ts";

/** What lies on disks, with the volumes that they make up. */
export interface Description {
  readonly nodes: readonly LayoutNode[];
  /** The device of every node that is one. */
  readonly devices: ReadonlyMap<NodeId, DeviceFacts>;
}

interface Group {
  readonly driver: VolumeDriver;
  readonly members: PlacedMember[];
}

function placed(
  facts: StorageFacts,
  device: DeviceFacts,
  on: NodeId,
): { type: string; placed: PlacedMember } | undefined {
  const content = contentOfDevice(facts, device);
  if (content.kind !== "member") return undefined;
  return { type: content.type, placed: { on, device: device.name, path: device.path, member: content.member } };
}

/** The disks and partitions whose content counts, with their devices. */
function bareDevices(facts: StorageFacts, nodes: readonly LayoutNode[], excluded: ReadonlySet<string>) {
  const tables = new Set(nodes.flatMap((node) => (node.kind === "table" ? [node.on] : [])));
  const byPath = new Map(facts.devices.map((device) => [device.path, device]));
  return nodes.flatMap((node): [NodeId, DeviceFacts][] => {
    if (!isBareDevice(node)) return [];
    const isLooked =
      node.kind === "partition" ? isLookedInto(node, excluded) : !tables.has(node.id) && !excluded.has(node.path);
    const device = isLooked ? byPath.get(node.path) : undefined;
    return device ? [[node.id, device]] : [];
  });
}

const kernelVolumes = (facts: StorageFacts): KernelVolume[] =>
  facts.devices.filter((device) => device.slaves.length > 0);

/** The group to build next: one that is complete, so that what lies on a volume still to come is waited for. */
function takeGroup(groups: Map<string, Group>): Group | undefined {
  const complete = [...groups].find(([, { members }]) => members.length >= (members[0]?.member.expected ?? 0));
  const [key, group] = complete ?? [...groups][0] ?? [];
  if (key !== undefined) groups.delete(key);
  return group;
}

/** The kernel makes partitions of arrays as it does of disks. */
function arrayTable(
  facts: StorageFacts,
  device: DeviceFacts,
  on: NodeId,
  content: Extract<Content, { kind: "gpt" | "dos" }>,
  excluded: ReadonlySet<string>,
): LayoutNode[] {
  const sectorBytes = device.logicalSectorBytes;
  const nodes = tableNodes(facts, device, on, content, excluded);
  return nodes.map((node) => (node.kind === "table" ? { ...node, sectorBytes } : node));
}

/** What an active volume holds. If the content is unknown, a note says that the volume comes back empty. */
function insideNodes(
  facts: StorageFacts,
  device: DeviceFacts,
  node: LayoutNode,
  excluded: ReadonlySet<string>,
): LayoutNode[] {
  if (!isVolumeDevice(node)) return [];
  const content = contentOfDevice(facts, device);
  const name = node.id.slice(node.id.indexOf(":") + 1);
  const place = { on: node.id, name, path: node.path };
  if (content.kind === "gpt" || content.kind === "dos") {
    if (kindOf(node).takesTable) return arrayTable(facts, device, node.id, content, excluded);
    return [
      { kind: "unsupported", id: `unsupported:${name}`, on: node.id, path: node.path, what: stored`a partition table` },
    ];
  }
  if (content.kind === "nothing" && device.holders.length === 0) {
    const text = stored`${node.path} holds nothing that is known: a restore makes it again, but empty`;
    return [{ kind: "note", id: `note:empty:${name}`, text }];
  }
  return contentNodes(facts, device, content, place);
}

/**
 * Describes disks and, after them, every volume on them with what it holds: each stands after all that it is made of.
 */
export function describeDisks(
  facts: StorageFacts,
  disks: readonly DeviceFacts[],
  excluded: ReadonlySet<string> = new Set(),
  images: ReadonlySet<string> = new Set(),
): Description {
  const unread = new Set([...excluded, ...images]);
  const nodes: LayoutNode[] = [];
  const byPath = new Map(facts.devices.map((device) => [device.path, device]));
  const devices = new Map<NodeId, DeviceFacts>();
  const groups = new Map<string, Group>();
  const add = (on: NodeId, device: DeviceFacts) => {
    const found = placed(facts, device, on);
    const driver = found && volumeDriver(found.type);
    if (!found || !driver) return;
    const key = `${found.type}:${found.placed.member.group}`;
    const group = groups.get(key) ?? { driver, members: [] };
    group.members.push(found.placed);
    groups.set(key, group);
  };
  const take = (found: readonly LayoutNode[]) => {
    nodes.push(...found);
    for (const node of found) {
      const device = isBareDevice(node) ? byPath.get(node.path) : undefined;
      if (device) devices.set(node.id, device);
    }
    for (const [id, device] of bareDevices(facts, found, unread)) add(id, device);
  };
  take(disks.flatMap((disk) => describeDisk(facts, disk, unread)));
  for (let group = takeGroup(groups); group; group = takeGroup(groups)) {
    const volume = group.driver.assemble(group.members, kernelVolumes(facts), excluded);
    nodes.push(...volume.nodes);
    for (const [id, name] of volume.devices) {
      const device = facts.devices.find((one) => one.name === name);
      const node = nodeById({ version: 1, nodes: volume.nodes }, id);
      // A device that is met twice would be made of itself.
      if (!device || !node || [...devices.values()].includes(device)) continue;
      devices.set(id, device);
      if (unread.has(device.path)) continue;
      take(insideNodes(facts, device, node, unread));
      add(id, device);
    }
  }
  const whole = withMounted(facts, joinFilesystems(facts, nodes, devices));
  return { nodes: withBootCode(facts, whole), devices };
}

/** Everything on the machine's disks, those of no system included. */
export function describeMachine(facts: StorageFacts): Description {
  return describeDisks(facts, wholeDisks(facts));
}

/** What a disk and its partitions are members of, without looking for the other members. */
export function membershipsOn(facts: StorageFacts, disk: DeviceFacts): VolumeMember[] {
  const nodes = describeDisk(facts, disk);
  const found = bareDevices(facts, nodes, new Set()).flatMap(([id, device]) => placed(facts, device, id) ?? []);
  return found.map((one) => one.placed.member);
}

/** What a device is a part of, together with others. */
function groupKey(facts: StorageFacts, device: DeviceFacts): string | undefined {
  const found = placed(facts, device, "");
  return found ? `${found.type}:${found.placed.member.group}` : spreadOf(facts, device)?.key;
}

/** The disks, and all others that volumes and file systems on them have parts on. `excluded` devices stay out. */
export function withWholeVolumes(
  facts: StorageFacts,
  disks: ReadonlySet<string>,
  excluded: ReadonlySet<string>,
): ReadonlySet<string> {
  const groups = new Map<string, Set<string>>();
  for (const device of facts.devices) {
    const key = excluded.has(device.path) || device.sizeBytes === 0 ? undefined : groupKey(facts, device);
    if (key === undefined) continue;
    const own = disksBelow(facts, device).filter((disk) => !excluded.has(disk.path));
    groups.set(key, new Set([...(groups.get(key) ?? []), ...own.map((disk) => disk.name)]));
  }
  const all = new Set(disks);
  for (let before = -1; before !== all.size; ) {
    before = all.size;
    for (const group of groups.values())
      if ([...group].some((name) => all.has(name))) for (const n of group) all.add(n);
  }
  return all;
}
