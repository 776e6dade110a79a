import { msg } from "../../base/message.ts";
import { mountPath } from "../../base/mount-path.ts";
import { calledOf, contentOf } from "../../layout/graph.ts";
import { DEVICES } from "../../layout/kinds/kind-row.ts";
import { kindOf } from "../../layout/kinds.ts";
import {
  type Disk,
  type Filesystem,
  type Layout,
  type LayoutNode,
  type LogicalVolume,
  type Luks,
  nodeById,
  nodesOf,
  type Partition,
  type Raid,
  type Swap,
} from "../../layout/types.ts";
import { cannot } from "./flaw.ts";

/** A node with a device file. */
export type Device = Disk | Partition | Raid | LogicalVolume | Luks;

/** Whether a node has a device file. */
export const isDevice = (node: LayoutNode): node is Device => DEVICES.includes(kindOf(node).role);

/** What a person calls a node: a file system by where it is mounted, a device by its path. */
export function callNode(layout: Layout, node: LayoutNode): string {
  if (node.kind !== "filesystem") return node.kind === "swap" ? callDevice(layout, node.on) : calledOf(node);
  const mount = nodesOf(layout, "mount").find(({ of }) => of === node.id);
  return mount?.path ?? callDevice(layout, node.on);
}

const callDevice = (layout: Layout, id: string) => {
  const node = nodeById(layout, id);
  return node ? calledOf(node) : id;
};

/** Names of everything that can be named, for messages. */
function namesIn(layout: Layout): string {
  const mounts = nodesOf(layout, "mount").map(({ path }) => path);
  const devices = layout.nodes.filter(isDevice).map(({ path }) => path);
  const groups = nodesOf(layout, "volume-group").map(({ name }) => name);
  const all = [...mounts, ...devices, ...groups];
  return msg`There are ${all.slice(0, 30).join(", ")}${all.length > 30 ? ", …" : ""}.`;
}

function byMount(layout: Layout, name: string): LayoutNode | undefined {
  const path = name === "root" ? "/" : name.startsWith("/") ? mountPath(name) : `/${name}`;
  const mount = nodesOf(layout, "mount").find((one) => one.path === path);
  return mount && nodeById(layout, mount.of);
}

function byDevice(layout: Layout, name: string): LayoutNode | undefined {
  const paths = [name, `/dev/${name}`, `/dev/mapper/${name}`];
  return (
    layout.nodes.find((node) => isDevice(node) && paths.includes(node.path)) ??
    layout.nodes.find((node) =>
      kindOf(node)
        .aliases?.(node)
        .some((alias) => paths.includes(alias)),
    ) ??
    nodesOf(layout, "volume-group").find((group) => group.name === name) ??
    nodesOf(layout, "disk").find(({ serial }) => serial === name)
  );
}

/**
 * The node with an id, at a mount point (`/home`, `home`, `root`), of a device (`vda5`, `/dev/md0`, `vg0/root`), a
 * volume group (`vg0`), or a disk with that serial number; `swap`: the first swap area. Throws a refusal that lists
 * what there is.
 */
export function findNode(layout: Layout, name: string): LayoutNode {
  const found =
    nodeById(layout, name) ??
    (name.startsWith("/dev/") ? undefined : byMount(layout, name)) ??
    byDevice(layout, name) ??
    (name === "swap" ? nodesOf(layout, "swap")[0] : undefined);
  if (found) return found;
  throw cannot(name, msg`there is no such mount point, device or node`, namesIn(layout));
}

/** The device of that name; for a file system, a swap area or a mount point the device that it lies on. */
export function findDevice(layout: Layout, name: string): Device {
  const node = findNode(layout, name);
  const id = node.kind === "filesystem" || node.kind === "swap" ? node.on : node.id;
  const device = nodeById(layout, id);
  if (device && isDevice(device)) return device;
  throw cannot(name, msg`it is a ${kindOf(node).noun}, not a device`, namesIn(layout));
}

/** The file system or swap area of that name, or on the device of that name. */
export function findContent(layout: Layout, name: string): Filesystem | Swap {
  const node = findNode(layout, name);
  if (node.kind === "filesystem" || node.kind === "swap") return node;
  const content = contentOf(layout, node.id);
  if (content) return content;
  throw cannot(
    callNode(layout, node),
    msg`no file system and no swap area lies on it`,
    msg`Name one by its mount point.`,
  );
}

/** The file system of that name. */
export function findFilesystem(layout: Layout, name: string): Filesystem {
  const content = findContent(layout, name);
  if (content.kind === "filesystem") return content;
  throw cannot(callNode(layout, content), msg`it is a swap area, not a file system`, msg`Name a file system.`);
}
