import { MondoError } from "../../base/errors.ts";
import { formatBytes } from "../../base/units.ts";
import {
  decodeLvmVolumeGroup,
  type LvmLogicalVolume,
  type LvmVolumeGroup,
} from "../../formats/storage/lvm-metadata.ts";
import { decodeLvmPhysicalVolume, type LvmPhysicalVolume } from "../../formats/storage/lvm-physical-volume.ts";
import { readLvmTree, segmentTypes } from "../../formats/storage/lvm-tree.ts";
import { mappedPath } from "../../layout/mapped-path.ts";
import type { LayoutNode, LogicalVolume, NodeId, Unsupported, VolumeGroup } from "../../layout/types.ts";
import type {
  AssembledVolume,
  DeviceReader,
  KernelVolume,
  PlacedMember,
  VolumeDriver,
  VolumeMember,
} from "../contracts.ts";
import { cacheBytes, cacheModules, cacheName, cacheObstacle, cachesIn } from "./lvm-cache.ts";
import { dispensableCaches, withoutPhysicalVolume } from "./lvm-give-up.ts";
import { makeVolumeGroup } from "./lvm-make.ts";
import { reduceGroup } from "./lvm-reduce.ts";
import { thinObstacle } from "./lvm-thin.ts";
import { raidModule } from "./md-names.ts";

/** Types of segments that are made again from LVM's text: everything that they need lies in there, or is made empty. */
const REBUILDABLE =
  /^(striped|mirror|thin|thin-pool|cache(-pool)?(\+(METADATA_FORMAT|CACHE_USES_CACHEVOL))*|writecache|raid0|raid0_meta|raid1|raid4|raid5(_[lr][as]|_n)?|raid6(_[a-z0-9_]+)?|raid10(_near)?)$/;

/** What holds others and nothing itself. */
const POOL = /^(thin|cache)-pool(\+|$)/;

interface Details {
  readonly physical: Omit<LvmPhysicalVolume, "metadata">;
  readonly group: LvmVolumeGroup;
  readonly metadata: string;
}

const detailsOf = ({ member }: PlacedMember) => member.details as unknown as Details;

