import { MondoError } from "../../base/errors.ts";
import type { Effect } from "../../effects/effect.ts";
import { decodeMdSuperblock, MD_FEATURE, MD_ROLE, type MdSuperblock } from "../../formats/storage/md-superblock.ts";
import { decodeMd090 } from "../../formats/storage/md-superblock-090.ts";
import type { LayoutNode, NodeId, Raid, Unsupported } from "../../layout/types.ts";
import type { AssembledVolume, KernelVolume, PlacedMember, VolumeDriver, VolumeMaking } from "../contracts.ts";
import { edgesOf } from "./edges.ts";
import { raidLayoutName, raidLevelName, raidModule } from "./md-names.ts";

const AWAIT_MS = 30_000;
const KIB = 1024;

type MdMember = PlacedMember<MdSuperblock>;

/** The one that was written last knows the roles of all: a member that failed keeps an old one. */
const freshest = (members: readonly MdMember[]) =>
  members.map(({ member }) => member.details).reduce((a, b) => (b.events > a.events ? b : a));

function obstacleOf(sb: MdSuperblock): string | undefined {
  const has = (bits: number) => (sb.features & bits) !== 0;
  if (raidLevelName(sb.level) === undefined) return `is of the unknown level ${sb.level}`;
  if (has(MD_FEATURE.reshape)) return "is being reshaped";
  if (has(MD_FEATURE.replacement)) return "is moving to another disk";
  if (has(MD_FEATURE.clustered)) return "belongs to a cluster";
  if (has(MD_FEATURE.journal) || sb.roles.includes(MD_ROLE.journal)) return "has a journal";
  if (has(MD_FEATURE.partialParityLog)) return "has a partial parity log";
  if (sb.bitmapChunkBytes === 0) return "has a bitmap that can't be read";
  return raidLayoutName(sb.level, sb.layout) === "unknown" ? `has the unknown layout ${sb.layout}` : undefined;
}

function unsupported(member: MdMember, sb: MdSuperblock, why: string): AssembledVolume {
  const { on, path, device } = member;
  const what = `a member of the software RAID ${sb.name || sb.uuid}, which ${why}`;
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
  const device = kernel.find((k) => /^md/.test(k.name) && members.some((member) => k.slaves.includes(member.device)));
  if (!device || device.sizeBytes === 0) return unsupported(first, sb, "is not running");
  const raid = raidNode(members, sb, device);
  const missing = raid.slots - raid.members.filter(({ slot }) => slot !== "spare").length;
  const text = `${raid.path} (${raid.level}) lacks ${missing} of ${raid.slots} members: it is made so again, without redundancy to spare`;
  const notes: LayoutNode[] = missing > 0 ? [{ kind: "note", id: `note:${raid.id}`, text }] : [];
  return { nodes: [raid, ...notes], devices: new Map([[raid.id, device.name]]) };
}

/** All in one word when they are alike: `--data-offset=2048K sda1 …`, else `--data-offset=variable sda1:2048K …`. */
function memberWords(raid: Raid, devices: Readonly<Record<NodeId, string>>): [option: string[], words: string[]] {
  const kib = (bytes: number) => `${bytes / KIB}K`;
  const offsets = new Set(raid.members.map((member) => member.dataOffsetBytes));
  // With metadata at the end data begin at byte 0 always; mdadm takes no offset for it.
  const atEnd = raid.metadata === "1.0" || raid.metadata === "0.90";
  const plain = offsets.size <= 1 || atEnd;
  const word = (member: Raid["members"][number]) => {
    const device = devices[member.on];
    if (device === undefined) throw new MondoError("bug", `no target device for ${member.on}`);
    return plain ? device : `${device}:${kib(member.dataOffsetBytes)}`;
  };
  const slots = Array.from({ length: raid.slots }, (_, slot) => {
    const member = raid.members.find((one) => one.slot === slot);
    return member ? word(member) : "missing";
  });
  const spares = raid.members.filter((member) => member.slot === "spare").map(word);
  const [offset] = offsets;
  const option = atEnd || offset === undefined ? [] : [`--data-offset=${plain ? kib(offset) : "variable"}`];
  return [option, [...slots, ...spares]];
}

