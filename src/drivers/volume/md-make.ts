import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import { KIB } from "../../base/units.ts";
import type { Effect } from "../../effects/effect.ts";
import type { Layout, NodeId, Raid } from "../../layout/types.ts";
import type { VolumeMaking } from "../volume-contract.ts";
import { edgesOf } from "./edges.ts";

const AWAIT_MS = 30_000;

/** All in one word when they are alike: `--data-offset=2048K sda1 …`, else `--data-offset=variable sda1:2048K …`. */
function memberWords(raid: Raid, devices: Readonly<Record<NodeId, string>>): [option: string[], words: string[]] {
  const kib = (bytes: number) => `${bytes / KIB}K`;
  const offsets = new Set(raid.members.map((member) => member.dataOffsetBytes));
  // With metadata at the end data begin at byte 0 always; mdadm takes no offset for it.
  const atEnd = raid.metadata === "1.0" || raid.metadata === "0.90";
  const plain = offsets.size <= 1 || atEnd;
  const word = (member: Raid["members"][number]) => {
    const device = devices[member.on];
    if (device === undefined) throw new MondoError("bug", msg`no target device for ${member.on}`);
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
 * No --assume-clean: the legs differ where nothing was written, which each later check of the array would report. The
 * kernel syncs beside the restore, gives way to it, and goes on after the restart.
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

/** Creates the array as it was: UUID, level, layout, offsets, and missing members as missing. */
export function makeRaid(node: Raid, _layout: Layout, devices: Readonly<Record<NodeId, string>>): VolumeMaking {
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
  return { say: msg`Make the RAID array ${path} (${level}) of ${names.join(", ")}`, effects };
}