function recognise(read: DeviceReader): VolumeMember | undefined {
  const found = decodeLvmPhysicalVolume(read);
  if (found?.metadata === undefined) return undefined;
  const { metadata, ...physical } = found;
  try {
    const group = decodeLvmVolumeGroup(metadata);
    const details: Details = { physical, group, metadata };
    const what = `a physical volume of the volume group ${group.name}`;
    return {
      group: group.uuid,
      name: group.name,
      what,
      expected: group.physicalVolumes.length,
      details: { ...details },
    };
  } catch (error) {
    // It stays a physical volume that can't be rebuilt.
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

const dmUuidOf = (group: string, volume: string) => `LVM-${group}${volume}`.replaceAll("-", "").replace("LVM", "LVM-");

function unsupported(on: NodeId, path: string, what: string): Unsupported {
  return { kind: "unsupported", id: `unsupported:${path.replace(/^\/dev\//, "")}`, on, path, what };
}

/** The volumes that one is made of, itself included, by the names in its segments. */
function segmentsBelow(group: LvmVolumeGroup, name: string, depth = 0): string[] {
  const volume = group.logicalVolumes.find((one) => one.name === name);
  if (!volume || depth > 8) return [];
  return volume.segments.flatMap((s) => [
    s.type,
    ...s.areas.flatMap(([below]) => segmentsBelow(group, below, depth + 1)),
  ]);
}

/** `by fast (16.0 MiB, writeback)`, by the name of the volume that is cached. */
function cacheWords(group: LvmVolumeGroup, text: string): ReadonlyMap<string, string> {
  const { volumes } = readLvmTree(text);
  return new Map(
    cachesIn(volumes).map((cache) => {
      const size = formatBytes(cacheBytes(volumes, cache, group.extentBytes));
      return [cache.volume, `by ${cacheName(cache)} (${size}, ${cache.mode})`];
    }),
  );
}

function volumeNode(
  group: LvmVolumeGroup,
  volume: LvmLogicalVolume,
  isSnapshot: boolean,
  cache?: string,
): LogicalVolume {
  const extents = volume.segments.reduce((sum, segment) => sum + segment.extents, 0);
  return {
    kind: "logical-volume",
    id: `lv:${group.name}/${volume.name}`,
    group: `vg:${group.name}`,
    name: volume.name,
    path: `/dev/${group.name}/${volume.name}`,
    uuid: volume.uuid,
    sizeBytes: extents * group.extentBytes,
    segments: segmentTypes(volume.segments),
    ...(cache === undefined ? {} : { cache }),
    ...(isSnapshot ? { snapshot: true } : {}),
  };
}

/** One sentence's end for each thing of the group that can't be made again. */
function obstaclesOf(group: LvmVolumeGroup, text: string, on: NodeId): Unsupported[] {
  const { volumes } = readLvmTree(text);
  return group.logicalVolumes.flatMap(({ name }) => {
    const path = `/dev/${group.name}/${name}`;
    const odd = [...new Set(segmentsBelow(group, name))].filter((type) => !REBUILDABLE.test(type));
    const own = volumes[name] && (thinObstacle(volumes[name]) ?? cacheObstacle(volumes[name]));
    const what = odd.length > 0 ? `a logical volume of type ${odd.join(", ")}` : own;
    return what === undefined ? [] : [unsupported(on, path, what)];
  });
}

/** Thin volumes that another program than LVM has made in a pool (container engines): LVM's text doesn't tell them. */
function strangersInPools(group: LvmVolumeGroup, kernel: readonly KernelVolume[], on: NodeId): Unsupported[] {
  return group.logicalVolumes.flatMap(({ name, uuid }) => {
    const pool = kernel.find(({ dmUuid }) => dmUuid?.startsWith(`${dmUuidOf(group.uuid, uuid)}-tpool`));
    const strangers = kernel.filter((k) => pool && k.slaves.includes(pool.name) && !k.dmUuid?.startsWith("LVM-"));
    const [first] = strangers;
    const what = `${strangers.length} thin volumes that LVM doesn't know of (${first?.dmName ?? first?.name})`;
    return first ? [unsupported(on, `/dev/${group.name}/${name}`, what)] : [];
  });
}

function assemble(
  members: readonly PlacedMember[],
  kernel: readonly KernelVolume[],
  excluded: ReadonlySet<string> = new Set(),
): AssembledVolume {
  const [first] = members;
  if (!first) return { nodes: [], devices: new Map() };
  const newest = members.map(detailsOf).reduce((a, b) => (b.group.sequence > a.group.sequence ? b : a));
  const deviceOf = (uuid: string) => kernel.find((k) => k.dmUuid === dmUuidOf(newest.group.uuid, uuid));
  const reduced = reduceGroup(
    newest.metadata,
    (uuid) => deviceOf(uuid) !== undefined,
    // One that is not active has no device that its name would lead to.
    (uuid, name) =>
      [deviceOf(uuid)?.path ?? "", `/dev/${newest.group.name}/${name}`, mappedPath(newest.group.name, name)].some(
        (path) => excluded.has(path),
      ),
  );
  const { text: metadata, notes, snapshots } = reduced;
  const group = decodeLvmVolumeGroup(metadata);
  const own = members.filter((member) =>
    group.physicalVolumes.some((pv) => pv.uuid === detailsOf(member).physical.uuid),
  );
  const absent = group.physicalVolumes.length - new Set(own.map((member) => detailsOf(member).physical.uuid)).size;
  const refuse = (what: string): AssembledVolume => {
    return { nodes: [unsupported(first.on, first.path, what)], devices: new Map() };
  };
  if (absent > 0)
    return refuse(`a part of the volume group ${group.name}, of which ${absent} physical volumes are missing`);
  if (group.owner !== undefined)
    return refuse(`a part of the volume group ${group.name}, which is bound to ${group.owner}`);
  const node: VolumeGroup = {
    kind: "volume-group",
    id: `vg:${group.name}`,
    name: group.name,
    uuid: group.uuid,
    members: own.map((member) => {
      const { uuid, metadataAreas } = detailsOf(member).physical;
      return { on: member.on, uuid, metadataAreas };
    }),
    metadata,
  };
  const devices = new Map<NodeId, string>();
  const caches = cacheWords(group, metadata);
  const volumes = group.logicalVolumes
    .filter((volume) => volume.visible && volume.segments.every(({ type }) => !POOL.test(type)))
    .flatMap((volume): LayoutNode[] => {
      const lv = volumeNode(group, volume, snapshots.has(volume.name), caches.get(volume.name));
      const device = deviceOf(volume.uuid);
      if (device) devices.set(lv.id, device.name);
      return device ? [lv] : [lv, unsupported(lv.id, lv.path, "a logical volume that is not active")];
    });
  const said = notes.map(([name, text]): LayoutNode => ({ kind: "note", id: `note:lv:${group.name}/${name}`, text }));
  return {
    nodes: [
      node,
      ...volumes,
      ...said,
      ...obstaclesOf(group, metadata, node.id),
      ...strangersInPools(group, kernel, node.id),
    ],
    devices,
  };
}

function modulesFor(node: LayoutNode): string[] {
  if (node.kind !== "volume-group") return [];
  const volumes = decodeLvmVolumeGroup(node.metadata).logicalVolumes;
  const types = volumes.flatMap((volume) => volume.segments.map((segment) => segment.type));
  const levels = types.filter((type) => type.startsWith("raid")).map((type) => /^raid\d+/.exec(type)?.[0] ?? type);
  return [
    ...(types.includes("mirror") ? ["dm_mirror"] : []),
    ...(types.includes("thin-pool") ? ["dm_thin_pool"] : []),
    ...cacheModules(readLvmTree(node.metadata).volumes),
    ...(levels.length > 0 ? ["dm_raid", ...levels.map(raidModule)] : []),
  ];
}

/** LVM2: volume groups and the logical volumes in them, made again from LVM's own text with every UUID. */
export const lvmDriver: VolumeDriver = {
  type: "lvm",
  kind: "volume-group",
  needs: {
    tools: ["lvm", "dmsetup", "modprobe"],
    optionalTools: ["pvs", "vgs", "lvs", "pvcreate", "vgchange", "vgcfgrestore", "thin_check", "cache_check"],
    modules: ["dm_mod"],
  },
  modulesFor,
  recognise,
  assemble,
  dispensables: dispensableCaches,
  withoutMember: withoutPhysicalVolume,
  make: makeVolumeGroup,
};
