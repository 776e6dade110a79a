import { stored } from "../../base/message.ts";
import { formatBytesPlainly } from "../../base/units.ts";
import { lvmExtents, segmentTypes } from "../../formats/storage/lvm-stretches.ts";
import type { LvmLogicalVolume, LvmVolumeGroup } from "../../formats/storage/lvm-volume-group.ts";
import { mappedPath } from "../../layout/mapped-path.ts";
import type { LayoutNode, LogicalVolume, NodeId, VolumeGroup } from "../../layout/types.ts";
import type { AssembledVolume, KernelVolume, PlacedMember } from "../volume-contract.ts";
import { cacheBytes, cacheName, cachesIn } from "./lvm-cache.ts";
import { dmUuidOf, obstaclesIn, unsupportedVolume } from "./lvm-obstacles.ts";
import { reduceGroup } from "./lvm-reduce.ts";

/** What a physical volume says. */
export interface LvmMemberDetails {
  readonly uuid: string;
  readonly metadataAreas: number;
  /** Its areas are not to be used. */
  readonly metadataIgnored?: true;
  /** The group as this one describes it. */
  readonly group: LvmVolumeGroup;
}

type LvmMember = PlacedMember<LvmMemberDetails>;

/** What holds others and nothing itself. */
const isPool = ({ segments }: LvmLogicalVolume) =>
  segments.some(({ type }) => type === "thin-pool" || type === "cache-pool");

/** `by fast (16.0 MiB, writeback)`, by the name of the volume that is cached: the same in every language. */
function cacheWords(group: LvmVolumeGroup): ReadonlyMap<string, string> {
  return new Map(
    cachesIn(group.volumes).map((cache) => {
      const size = formatBytesPlainly(cacheBytes(group, cache));
      return [cache.volume, stored`by ${cacheName(cache)} (${size}, ${cache.mode})`];
    }),
  );
}

function volumeNode(
  group: LvmVolumeGroup,
  volume: LvmLogicalVolume,
  isSnapshot: boolean,
  cache?: string,
): LogicalVolume {
  return {
    kind: "logical-volume",
    id: `lv:${group.name}/${volume.name}`,
    group: `vg:${group.name}`,
    name: volume.name,
    path: `/dev/${group.name}/${volume.name}`,
    uuid: volume.uuid,
    sizeBytes: lvmExtents(volume) * group.extentBytes,
    segments: segmentTypes(volume.segments),
    ...(cache === undefined ? {} : { cache }),
    ...(isSnapshot ? { snapshot: true } : {}),
  };
}

function groupNode(group: LvmVolumeGroup, members: readonly LvmMember[]): VolumeGroup {
  return {
    kind: "volume-group",
    id: `vg:${group.name}`,
    name: group.name,
    uuid: group.uuid,
    members: members.map(({ on, member: { details } }) => {
      const { uuid, metadataAreas, metadataIgnored } = details;
      return { on, uuid, metadataAreas, ...(metadataIgnored ? { metadataIgnored } : {}) };
    }),
    metadata: group.text,
  };
}

/** The members that the group still has: one that was taken out may keep its old text. */
function ownMembers(group: LvmVolumeGroup, members: readonly LvmMember[]): LvmMember[] {
  const uuids = new Set(group.physicalVolumes.map(({ uuid }) => uuid));
  return members.filter(({ member }) => uuids.has(member.details.uuid));
}

/** Why the group as a whole can't be made again. */
function groupObstacle(group: LvmVolumeGroup, own: readonly LvmMember[]): string | undefined {
  const absent = group.physicalVolumes.length - new Set(own.map(({ member }) => member.details.uuid)).size;
  if (absent > 0)
    return stored`a part of the volume group ${group.name}, of which ${absent} physical volumes are missing`;
  return group.owner && stored`a part of the volume group ${group.name}, which is bound to ${group.owner}`;
}

/** The volumes of a group that can hold something, with the kernel's names of those that are active. */
function volumesOf(
  group: LvmVolumeGroup,
  snapshots: ReadonlySet<string>,
  deviceOf: (volume: LvmLogicalVolume) => KernelVolume | undefined,
): AssembledVolume {
  const caches = cacheWords(group);
  const devices = new Map<NodeId, string>();
  const seen = [...group.volumes.values()].filter((volume) => volume.visible && !isPool(volume));
  const nodes = seen.flatMap((volume): LayoutNode[] => {
    const node = volumeNode(group, volume, snapshots.has(volume.name), caches.get(volume.name));
    const device = deviceOf(volume);
    if (!device) return [node, unsupportedVolume(node.id, node.path, stored`a logical volume that is not active`)];
    devices.set(node.id, device.name);
    return [node];
  });
  return { nodes, devices };
}

/** The volume group that its physical volumes add up to, as the newest of their texts has it. */
export function assembleVolumeGroup(
  members: readonly LvmMember[],
  kernel: readonly KernelVolume[],
  excluded: ReadonlySet<string> = new Set(),
): AssembledVolume {
  const [first] = members;
  if (!first) return { nodes: [], devices: new Map() };
  const texts = members.map(({ member }) => member.details.group);
  const newest = texts.reduce((a, b) => (b.sequence > a.sequence ? b : a));
  const deviceOf = ({ uuid }: LvmLogicalVolume) => kernel.find((k) => k.dmUuid === dmUuidOf(newest.uuid, uuid));
  // One that is not active has no device that its name would lead to.
  const pathsOf = (volume: LvmLogicalVolume) => [
    deviceOf(volume)?.path ?? "",
    `/dev/${newest.name}/${volume.name}`,
    mappedPath(newest.name, volume.name),
  ];
  const { group, notes, snapshots } = reduceGroup(newest, {
    isActive: (volume) => deviceOf(volume) !== undefined,
    isLeftOut: (volume) => pathsOf(volume).some((path) => excluded.has(path)),
  });
  const own = ownMembers(group, members);
  const obstacle = groupObstacle(group, own);
  if (obstacle !== undefined) {
    return { nodes: [unsupportedVolume(first.on, first.path, obstacle)], devices: new Map() };
  }
  const node = groupNode(group, own);
  const volumes = volumesOf(group, snapshots, deviceOf);
  const noteNodes = notes.map(
    ([name, text]): LayoutNode => ({ kind: "note", id: `note:lv:${group.name}/${name}`, text }),
  );
  return {
    nodes: [node, ...volumes.nodes, ...noteNodes, ...obstaclesIn(group, kernel, node.id)],
    devices: volumes.devices,
  };
}
