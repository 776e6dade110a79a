import { stored } from "../../base/message.ts";
import { decodeMdSuperblock, MD_FEATURE, MD_ROLE, type MdSuperblock } from "../../formats/storage/md-superblock.ts";
import { decodeMd090 } from "../../formats/storage/md-superblock-090.ts";
import { type MemberRole, SPARE } from "../../layout/keep/held-part.ts";
import type { LayoutNode, Raid, Unsupported } from "../../layout/types.ts";
import type { AssembledVolume, KernelVolume, PlacedMember, VolumeDriver } from "../volume-contract.ts";
import { makeRaid } from "./md-make.ts";
import { raidLayoutName, raidLevelName, raidModule } from "./md-names.ts";
import { equalMembers, fittedRaid, raidDemand } from "./md-resize.ts";
import { startRaid } from "./md-start.ts";

/** Kernel names of arrays. */
const ARRAY = /^md/;

type MdMember = PlacedMember<MdSuperblock>;

/** The one that was written last knows the roles of all: a member that failed keeps an old one. */
const freshest = (members: readonly MdMember[]) =>
  members.map(({ member }) => member.details).reduce((a, b) => (b.events > a.events ? b : a));

function obstacleOf(sb: MdSuperblock): string | undefined {
  const has = (bits: number) => (sb.features & bits) !== 0;
  if (raidLevelName(sb.level) === undefined) return stored`is of the unknown level ${sb.level}`;
  if (has(MD_FEATURE.reshape)) return stored`is being reshaped`;
  if (has(MD_FEATURE.replacement)) return stored`is moving to another disk`;
  if (has(MD_FEATURE.clustered)) return stored`belongs to a cluster`;
  if (has(MD_FEATURE.journal) || sb.roles.includes(MD_ROLE.journal)) return stored`has a journal`;
  if (has(MD_FEATURE.partialParityLog)) return stored`has a partial parity log`;
  if (sb.bitmapChunkBytes === 0) return stored`has a bitmap that can't be read`;
  return raidLayoutName(sb.level, sb.layout) === "unknown" ? stored`has the unknown layout ${sb.layout}` : undefined;
}

function unsupported(member: MdMember, sb: MdSuperblock, why: string): AssembledVolume {
  const { on, path, device } = member;
  const what = stored`a member of the software RAID ${sb.name || sb.uuid}, an array that ${why}`;
  const node: Unsupported = { kind: "unsupported", id: `unsupported:${device}`, on, path, what };
  return { nodes: [node], devices: new Map() };
}

function placedIn(members: readonly MdMember[], sb: MdSuperblock): Raid["members"] {
  const found = members.flatMap((member): Raid["members"] => {
    const { deviceNumber, dataOffsetBytes, habits } = member.member.details;
    const role = sb.roles[deviceNumber] ?? MD_ROLE.faulty;
    const own = { dataOffsetBytes, ...(habits === undefined ? {} : { habits }) };
    if (role === MD_ROLE.spare) return [{ on: member.on, slot: "spare", ...own }];
    return role < sb.raidDevices ? [{ on: member.on, slot: role, ...own }] : [];
  });
  const order = (slot: number | "spare") => (slot === "spare" ? Number.MAX_SAFE_INTEGER : slot);
  return found.sort((a, b) => order(a.slot) - order(b.slot));
}

function raidNode(members: readonly MdMember[], sb: MdSuperblock, device: KernelVolume): Raid {
  const layout = raidLayoutName(sb.level, sb.layout);
  return {
    kind: "raid",
    id: `raid:${device.name}`,
    path: device.path,
    name: sb.name,
    uuid: sb.uuid,
    sizeBytes: device.sizeBytes,
    level: raidLevelName(sb.level) ?? "",
    metadata: sb.version,
    ...(layout === undefined ? {} : { layout }),
    ...(sb.chunkBytes > 0 ? { chunkBytes: sb.chunkBytes } : {}),
    ...(sb.componentBytes > 0 ? { componentBytes: sb.componentBytes } : {}),
    ...(sb.bitmapChunkBytes === undefined ? {} : { bitmapChunkBytes: sb.bitmapChunkBytes }),
    ...(sb.writeBehind === undefined ? {} : { writeBehind: sb.writeBehind }),
    slots: sb.raidDevices,
    members: placedIn(members, sb),
  };
}

function assemble(members: readonly MdMember[], kernel: readonly KernelVolume[]): AssembledVolume {
  const sb = freshest(members);
  const [first] = members;
  if (!first) return { nodes: [], devices: new Map() };
  const obstacle = obstacleOf(sb);
  if (obstacle !== undefined) return unsupported(first, sb, obstacle);
  const device = kernel.find((k) => ARRAY.test(k.name) && members.some((member) => k.slaves.includes(member.device)));
  if (!device || device.sizeBytes === 0) return unsupported(first, sb, stored`is not running`);
  const raid = raidNode(members, sb, device);
  const missing = raid.slots - raid.members.filter(({ slot }) => slot !== "spare").length;
  const text = stored`${raid.path} (${raid.level}) lacks ${missing} of ${raid.slots} members: it is made so again, without redundancy to spare`;
  const notes: LayoutNode[] = missing > 0 ? [{ kind: "note", id: `note:${raid.id}`, text }] : [];
  return { nodes: [raid, ...notes], devices: new Map([[raid.id, device.name]]) };
}

/** Which member it is, by its own superblock. */
function roleOf({ roles, deviceNumber, raidDevices, events }: MdSuperblock): MemberRole {
  const role = roles[deviceNumber] ?? MD_ROLE.faulty;
  const own = role === MD_ROLE.spare ? SPARE : role < raidDevices ? String(role) : "failed";
  const total = new Set(roles.filter((one) => one < raidDevices)).size;
  return { own, total, age: events };
}

/** Linux software RAID with superblocks of version 1 or 0.90; not that of firmware (IMSM, DDF). */
export const mdDriver: VolumeDriver<Raid, MdSuperblock> = {
  type: "md",
  kind: "raid",
  needs: { tools: ["mdadm", "modprobe"], modules: ["md_mod"] },
  modulesFor: ({ level }) => [raidModule(level)],
  recognise(read, sizeBytes) {
    const sb = decodeMdSuperblock(read, sizeBytes) ?? decodeMd090(read, sizeBytes);
    if (!sb) return undefined;
    return {
      group: sb.uuid,
      name: sb.name,
      what: stored`a member of the software RAID ${sb.name || sb.uuid}`,
      expected: sb.raidDevices,
      ...(sb.dataOffsetBytes === 0 ? { fromStart: true } : {}),
      role: roleOf(sb),
      details: sb,
    };
  },
  assemble,
  demand: (raid, _member, context) => raidDemand(raid, context),
  equalMembers,
  resized: fittedRaid,
  make: makeRaid,
  start: startRaid,
  stopCommand: ({ name, path }) => (ARRAY.test(name) ? ["mdadm", "--stop", path] : undefined),
};
