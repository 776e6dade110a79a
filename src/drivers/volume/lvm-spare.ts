import { msg, stored } from "../../base/message.ts";
import { decodeLvmPhysicalVolume } from "../../formats/storage/lvm-physical-volume.ts";
import type { PhysicalVolume } from "../../layout/types.ts";
import type { DeviceReader } from "../contracts.ts";
import type { SpareMember, VolumeDriver, VolumeMaking } from "../volume-contract.ts";
import { lvmNeeds, lvmSettings } from "./lvm-settings.ts";

function spare(read: DeviceReader): SpareMember | undefined {
  const found = decodeLvmPhysicalVolume(read);
  if (!found?.unused) return undefined;
  const { uuid, metadataAreas, ignored } = found;
  const own = { uuid, metadataAreas, ...(ignored ? { metadataIgnored: true as const } : {}) };
  return {
    ...{ what: stored`a physical volume of LVM that no volume group has taken`, uuid },
    node: ({ on, name, path }): PhysicalVolume => ({ kind: "physical-volume", id: `pv:${name}`, on, path, ...own }),
  };
}

function make(
  { on, path, uuid, metadataAreas, metadataIgnored }: PhysicalVolume,
  _: unknown,
  devices: Readonly<Record<string, string>>,
): VolumeMaking {
  const device = devices[on] ?? path;
  const areas = ["--pvmetadatacopies", String(Math.min(2, metadataAreas))];
  const ignored = metadataIgnored ? ["--metadataignore", "y"] : [];
  const options = ["-ff", "--yes", "--norestorefile", "--uuid", uuid, ...areas, ...ignored];
  const argv = ["lvm", "pvcreate", "--config", lvmSettings([device]), ...options, device];
  return {
    say: msg`Make the physical volume of LVM on ${device}, in no volume group`,
    effects: [{ do: "run", argv, writes: [device], timeoutMs: 300_000 }],
  };
}

/** Physical volumes of LVM that no volume group has taken, made again with their UUIDs. */
export const lvmSpareDriver: VolumeDriver<PhysicalVolume> = {
  type: "lvm-spare",
  kind: "physical-volume",
  needs: lvmNeeds,
  recognise: () => undefined,
  spare,
  assemble: () => ({ nodes: [], devices: new Map() }),
  make,
};
