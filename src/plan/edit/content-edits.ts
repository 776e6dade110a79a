import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import { contentOf, mountHolding } from "../../layout/graph.ts";
import { nodesOn } from "../../layout/nodes-on.ts";
import type { Filesystem, Layout, LayoutNode, Mount, Swap } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import type { Edit } from "./edit.ts";
import { callNode, type Device, findContent, findDevice } from "./find-node.ts";
import { cannot } from "./flaw.ts";
import { contentUuid, filesystemTypes, labelObstacle, leastDeviceBytes } from "./fs-traits.ts";
import { freeId } from "./new-ids.ts";
import { retyped } from "./partition-types.ts";
import { layoutOf, madeAnew, requireEmpty, withNodes } from "./rebuild.ts";

type EditOf<D extends Edit["do"]> = Extract<Edit, { do: D }>;

/** Mounts of a file system, the one nearest to the root first. */
export const mountsOf = (layout: Layout, id: string): Mount[] =>
  nodesOf(layout, "mount")
    .filter(({ of }) => of === id)
    .sort((a, b) => a.path.length - b.path.length);

/** The layout without nodes, whose mounts and subvolumes go along. */
export function without(layout: Layout, gone: ReadonlySet<string>): Layout {
  return layoutOf(layout.nodes.filter((node) => !gone.has(node.id)));
}

/** The file system that holds a path gets more files: those that were on one of their own. */
export function withFilesAt(layout: Layout, path: string, bytes: number | undefined): Layout {
  const holder = nodeById(layout, mountHolding(layout, path)?.mount.of ?? "");
  if (holder?.kind !== "filesystem" || bytes === undefined || holder.usedBytes === undefined) return layout;
  const { usedSharingBytes, usedBytes, ...own } = holder;
  const sharing = usedSharingBytes === undefined ? {} : { usedSharingBytes: usedSharingBytes + bytes };
  return withNodes(layout, [{ ...own, ...sharing, usedBytes: usedBytes + bytes }]);
}

/** A file system that has lost its files. */
export function emptied({ usedBytes: _, usedSharingBytes: __, usedInodes: ___, ...fs }: Filesystem): Filesystem {
  return fs;
}

function requireType(type: string, about: string): void {
  if (type === "swap" || filesystemTypes().includes(type)) return;
  const known = msg`Choose one of ${[...filesystemTypes(), "swap"].join(", ")}.`;
  throw cannot(about, msg`file systems of the type ${type} can't be made`, known);
}

function requireSpace(device: Device, type: string): void {
  const least = leastDeviceBytes(type);
  if (device.sizeBytes >= least) return;
  const what = msg`its ${formatBytes(device.sizeBytes)} are too few for ${type}, which needs ${formatBytes(least)}`;
  throw cannot(device.path, what, msg`Make it larger, or choose another type.`);
}

function labelFor(type: string, about: string, asked: string | undefined, had: string | undefined) {
  const obstacle = asked === undefined ? undefined : labelObstacle(type, asked);
  if (obstacle !== undefined) throw cannot(about, obstacle, msg`Choose a shorter one.`);
  const label = asked ?? had;
  // What names it by a label that it can't keep names it by its identifier then.
  return label === undefined || label === "" || labelObstacle(type, label) !== undefined ? {} : { label };
}

/** A file system as one of another type with the same files. */
function converted(layout: Layout, fs: Filesystem, device: Device, edit: EditOf<"format">): Layout {
  const { type } = edit;
  const { label: had, alsoOn: _, usedSharingBytes, usedBytes, ...own } = fs;
  // Elsewhere files don't share their extents again.
  const used = usedBytes === undefined ? {} : { usedBytes };
  const sharing = usedSharingBytes !== undefined && type === "xfs" ? { usedSharingBytes } : {};
  const uuid = contentUuid(layout, fs.id, type, fs.uuid);
  const named = { ...own, ...used, ...sharing, type, uuid, ...labelFor(type, device.path, edit.label, had) };
  const [first, ...others] = mountsOf(layout, fs.id);
  const gone = new Set<string>(nodesOf(layout, "subvolume").flatMap(({ of, id }) => (of === fs.id ? [id] : [])));
  for (const { id } of others) gone.add(id);
  const whole: LayoutNode[] = first ? [{ ...first, root: "/" }] : [];
  return withNodes(without(layout, gone), [madeAnew(named, device.sizeBytes), ...whole]);
}

const newSwap = (layout: Layout, device: Device, edit: EditOf<"format">, id: string): Swap => ({
  kind: "swap",
  id,
  on: device.id,
  uuid: contentUuid(layout, id, "swap", undefined),
  ...labelFor("swap", device.path, edit.label, undefined),
  sizeBytes: device.sizeBytes,
  active: true,
});

/** A new file system or swap area on a device that holds nothing yet. */
function newContent(layout: Layout, device: Device, edit: EditOf<"format">): Filesystem | Swap {
  const name = device.path.replace(/^\/dev\//, "");
  if (edit.type === "swap") return newSwap(layout, device, edit, freeId(layout, `swap:${name}`));
  const id = freeId(layout, `fs:${name}`);
  const uuid = contentUuid(layout, id, edit.type, undefined);
  const bare: Filesystem = { kind: "filesystem", id, on: device.id, type: edit.type, uuid, sizeBytes: 0, details: {} };
  return madeAnew({ ...bare, ...labelFor(edit.type, device.path, edit.label, undefined) }, device.sizeBytes);
}

function retypedDevice(layout: Layout, device: Device): Layout {
  return device.kind === "partition" ? retyped(layout, device, nodesOn(layout, device.id)) : layout;
}

/** A file system or a swap area on a device, or another type of the one that is there. */
export function format(layout: Layout, edit: EditOf<"format">): Layout {
  const device = findDevice(layout, edit.node);
  const { type } = edit;
  requireType(type, device.path);
  requireSpace(device, type);
  const content = contentOf(layout, device.id);
  if (!content) {
    requireEmpty(layout, device);
    return retypedDevice(withNodes(layout, [newContent(layout, device, edit)]), device);
  }
  if (content.kind === "filesystem" && content.type !== type && type !== "swap") {
    return converted(layout, content, device, edit);
  }
  const isSame = content.kind === "swap" ? type === "swap" : content.type === type;
  if (isSame)
    return edit.label === undefined ? layout : setLabel(layout, { do: "label", node: edit.node, label: edit.label });
  const mount = content.kind === "filesystem" ? mountsOf(layout, content.id)[0] : undefined;
  if (mount) {
    const what = msg`the files of ${mount.path} are to lie on it, and swap holds none`;
    throw cannot(device.path, what, msg`Unmount ${mount.path} first: its files then lie on the file system above.`);
  }
  const rest = without(layout, new Set([content.id]));
  return retypedDevice(withNodes(rest, [newContent(rest, device, edit)]), device);
}

/** Another label; an empty one takes it away. */
export function setLabel(layout: Layout, { node, label }: EditOf<"label">): Layout {
  const content = findContent(layout, node);
  const type = content.kind === "swap" ? "swap" : content.type;
  const obstacle = labelObstacle(type, label);
  if (obstacle !== undefined) throw cannot(callNode(layout, content), obstacle, msg`Choose a shorter one.`);
  const { label: _, ...bare } = content;
  return withNodes(layout, [label === "" ? bare : { ...bare, label }]);
}
