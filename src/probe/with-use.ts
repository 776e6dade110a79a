import { stored } from "../base/message.ts";
import { calledOf } from "../layout/graph.ts";
import { kindOf } from "../layout/kinds.ts";
import type { Filesystem, LayoutNode, Mount, NodeId, Note } from "../layout/types.ts";
import type { Description } from "./describe-volumes.ts";
import type { DeviceFacts, Facts } from "./facts.ts";
import { pathOf } from "./images.ts";
import type { Use } from "./uses.ts";

function note(id: string, text: string): Note {
  return { kind: "note", id: `note:${id}`, text };
}

/**
 * Mounts of one file system: one of its whole tree counts, and one of each subvolume; further ones are binds that fstab
 * or somebody makes again.
 */
function mountsOf(
  fs: Filesystem,
  device: DeviceFacts,
  path: string,
  subvolumes: ReadonlySet<string>,
  uses: readonly Use[],
): LayoutNode[] {
  const lines = uses.flatMap((use) => (use.device.name === device.name && use.mount ? [use.mount] : []));
  const wholes = lines
    .filter((line) => line.root === "/" || subvolumes.has(line.root))
    .sort((a, b) => a.path.length - b.path.length)
    .filter((line, index, all) => all.findIndex((other) => other.root === line.root) === index);
  if (wholes.length > 0) {
    return wholes.map((line): Mount => {
      const { path: at, options, root } = line;
      return { kind: "mount", id: `mount:${at}`, of: fs.id, path: at, options, root };
    });
  }
  const [part] = lines;
  // Of the root its own sentence says more.
  if (part?.path === "/") return [];
  if (part) {
    const what = stored`a file system of which only the directory ${part.root} is mounted (at ${part.path})`;
    return [{ kind: "unsupported", id: `unsupported:${device.name}`, on: fs.id, path, what }];
  }
  return [
    note(
      device.name,
      stored`${path} holds a file system (${fs.type}) that isn't mounted: a restore makes it again, but empty`,
    ),
  ];
}

function usageOf(facts: Facts, fs: Filesystem, mount: Mount, root: string): Partial<Filesystem> {
  const path = root === "/" ? mount.path : `${root.replace(/\/+$/, "")}${mount.path === "/" ? "" : mount.path}`;
  const [free, inodes] = [facts.freeBytes[path], facts.usedInodes?.[path]];
  return {
    ...(free === undefined ? {} : { usedBytes: Math.max(0, fs.sizeBytes - free) }),
    ...(inodes === undefined || inodes === 0 ? {} : { usedInodes: inodes }),
  };
}

function filesystemWithUse(
  facts: Facts,
  fs: Filesystem,
  described: Description,
  uses: readonly Use[],
  root: string,
): LayoutNode[] {
  const device = described.devices.get(fs.on);
  if (!device) return [fs];
  const volume = described.nodes.find((node) => node.id === fs.on);
  const isCopy = volume !== undefined && kindOf(volume).isCopy?.(volume) === true;
  if (isCopy && !uses.some((use) => use.device.name === device.name)) {
    // A file system with the UUID of its origin, and empty, could be mounted in its place.
    return [
      note(device.name, stored`${calledOf(volume)} is a snapshot that isn't mounted: it is made again without content`),
    ];
  }
  const own = described.nodes.flatMap((node) =>
    node.kind === "subvolume" && node.of === fs.id ? [`/${node.path}`] : [],
  );
  const nodes = mountsOf(fs, device, pathOf(described, fs.on, device), new Set(own), uses);
  const [mount] = nodes;
  if (mount?.kind !== "mount") return [fs, ...nodes];
  // For one on several devices statfs says what still fits, not what is used.
  return [fs.alsoOn === undefined ? { ...fs, ...usageOf(facts, fs, mount, root) } : fs, ...nodes];
}

/** Adds to bare contents how the running system uses them. */
export function withUse(facts: Facts, described: Description, uses: readonly Use[], root: string): LayoutNode[] {
  const active = (on: NodeId) => uses.some((use) => !use.mount && use.device === described.devices.get(on));
  return described.nodes.flatMap((node): LayoutNode[] => {
    if (node.kind === "swap") return [{ ...node, active: active(node.on) }];
    return node.kind === "filesystem" ? filesystemWithUse(facts, node, described, uses, root) : [node];
  });
}
