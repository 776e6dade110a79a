import { stored } from "../../base/message.ts";
import { decodeLuksHeader } from "../../formats/storage/decode-luks-header.ts";
import type { LuksHeader } from "../../formats/storage/luks-header.ts";
import type { LayoutNode, Luks, NodeId, Unsupported } from "../../layout/types.ts";
import type { AssembledVolume, KernelVolume, PlacedMember, VolumeDriver } from "../volume-contract.ts";
import { luksDemand, resizedLuks } from "./luks-fit.ts";
import { keyFileActions, lostKeys } from "./luks-keys.ts";
import { makeLuks } from "./luks-make.ts";
import { luksDmUuid, openLuks } from "./luks-start.ts";
import { tryLuks } from "./luks-trial.ts";

type LuksMember = PlacedMember<LuksHeader>;

function describe({ version, uuid, label }: LuksHeader, obstacle = stored`that is not open`): string {
  const called = label === undefined ? "" : stored`label ${label}, `;
  return stored`a LUKS${version} volume (${called}UUID ${uuid}) ${obstacle}`;
}

function unsupported({ on, path, device }: LuksMember, what: string): AssembledVolume {
  const node: Unsupported = { kind: "unsupported", id: `unsupported:${device}`, on, path, what };
  return { nodes: [node], devices: new Map() };
}

/** Device mapper calls an opened volume `CRYPT-LUKS2-UUID-NAME`, the UUID without hyphens. */
function openedFrom(member: LuksMember, kernel: readonly KernelVolume[]): KernelVolume | undefined {
  const start = luksDmUuid(member.member.details);
  return kernel.find((volume) => volume.slaves.includes(member.device) && volume.dmUuid?.startsWith(start));
}

function assembleOne(member: LuksMember, kernel: readonly KernelVolume[]): AssembledVolume {
  const { obstacle, ...header } = member.member.details;
  if (obstacle !== undefined) return unsupported(member, describe(header, obstacle));
  const device = openedFrom(member, kernel);
  if (device?.dmName === undefined) return unsupported(member, describe(header));
  const node: LayoutNode = {
    kind: "luks",
    id: `luks:${device.dmName}`,
    on: member.on,
    path: `/dev/mapper/${device.dmName}`,
    name: device.dmName,
    sizeBytes: device.sizeBytes,
    ...header,
  };
  return { nodes: [node], devices: new Map([[node.id, device.name]]) };
}

/** Each member is a volume of its own: several in one group are copies of one another (made by dd). */
function assemble(members: readonly LuksMember[], kernel: readonly KernelVolume[]): AssembledVolume {
  const volumes = members.map((member) => assembleOne(member, kernel));
  const devices = new Map<NodeId, string>(volumes.flatMap((volume) => [...volume.devices]));
  return { nodes: volumes.flatMap((volume) => volume.nodes), devices };
}

/** Volumes encrypted by LUKS1 and LUKS2. */
export const luksDriver: VolumeDriver<Luks, LuksHeader> = {
  type: "luks",
  kind: "luks",
  needs: { tools: ["cryptsetup", "modprobe"], optionalTools: ["dmsetup"], modules: ["dm_crypt"] },
  recognise(read) {
    const header = decodeLuksHeader(read);
    if (!header) return undefined;
    const what = describe(header);
    return { group: header.uuid, name: header.label ?? header.uuid, what, expected: 1, details: header };
  },
  assemble,
  demand: (luks, _device, context) => luksDemand(luks, context),
  resized: resizedLuks,
  make: makeLuks,
  trial: tryLuks,
  complete: keyFileActions,
  warnings: lostKeys,
  start: openLuks,
  stopCommand: ({ dmUuid = "", dmName }) =>
    /^CRYPT-LUKS\d-/.test(dmUuid) && dmName !== undefined ? ["cryptsetup", "close", dmName] : undefined,
};
