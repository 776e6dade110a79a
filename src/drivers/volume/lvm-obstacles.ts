import { stored } from "../../base/message.ts";
import type { LvmVolumeGroup } from "../../formats/storage/lvm-volume-group.ts";
import type { NodeId, Unsupported } from "../../layout/types.ts";
import type { KernelVolume } from "../volume-contract.ts";
import { cacheObstacle } from "./lvm-cache.ts";
import { thinObstacle } from "./lvm-thin.ts";

/** Types of segments that are made again from LVM's text: everything that they need lies in there, or is made empty. */
const REBUILDABLE =
  /^(striped|mirror|thin|thin-pool|cache(-pool)?(\+(METADATA_FORMAT|CACHE_USES_CACHEVOL))*|writecache|raid0|raid0_meta|raid1|raid4|raid5(_[lr][as]|_n)?|raid6(_[a-z0-9_]+)?|raid10(_near)?)$/;
/** Deeper than LVM puts volumes below each other. */
const MOST_LAYERS = 8;

/** What device mapper calls a volume: its group's and its own UUID, without hyphens. */
export const dmUuidOf = (group: string, volume: string): string => `LVM-${`${group}${volume}`.replaceAll("-", "")}`;

/** A volume that can't be made again. */
export function unsupportedVolume(on: NodeId, path: string, what: string): Unsupported {
  return { kind: "unsupported", id: `unsupported:${path.replace(/^\/dev\//, "")}`, on, path, what };
}

/** The types of all that a volume is made of, its own included, by the names in its segments. */
function typesBelow(group: LvmVolumeGroup, name: string, depth = 0): string[] {
  if (depth > MOST_LAYERS) return [];
  return (group.volumes.get(name)?.segments ?? []).flatMap(({ flaggedType, areas }) => [
    flaggedType,
    ...areas.flatMap(([below]) => typesBelow(group, below, depth + 1)),
  ]);
}

/** What of the group is of a type, or in a state, that can't be made again. */
function oddVolumes(group: LvmVolumeGroup, on: NodeId): Unsupported[] {
  return [...group.volumes.values()].flatMap((volume) => {
    const odd = [...new Set(typesBelow(group, volume.name))].filter((type) => !REBUILDABLE.test(type));
    const own = thinObstacle(volume) ?? cacheObstacle(volume);
    const what = odd.length > 0 ? stored`a logical volume of type ${odd.join(", ")}` : own;
    return what === undefined ? [] : [unsupportedVolume(on, `/dev/${group.name}/${volume.name}`, what)];
  });
}

/** Thin volumes that another program than LVM has made in a pool (container engines): they are not in LVM's text. */
function strangersInPools(group: LvmVolumeGroup, kernel: readonly KernelVolume[], on: NodeId): Unsupported[] {
  return [...group.volumes.values()].flatMap(({ name, uuid }) => {
    const pool = kernel.find(({ dmUuid }) => dmUuid?.startsWith(`${dmUuidOf(group.uuid, uuid)}-tpool`));
    const strangers = kernel.filter((k) => pool && k.slaves.includes(pool.name) && !k.dmUuid?.startsWith("LVM-"));
    const [first] = strangers;
    const what = stored`${strangers.length} thin volumes that LVM doesn't know of (${first?.dmName ?? first?.name})`;
    return first ? [unsupportedVolume(on, `/dev/${group.name}/${name}`, what)] : [];
  });
}

/** Everything of a group that can't be made again. */
export function obstaclesIn(group: LvmVolumeGroup, kernel: readonly KernelVolume[], on: NodeId): Unsupported[] {
  return [...oddVolumes(group, on), ...strangersInPools(group, kernel, on)];
}
