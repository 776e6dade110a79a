import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import {
  groupRoom,
  isPlainVolume,
  type NewPhysicalVolume,
  newVolumeGroup,
  withMembers,
  withoutVolume,
  withVolume,
} from "../../drivers/volume/lvm-edit.ts";
import { nodesOn } from "../../layout/nodes-on.ts";
import type { Layout, LogicalVolume, VolumeGroup } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import { without } from "./content-edits.ts";
import type { Edit } from "./edit.ts";
import { type Device, findDevice, findNode } from "./find-node.ts";
import { cannot } from "./flaw.ts";
import { lvmIdFor } from "./new-ids.ts";
import { eachOnce, withTypes } from "./raid-edits.ts";
import { moved, requireEmpty, withNodes } from "./rebuild.ts";
import { bytesFor } from "./size-words.ts";

type EditOf<D extends Edit["do"]> = Extract<Edit, { do: D }>;

const physical = (layout: Layout, group: string, { id, sizeBytes }: Device): NewPhysicalVolume => ({
  on: id,
  uuid: lvmIdFor(layout, msg`${group} on ${id}`),
  sizeBytes,
});

const groupNamed = (layout: Layout, name: string) =>
  nodesOf(layout, "volume-group").find((group) => group.name === name);

function findGroup(layout: Layout, name: string): VolumeGroup {
  const node = findNode(layout, name);
  const group = node.kind === "logical-volume" ? nodeById(layout, node.group) : node;
  if (group?.kind === "volume-group") return group;
  const names = nodesOf(layout, "volume-group").map((one) => one.name);
  throw cannot(name, msg`it is no volume group`, msg`Volume groups are ${names.join(", ") || msg`none`}.`);
}

function madeGroup(layout: Layout, name: string, members: readonly Device[]): VolumeGroup {
  if (groupNamed(layout, name))
    throw cannot(name, msg`there is a volume group of that name already`, msg`Choose another.`);
  const id = `vg:${name}`;
  const own = members.map((member) => physical(layout, name, member));
  const group = newVolumeGroup({ id, name, uuid: lvmIdFor(layout, id) }, own);
  if (group) return group;
  const small = members.reduce((a, b) => (b.sizeBytes < a.sizeBytes ? b : a));
  throw cannot(small.path, msg`its ${formatBytes(small.sizeBytes)} are too few for LVM`, msg`Make it larger.`);
}

/** A volume group of empty devices. */
export function makeGroup(layout: Layout, { name, members }: EditOf<"make-group">): Layout {
  const devices = eachOnce(layout, members);
  for (const device of devices) requireEmpty(layout, device);
  return withTypes(withNodes(layout, [madeGroup(layout, name, devices)]), devices);
}

/** A group on other devices, with its volumes. */
function onDevices(layout: Layout, group: VolumeGroup, devices: readonly Device[]): VolumeGroup {
  const wanted = devices.map((device) => {
    const own = group.members.find(({ on }) => on === device.id);
    const fresh = physical(layout, group.name, device);
    return own ? { ...fresh, uuid: own.uuid } : fresh;
  });
  const changed = withMembers(group, wanted);
  if (changed) return changed;
  const what = msg`its volumes don't fit on these devices, or one that goes holds what can't be laid elsewhere`;
  throw cannot(group.name, what, msg`Name more or larger devices, or make volumes smaller first.`);
}

/** Other devices below a volume group; its plain volumes are laid anew. */
export function changeGroup(layout: Layout, { node, members }: EditOf<"change-members">): Layout {
  const group = findGroup(layout, node);
  const devices = eachOnce(layout, members);
  const own = new Set(group.members.map(({ on }) => on));
  for (const device of devices) if (!own.has(device.id)) requireEmpty(layout, device);
  return withTypes(withNodes(layout, [onDevices(layout, group, devices)]), devices);
}

/** A group with one more volume of a size, and the volume. */
function withNewVolume(layout: Layout, group: VolumeGroup, name: string, size: string): [VolumeGroup, LogicalVolume] {
  const path = `/dev/${group.name}/${name}`;
  const id = `lv:${group.name}/${name}`;
  if (nodeById(layout, id)) throw cannot(path, msg`there is a volume of that name already`, msg`Choose another name.`);
  const { extentBytes, totalBytes, freeBytes } = groupRoom(group);
  const sizeBytes = bytesFor(size, { about: path, totalBytes, freeBytes, unitBytes: extentBytes });
  if (sizeBytes > freeBytes || sizeBytes < extentBytes) {
    const what = msg`it can't have ${formatBytes(Math.max(sizeBytes, extentBytes))}: the group ${group.name} has ${formatBytes(freeBytes)} free`;
    throw cannot(path, what, msg`Make other volumes smaller first, or choose a smaller size.`);
  }
  const uuid = lvmIdFor(layout, id);
  const segments = ["striped"];
  const volume: LogicalVolume = { kind: "logical-volume", id, group: group.id, name, path, uuid, sizeBytes, segments };
  return [withVolume(group, name, uuid, sizeBytes / extentBytes), volume];
}