/** Version 0.90 knows no names. mdadm puts the host's name before a name without one. */
function nameWords({ metadata, name }: Raid): string[] {
  if (metadata === "0.90") return [];
  const colon = name.indexOf(":");
  return [`--homehost=${colon < 0 ? "<none>" : name.slice(0, colon)}`, `--name=${name.slice(colon + 1)}`];
}

/**
 * No --assume-clean: the legs differ where nothing was written, which each later check of the array would report. The kernel
 * syncs beside the restore, gives way to it, and goes on after the restart.
 */
function createCommand(raid: Raid, devices: Readonly<Record<NodeId, string>>): string[] {
  const [offset, words] = memberWords(raid, devices);
  const spares = raid.members.filter((member) => member.slot === "spare").length;
  return [
    ...["mdadm", "--create", raid.path, "--run", "--force", `--metadata=${raid.metadata}`, `--level=${raid.level}`],
    ...[`--raid-devices=${raid.slots}`, ...(spares > 0 ? [`--spare-devices=${spares}`] : [])],
    ...nameWords(raid),
    `--uuid=${raid.uuid}`,
    ...(raid.layout === undefined ? [] : [`--layout=${raid.layout}`]),
    ...(raid.chunkBytes === undefined ? [] : [`--chunk=${raid.chunkBytes / KIB}K`]),
    ...(raid.componentBytes === undefined ? [] : [`--size=${raid.componentBytes / KIB}K`]),
    ...(raid.level === "raid0" || raid.level === "linear"
      ? []
      : raid.bitmapChunkBytes === undefined
        ? ["--bitmap=none"]
        : ["--bitmap=internal", `--bitmap-chunk=${raid.bitmapChunkBytes / KIB}K`]),
    ...(raid.writeBehind === undefined ? [] : [`--write-behind=${raid.writeBehind}`]),
    ...offset,
    ...words,
  ];
}

/** mdadm could give habits to a member and all behind it only. */
function habitEffects({ path, members }: Raid, devices: Readonly<Record<NodeId, string>>): Effect[] {
  return members.flatMap(({ on, habits }): Effect[] => {
    const member = devices[on];
    return habits === undefined || member === undefined ? [] : [{ do: "raidHabits", path, member, habits }];
  });
}

function make(node: LayoutNode, devices: Readonly<Record<NodeId, string>>): VolumeMaking {
  if (node.kind !== "raid") throw new MondoError("bug", `${node.id} is no RAID array`);
  const { path, sizeBytes, level } = node;
  const names = node.members.map((member) => devices[member.on] ?? member.on);
  const effects: Effect[] = [
    { do: "run", argv: ["modprobe", "-q", "md_mod"], writes: [], accept: [0, 1] },
    { do: "run", argv: createCommand(node, devices), writes: [path, ...names], input: "y\n", timeoutMs: 120_000 },
    { do: "await", path, sizeBytes, timeoutMs: AWAIT_MS },
    ...habitEffects(node, devices),
    // Where the data begins nothing was wiped yet: an old volume group in there would be found again.
    { do: "wipe", path, ranges: edgesOf(0, sizeBytes) },
  ];
  return { say: `Make the RAID array ${path} (${level}) of ${names.join(", ")}`, effects };
}

/** Linux software RAID with superblocks of version 1 or 0.90; not that of firmware (IMSM, DDF). */
export const mdDriver: VolumeDriver<MdSuperblock> = {
  type: "md",
  kind: "raid",
  needs: { tools: ["mdadm", "modprobe"], modules: ["md_mod"] },
  modulesFor: (node) => (node.kind === "raid" ? [raidModule(node.level)] : []),
  recognise(read, sizeBytes) {
    const sb = decodeMdSuperblock(read, sizeBytes) ?? decodeMd090(read, sizeBytes);
    if (!sb) return undefined;
    return {
      group: sb.uuid,
      name: sb.name,
      what: `a member of the software RAID ${sb.name || sb.uuid}`,
      expected: sb.raidDevices,
      ...(sb.dataOffsetBytes === 0 ? { fromStart: true } : {}),
      details: sb,
    };
  },
  assemble,
  make: (node, _layout, devices) => make(node, devices),
};
