import { MondoError } from "../../base/errors.ts";
import { stored } from "../../base/message.ts";
import { decodeLvmPhysicalVolume, type LvmPhysicalVolume } from "../../formats/storage/lvm-physical-volume.ts";
import { decodeLvmVolumeGroup, type LvmVolumeGroup } from "../../formats/storage/lvm-volume-group.ts";
import type { VolumeGroup } from "../../layout/types.ts";
import type { DeviceReader } from "../contracts.ts";
import type { VolumeDriver, VolumeMember } from "../volume-contract.ts";
import { assembleVolumeGroup, type LvmMemberDetails } from "./lvm-assemble.ts";
import { cacheModules } from "./lvm-cache.ts";
import { groupDifferences } from "./lvm-compare.ts";
import { lvmDevicesActions } from "./lvm-devices-file.ts";
import { physicalDemand, resizedGroup } from "./lvm-fit.ts";
import { dispensableCaches, withoutPhysicalVolume } from "./lvm-give-up.ts";
import { lvmGroupOf } from "./lvm-group-of.ts";
import { makeVolumeGroup } from "./lvm-make.ts";
import { lvmNeeds } from "./lvm-settings.ts";
import { startVolumeGroup } from "./lvm-start.ts";
import { raidModule } from "./md-names.ts";

function memberOf(group: LvmVolumeGroup, { uuid, metadataAreas, ignored }: LvmPhysicalVolume) {
  const details: LvmMemberDetails = { uuid, metadataAreas, ...(ignored ? { metadataIgnored: true } : {}), group };
  const what = stored`a physical volume of the volume group ${group.name}`;
  const gives = [...group.volumes.values()].map((volume) => volume.uuid.toLowerCase());
  const role = { own: uuid, total: group.physicalVolumes.length, age: group.sequence, gives };
  return { group: group.uuid, name: group.name, what, expected: group.physicalVolumes.length, role, details };
}

/** One without metadata of its own, or with areas that are ignored: other physical volumes say whose it is. */
function adopt(
  read: DeviceReader,
  others: () => readonly VolumeMember<LvmMemberDetails>[],
): VolumeMember<LvmMemberDetails> | undefined {
  const found = decodeLvmPhysicalVolume(read);
  if (!found) return undefined;
  const groups = others().map(({ details }) => details.group);
  const own = groups.filter(({ physicalVolumes }) => physicalVolumes.some(({ uuid }) => uuid === found.uuid));
  const [first, ...rest] = own;
  return (
    first &&
    memberOf(
      rest.reduce((a, b) => (b.sequence > a.sequence ? b : a), first),
      found,
    )
  );
}

function recognise(read: DeviceReader): VolumeMember<LvmMemberDetails> | undefined {
  const found = decodeLvmPhysicalVolume(read);
  if (found?.metadata === undefined) return undefined;
  try {
    return memberOf(decodeLvmVolumeGroup(found.metadata), found);
  } catch (error) {
    // It stays a physical volume that can't be rebuilt.
    if (error instanceof MondoError) return undefined;
    throw error;
  }
}

function modulesFor(node: VolumeGroup): string[] {
  const { volumes } = lvmGroupOf(node);
  const types = new Set([...volumes.values()].flatMap(({ segments }) => segments.map(({ type }) => type)));
  const levels = [...types].filter((type) => type.startsWith("raid")).map((type) => /^raid\d+/.exec(type)?.[0] ?? type);
  return [
    ...(types.has("mirror") ? ["dm_mirror"] : []),
    ...(types.has("thin-pool") ? ["dm_thin_pool"] : []),
    ...cacheModules(volumes),
    ...(levels.length > 0 ? ["dm_raid", ...levels.map(raidModule)] : []),
  ];
}

/** LVM2: volume groups and the logical volumes in them, made again from LVM's own text with every UUID. */
export const lvmDriver: VolumeDriver<VolumeGroup, LvmMemberDetails> = {
  type: "lvm",
  kind: "volume-group",
  needs: lvmNeeds,
  modulesFor,
  recognise,
  adopt,
  assemble: assembleVolumeGroup,
  dispensables: dispensableCaches,
  withoutMember: withoutPhysicalVolume,
  demand: physicalDemand,
  resized: resizedGroup,
  make: makeVolumeGroup,
  complete: lvmDevicesActions,
  differences: groupDifferences,
  start: startVolumeGroup,
  stopCommand: ({ dmUuid, dmName }) =>
    dmUuid?.startsWith("LVM-") && dmName !== undefined
      ? ["dmsetup", "remove", "--retry", "--verifyudev", dmName]
      : undefined,
};
