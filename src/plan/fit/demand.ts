import { MIB } from "../../base/units.ts";
import { filesystemDriver } from "../../drivers/fs/filesystem-drivers.ts";
import { shapeOf } from "../../drivers/volume/lvm-shape.ts";
import { isResizableRaid, raidMemberSlack } from "../../drivers/volume/md-resize.ts";
import { contentOf, tableOn, volumeDevices, volumeOn } from "../../layout/graph.ts";
import type { Filesystem, Layout, NodeId, Raid, Swap, VolumeGroup } from "../../layout/types.ts";
import { nodesOf } from "../../layout/types.ts";
import type { Rank } from "./spread.ts";
import { type Demand, tableDemand } from "./stretches.ts";

const FIXED: Demand = { slackBytes: 0, rank: "fixed" };
const LEAST_SWAP_BYTES = 64 * MIB;
/** Room for what a file system with unknown superblock may need. */
const ASSUMED_ROOM_BYTES = 512 * MIB;
/** File systems that start the machine: their size was chosen, and growth is of no use to them. */
const STARTING = /^\/(boot|efi)(\/|$)/;

function rankOf(layout: Layout, fs: Filesystem): Rank {
  const mounts = nodesOf(layout, "mount").filter((mount) => mount.of === fs.id);
  return fs.type === "vfat" || mounts.some((mount) => STARTING.test(mount.path)) ? "keep" : "data";
}

/** Smallest size of a file system or swap area; its own where nobody knows a smaller one. */
export function leastContentBytes(content: Filesystem | Swap): number {
  if (content.kind === "swap") return Math.min(content.sizeBytes, Math.max(LEAST_SWAP_BYTES, content.sizeBytes / 8));
  if (content.details.assumed === true) {
    const used = content.usedBytes;
    return used === undefined
      ? content.sizeBytes
      : Math.min(content.sizeBytes, Math.ceil(used * 1.1) + ASSUMED_ROOM_BYTES);
  }
  return filesystemDriver(content.type)?.minimumBytes(content) ?? content.sizeBytes;
}

/** The content with at most so many bytes; undefined when it can't have another size. */
export function resizedContent(content: Filesystem | Swap, bytes: number): Filesystem | Swap | undefined {
  if (content.kind === "swap" || content.details.assumed === true) return { ...content, sizeBytes: bytes };
  return filesystemDriver(content.type)?.resized?.(content, bytes);
}

function contentDemand(layout: Layout, content: Filesystem | Swap, deviceBytes: number): Demand {
  if (resizedContent(content, content.sizeBytes) === undefined) {
    return { slackBytes: Math.max(0, deviceBytes - content.sizeBytes), rank: "keep" };
  }
  const rank = content.kind === "swap" ? "keep" : rankOf(layout, content);
  // /boot needs room for the next kernel and initramfs beside those that it has.
  const twice = rank === "keep" && content.kind === "filesystem" ? 2 * (content.usedBytes ?? 0) : 0;
  return { slackBytes: Math.max(0, deviceBytes - Math.max(twice, leastContentBytes(content))), rank };
}

function raidDemand(layout: Layout, raid: Raid): Demand {
  if (!isResizableRaid(raid)) return FIXED;
  const { slackBytes, rank } = demandOf(layout, raid.id, raid.sizeBytes);
  return { slackBytes: raidMemberSlack(raid, raid.sizeBytes - slackBytes), rank };
}

/** Extents that all volumes of a group together can do without: what is free, and what its linear volumes can lose. */
export function groupSlack(layout: Layout, group: VolumeGroup): { readonly extents: number; readonly rank: Rank } {
  const { linear, extentBytes, physical } = shapeOf(group);
  const total = physical.reduce((sum, pv) => sum + pv.extents, 0);
  const pinned = physical.flatMap((pv) => pv.pinned).reduce((sum, [from, to]) => sum + to - from, 0);
  const used = linear.reduce((sum, volume) => sum + volume.extents, 0);
  const demands = linear.flatMap((volume) => {
    const node = nodesOf(layout, "logical-volume").find((one) => one.uuid === volume.uuid);
    return node ? [demandOf(layout, node.id, node.sizeBytes)] : [];
  });
  const slack = demands.reduce((sum, demand) => sum + Math.floor(demand.slackBytes / extentBytes), 0);
  const rank = demands.some((demand) => demand.rank === "data") ? "data" : demands.length > 0 ? "keep" : "fixed";
  return { extents: Math.max(0, total - pinned - used) + slack, rank };
}

function groupMemberDemand(layout: Layout, group: VolumeGroup, device: NodeId): Demand {
  const member = group.members.find((one) => one.on === device);
  const { physical, extentBytes } = shapeOf(group);
  const own = physical.find((pv) => pv.uuid === member?.uuid);
  if (!own) return FIXED;
  const { extents, rank } = groupSlack(layout, group);
  const end = Math.max(1, ...own.pinned.map(([, to]) => to));
  return { slackBytes: Math.max(0, Math.min(extents, own.extents - end)) * extentBytes, rank };
}

/** What lies on a device decides how far it can shrink, and whether it has a use for more. */
export function demandOf(layout: Layout, device: NodeId, sizeBytes: number): Demand {
  const volume = volumeOn(layout, device);
  if (volume?.kind === "raid") return raidDemand(layout, volume);
  if (volume?.kind === "volume-group") return groupMemberDemand(layout, volume, device);
  const luks = nodesOf(layout, "luks").find((one) => one.on === device);
  if (luks) {
    const { slackBytes, rank } = demandOf(layout, luks.id, luks.sizeBytes);
    // Encrypted volumes change by whole MiB.
    return { slackBytes: Math.floor(slackBytes / MIB) * MIB, rank };
  }
  const table = tableOn(layout, device);
  if (table) return tableDemand(layout, table, { sizeBytes, logicalSectorBytes: table.sectorBytes ?? 512 }, demandOf);
  const content = contentOf(layout, device);
  const refused = nodesOf(layout, "unsupported").some((node) => node.on === device);
  if (!content || refused || volumeDevices(layout).length > MOST_VOLUMES) return FIXED;
  return contentDemand(layout, content, sizeBytes);
}

/** Beyond this the sums above, which look at each volume for each, would take minutes. */
const MOST_VOLUMES = 2000;
