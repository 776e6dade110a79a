import { MIB } from "../../base/units.ts";
import { filesystemDriver } from "../../drivers/fs/filesystem-drivers.ts";
import { volumeDriverOf } from "../../drivers/volume/volume-drivers.ts";
import type { Demand, FitContext } from "../../drivers/volume-contract.ts";
import { contentOf, tableOn, volumeDevices, volumeOn } from "../../layout/graph.ts";
import type { Rank } from "../../layout/spread.ts";
import type { Filesystem, Layout, NodeId, Swap } from "../../layout/types.ts";
import { nodesOf } from "../../layout/types.ts";
import { tableDemand } from "./stretches.ts";

const FIXED: Demand = { slackBytes: 0, rank: "fixed" };
const LEAST_SWAP_BYTES = 64 * MIB;
/** Room for what a file system with unknown superblock may need. */
const ASSUMED_ROOM_BYTES = 512 * MIB;
/** File systems that start the machine: their size was chosen, and growth is of no use to them. */
const STARTING = /^\/(boot|efi)(\/|$)/;

function rankOf(layout: Layout, fs: Filesystem): Rank {
  const mounts = nodesOf(layout, "mount").filter((mount) => mount.of === fs.id);
  // A btrfs for all may have subvolumes below /boot, too.
  const starts = mounts.length > 0 && mounts.every((mount) => STARTING.test(mount.path));
  return fs.type === "vfat" || starts ? "keep" : "data";
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

/** What lies on a device decides how far it can shrink, and whether it has a use for more. */
export function demandOf(layout: Layout, device: NodeId, sizeBytes: number): Demand {
  const volume = volumeOn(layout, device);
  if (volume) return volumeDriverOf(volume)?.demand?.(volume, device, fitContext(layout)) ?? FIXED;
  const table = tableOn(layout, device);
  if (table) return tableDemand(layout, table, { sizeBytes, logicalSectorBytes: table.sectorBytes ?? 512 }, demandOf);
  const content = contentOf(layout, device);
  const refused = nodesOf(layout, "unsupported").some((node) => node.on === device);
  if (!content || refused || volumeDevices(layout).length > MOST_VOLUMES) return FIXED;
  return contentDemand(layout, content, sizeBytes);
}

/** What drivers may ask of a layout whose sizes have to change. */
export const fitContext = (layout: Layout): FitContext => ({
  layout,
  demandOf: (device, sizeBytes) => demandOf(layout, device, sizeBytes),
});

/** Beyond this the sums above, which look at each volume for each, would take minutes. */
const MOST_VOLUMES = 2000;