/** One more logical volume, with nothing on it. */
export function addVolume(layout: Layout, edit: EditOf<"add-volume">): Layout {
  return withNodes(layout, withNewVolume(layout, findGroup(layout, edit.group), edit.name, edit.size));
}

/** A volume for what lies on a device, in a group that is there: in its free room, or on the device itself. */
function ontoKnownGroup(layout: Layout, group: VolumeGroup, device: Device, edit: EditOf<"onto-lvm">): Layout {
  const there = nodesOn(layout, device.id);
  const { freeBytes } = groupRoom(group);
  const wanted = edit.size ?? (freeBytes >= device.sizeBytes ? `${Math.ceil(device.sizeBytes / 1024)}k` : undefined);
  if (wanted !== undefined) {
    const [changed, volume] = withNewVolume(layout, group, edit.name, wanted);
    return withTypes(moved(withNodes(layout, [changed, volume]), device, volume, there), [device]);
  }
  const own = group.members.map(({ on }) => findDevice(layout, on));
  const larger = onDevices(layout, group, [...own, device]);
  const [changed, volume] = withNewVolume(layout, larger, edit.name, "rest");
  return withTypes(moved(withNodes(layout, [changed, volume]), device, volume, there), [device]);
}

/** A logical volume below what lies on a device, in a new group on that device or in one that is there. */
export function ontoLvm(layout: Layout, edit: EditOf<"onto-lvm">): Layout {
  const device = findDevice(layout, edit.node);
  if (device.kind === "logical-volume") {
    throw cannot(
      device.path,
      msg`it is a logical volume already`,
      msg`Name what lies on a partition, a disk or an array.`,
    );
  }
  const group = groupNamed(layout, edit.group);
  if (group) return ontoKnownGroup(layout, group, device, edit);
  const there = nodesOn(layout, device.id);
  const [changed, volume] = withNewVolume(
    layout,
    madeGroup(layout, edit.group, [device]),
    edit.name,
    edit.size ?? "rest",
  );
  return withTypes(moved(withNodes(layout, [changed, volume]), device, volume, there), [device]);
}

/** The layout without a logical volume on which nothing lies any more. */
export function withoutLogicalVolume(layout: Layout, volume: LogicalVolume): Layout {
  const group = nodeById(layout, volume.group);
  if (group?.kind !== "volume-group") return layout;
  if (!isPlainVolume(group, volume.uuid)) {
    const what = msg`it is a ${volume.segments.join(", ")} volume, which other volumes are parts of`;
    throw cannot(volume.path, what, msg`Remove the group ${group.name} as a whole, or leave it.`);
  }
  return withNodes(without(layout, new Set([volume.id])), [withoutVolume(group, volume.uuid)]);
}

/** What lies on a device on another, which is empty. */
export function move(layout: Layout, edit: EditOf<"move">): Layout {
  const [from, to] = [findDevice(layout, edit.node), findDevice(layout, edit.to)];
  requireEmpty(layout, to);
  if (nodesOn(layout, from.id).length === 0)
    throw cannot(from.path, msg`nothing lies on it`, msg`Name what is to move.`);
  return withTypes(moved(layout, from, to), [to]);
}

/** What lay on the only volume of a group on the group's only device again. */
export function offLvm(layout: Layout, edit: EditOf<"off-lvm">): Layout {
  const volume = findDevice(layout, edit.node);
  if (volume.kind !== "logical-volume") throw cannot(volume.path, msg`it is no logical volume`, msg`Name one.`);
  const group = findGroup(layout, volume.id);
  const [only, ...more] = group.members;
  const volumes = nodesOf(layout, "logical-volume").filter((one) => one.group === group.id);
  if (!only || more.length > 0 || volumes.length > 1) {
    const what = msg`the group ${group.name} has ${group.members.length} devices and ${volumes.length} volumes`;
    throw cannot(volume.path, what, msg`Move it to an empty device instead, or remove the other volumes first.`);
  }
  const device = findDevice(layout, only.on);
  const plain = without(moved(layout, volume, device), new Set([volume.id, group.id]));
  return withTypes(plain, [device]);
}
