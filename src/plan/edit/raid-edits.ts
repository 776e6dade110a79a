import { msg } from "../../base/message.ts";
import { fewestMembers, raidShape } from "../../drivers/volume/md-shape.ts";
import { nodesOn } from "../../layout/nodes-on.ts";
import type { Layout, Raid } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import { without } from "./content-edits.ts";
import type { Edit } from "./edit.ts";
import { type Device, findDevice } from "./find-node.ts";
import { cannot } from "./flaw.ts";
import { digitsFor } from "./new-ids.ts";
import { retyped } from "./partition-types.ts";
import { moved, requireEmpty, withDeviceSize, withNodes } from "./rebuild.ts";

type EditOf<D extends Edit["do"]> = Extract<Edit, { do: D }>;

const EFI = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";

/** Devices by name, each once. */
export function eachOnce(layout: Layout, names: readonly string[]): Device[] {
  const devices = names.map((name) => findDevice(layout, name));
  const twice = devices.find((device, at) => devices.findIndex(({ id }) => id === device.id) !== at);
  if (twice) throw cannot(twice.path, msg`it is named twice`, msg`Name each device once.`);
  return devices;
}

/** Partitions whose types say what lies on them now. */
export function withTypes(layout: Layout, devices: readonly Device[]): Layout {
  return devices.reduce((now, { id }) => {
    const node = nodeById(now, id);
    return node?.kind === "partition" ? retyped(now, node, nodesOn(now, id)) : now;
  }, layout);
}

function freePath(layout: Layout): string {
  for (let number = 0; ; number++) {
    const path = `/dev/md${number}`;
    if (!nodesOf(layout, "raid").some((raid) => raid.path === path)) return path;
  }
}

/** Firmware reads a member with the EFI system partition as if it were none. */
const isForFirmware = (members: readonly Device[]) =>
  members.some((member) => member.kind === "partition" && (member.type === EFI || member.type === "ef"));

const asMember = ({ id, sizeBytes }: Device) => ({ on: id, sizeBytes });

/** All of an array but its names. Throws a refusal for too few or too small members. */
function shapeFor(
  about: string,
  level: string,
  members: readonly Device[],
  spares: readonly Device[],
  had?: Raid["metadata"],
) {
  const fewest = fewestMembers(level) ?? 2;
  if (members.length < fewest) {
    const what = msg`${level} needs at least ${fewest} members, and ${members.length} ${members.length === 1 ? msg`is` : msg`are`} named`;
    throw cannot(about, what, msg`Name more devices, or choose another level.`);
  }
  if (level === "raid0" && spares.length > 0) {
    throw cannot(about, msg`raid0 has no use for spares`, msg`Leave them out, or make them members.`);
  }
  const metadata = had === "1.0" || (had === undefined && isForFirmware(members)) ? "1.0" : "1.2";
  const shape = raidShape({ level, metadata, members: members.map(asMember), spares: spares.map(asMember) });
  if (shape) return shape;
  const small = [...members, ...spares].reduce((a, b) => (b.sizeBytes < a.sizeBytes ? b : a));
  throw cannot(small.path, msg`it is too small to be a part of an array`, msg`Make it larger.`);
}

function newRaid(layout: Layout, level: string, members: readonly Device[], spares: readonly Device[]): Raid {
  const path = freePath(layout);
  const number = path.slice("/dev/md".length);
  const host = nodesOf(layout, "raid").flatMap(({ name }) => /^([^:]+):/.exec(name)?.[1] ?? [])[0];
  const digits = digitsFor(layout, path);
  const uuid = [0, 8, 16, 24].map((at) => digits.slice(at, at + 8)).join(":");
  const own = {
    kind: "raid",
    id: `raid:md${number}`,
    path,
    name: host === undefined ? number : `${host}:${number}`,
    uuid,
  } as const;
  const shape = shapeFor(path, level, members, spares);
  return { ...own, ...shape };
}

/** An array of empty devices, with nothing on it. */
export function makeRaid(layout: Layout, edit: EditOf<"make-raid">): Layout {
  const all = eachOnce(layout, [...edit.members, ...(edit.spares ?? [])]);
  for (const device of all) requireEmpty(layout, device);
  const [members, spares] = [all.slice(0, edit.members.length), all.slice(edit.members.length)];
  return withTypes(withNodes(layout, [newRaid(layout, edit.level, members, spares)]), all);
}

/** An array below what lies on a device: of that device, and others that are empty. */
export function ontoRaid(layout: Layout, edit: EditOf<"onto-raid">): Layout {
  const device = findDevice(layout, edit.node);
  const others = eachOnce(layout, [...edit.with, ...(edit.spares ?? [])]);
  for (const other of others) {
    if (other.id === device.id) throw cannot(device.path, msg`it is named twice`, msg`Name each device once.`);
    requireEmpty(layout, other);
  }
  const there = nodesOn(layout, device.id);
  const [more, spares] = [others.slice(0, edit.with.length), others.slice(edit.with.length)];
  const raid = newRaid(layout, edit.level, [device, ...more], spares);
  return withTypes(moved(withNodes(layout, [raid]), device, raid, there), [device, ...others]);
}

function findRaid(layout: Layout, name: string): Raid {
  const device = findDevice(layout, name);
  if (device.kind === "raid") return device;
  const names = nodesOf(layout, "raid").map(({ path }) => path);
  throw cannot(device.path, msg`it is no RAID array`, msg`Arrays are ${names.join(", ") || msg`none`}.`);
}

/** Another level, other members or spares; what lies on the array follows its size. */
export function changeRaid(layout: Layout, edit: EditOf<"change-raid">): Layout {
  const raid = findRaid(layout, edit.node);
  const idsOf = (isSpare: boolean) =>
    raid.members.filter(({ slot }) => (slot === "spare") === isSpare).map(({ on }) => on);
  const all = eachOnce(layout, [...(edit.members ?? idsOf(false)), ...(edit.spares ?? idsOf(true))]);
  const count = (edit.members ?? idsOf(false)).length;
  const own = new Set(raid.members.map(({ on }) => on));
  for (const device of all) if (!own.has(device.id)) requireEmpty(layout, device);
  const level = edit.level ?? raid.level;
  if (fewestMembers(level) === undefined) {
    throw cannot(raid.path, msg`it is ${level}, which is not made anew`, msg`Give it another level, too.`);
  }
  const shape = shapeFor(raid.path, level, all.slice(0, count), all.slice(count), raid.metadata);
  const { kind, id, path, name, uuid, sizeBytes } = raid;
  const changed: Raid = { ...shape, kind, id, path, name, uuid, sizeBytes };
  const sized = withDeviceSize(withNodes(layout, [changed]), changed, shape.sizeBytes);
  return withTypes(sized, all);
}

/** What lay on an array on its first member again; the others are empty then. */
export function offRaid(layout: Layout, edit: EditOf<"off-raid">): Layout {
  const raid = findRaid(layout, edit.node);
  const first = nodeById(layout, raid.members.find(({ slot }) => slot !== "spare")?.on ?? "");
  const device = first && findDevice(layout, first.id);
  if (!device) throw cannot(raid.path, msg`it has no members`, msg`Remove it.`);
  const there = nodesOn(layout, raid.id);
  return withTypes(without(moved(layout, raid, device, there), new Set([raid.id])), [device]);
}
