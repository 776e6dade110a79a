import { MondoError } from "../../base/errors.ts";
import { msg, told } from "../../base/message.ts";
import { MIB } from "../../base/units.ts";
import type { Effect } from "../../effects/effect.ts";
import { lvmStretches } from "../../formats/storage/lvm-stretches.ts";
import type { LvmVolumeGroup } from "../../formats/storage/lvm-volume-group.ts";
import { type Layout, type NodeId, nodesOf, type VolumeGroup } from "../../layout/types.ts";
import type { VolumeMaking } from "../volume-contract.ts";
import { edgesOf } from "./edges.ts";
import { cachesIn } from "./lvm-cache.ts";
import { lvmGroupOf } from "./lvm-group-of.ts";
import { lvmSettings } from "./lvm-settings.ts";
import { hasThinPools, thinEffects } from "./lvm-thin.ts";

type Devices = Readonly<Record<NodeId, string>>;

function deviceOf(devices: Devices, id: NodeId): string {
  const device = devices[id];
  if (device === undefined) throw new MondoError("bug", msg`no target device for ${id}`);
  return device;
}

/** Where volumes of type raid and mirror keep what of them is in sync. */
const STATE = /_rmeta_\d+$|_mlog(_mimage_\d+)?$/;

/**
 * Old superblocks in the metadata of raid volumes, old logs of mirrors and old records of caches would pass for the
 * state of the new ones. Out of zeros the kernel makes an empty cache, whose metadata LVM doesn't want to check then.
 */
function recordWipes(node: VolumeGroup, group: LvmVolumeGroup, devices: Devices): Effect[] {
  const { volumes } = group;
  const states = [...volumes.values()].filter(({ name, visible }) => STATE.test(name) && !visible);
  const names = [...states.map(({ name }) => name), ...cachesIn(volumes).map(({ records }) => records)];
  return names
    .flatMap((name) => lvmStretches(volumes, name))
    .flatMap(({ physical: key, extent, extents }): Effect[] => {
      const physical = group.physicalVolumes.find((pv) => pv.key === key);
      const member = node.members.find((one) => one.uuid === physical?.uuid);
      if (!physical || !member) return [];
      const offset = physical.startBytes + extent * group.extentBytes;
      const ranges = [[offset, Math.min(MIB, extents * group.extentBytes)] as const];
      return [{ do: "wipe", path: deviceOf(devices, member.on), ranges }];
    });
}

/** Physical volumes with their UUIDs, the group out of its own text, and all volumes active. */
export function makeVolumeGroup(node: VolumeGroup, layout: Layout, devices: Devices): VolumeMaking {
  const group = lvmGroupOf(node);
  const members = node.members.map((member) => ({ ...member, device: deviceOf(devices, member.on) }));
  const paths = members.map((member) => member.device);
  const file = `/run/mondo/volume-group-${node.name}.conf`;
  const thin = hasThinPools(group);
  const cached = cachesIn(group.volumes).length > 0;
  const checks = [...(thin ? ["thin_check_executable"] : []), ...(cached ? ["cache_check_executable"] : [])];
  const lvm = (command: string, ...words: readonly string[]): Effect => {
    const argv = ["lvm", command, "--config", lvmSettings(paths, checks), ...words];
    return { do: "run", argv, writes: paths, timeoutMs: 300_000 };
  };
  const volumes = nodesOf(layout, "logical-volume").filter((volume) => volume.group === node.id);
  const thinning = thinEffects(group, { lvm, uuid: node.uuid, file });
  const effects: Effect[] = [
    { do: "run", argv: ["modprobe", "-q", "dm_mod"], writes: [], accept: [0, 1] },
    { do: "mkdir", path: "/run/mondo" },
    { do: "write", path: file, text: node.metadata, mode: 0o600 },
    ...members.map(({ device, uuid, metadataAreas, metadataIgnored }) => {
      const ignored = metadataIgnored ? ["--metadataignore", "y"] : [];
      const copies = ["--pvmetadatacopies", String(Math.min(2, metadataAreas)), ...ignored];
      return lvm("pvcreate", "-ff", "--yes", "--uuid", uuid, "--restorefile", file, ...copies, device);
    }),
    ...recordWipes(node, group, devices),
    ...thinning,
    // LVM wants to be forced to a text with thin pools: it can't know that their metadata fits.
    lvm("vgcfgrestore", ...(thin ? ["--force"] : []), "--file", file, node.name),
    // What is not to be activated at a start (snapshots) has to be here.
    lvm("vgchange", "--activate", "y", "--ignoreactivationskip", node.name),
    ...volumes.map(({ path, sizeBytes }): Effect => ({ do: "wipe", path, ranges: edgesOf(0, sizeBytes) })),
  ];
  const names = volumes
    .map(({ name, cache }) => (cache === undefined ? name : msg`${name} cached ${told(cache)}`))
    .join(", ");
  return { say: msg`Make the volume group ${node.name} on ${paths.join(", ")} with ${names}`, effects };
}
