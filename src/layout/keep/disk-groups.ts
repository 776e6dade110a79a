/** Disks of a set that only make sense together, and whether the system lies on them. */
import { msg } from "../../base/message.ts";
import { isBelow } from "../../base/mount-path.ts";
import { kindOf } from "../kinds.ts";
import { type Disk, type Layout, type NodeId, nodesOf } from "../types.ts";

/** Disks with all that lies on them: no volume and no file system of a group lies on another disk, too. */
export interface DiskGroup {
  readonly disks: readonly Disk[];
  /** Everything on the disks, themselves included. */
  readonly nodes: ReadonlySet<NodeId>;
  /** Where its file systems are mounted, in the layout's order. */
  readonly mounts: readonly string[];
  /** Why the rest of the machine can't be restored without it; absent: it can. */
  readonly system?: string;
}

/** What a restored system is not the same without: its programs, what it starts from, what it says is installed. */
const SYSTEM = ["/boot", "/efi", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
const PACKAGES = ["/var/lib/dpkg", "/var/lib/rpm", "/var/lib/pacman", "/var/lib/apk"];
const ABOVE_PACKAGES = ["/", "/var", "/var/lib"];
const LOCAL = ["/usr/local", "/usr/src"];

/** Whether a file system mounted there belongs to the system itself. */
export function isSystemMount(path: string): boolean {
  if (LOCAL.some((directory) => isBelow(path, directory))) return false;
  return ABOVE_PACKAGES.includes(path) || [...SYSTEM, ...PACKAGES].some((directory) => isBelow(path, directory));
}

/** The disks below each node: thousands of subvolumes must not be looked up one by one. */
function disksBelowEach(layout: Layout): ReadonlyMap<NodeId, readonly Disk[]> {
  const below = new Map<NodeId, readonly Disk[]>();
  // A node stands after everything that it refers to.
  for (const node of layout.nodes) {
    const { on, madeOf } = kindOf(node);
    const lower = [on?.(node) ?? [], madeOf?.(node) ?? []].flat();
    below.set(node.id, node.kind === "disk" ? [node] : [...new Set(lower.flatMap((id) => below.get(id) ?? []))]);
  }
  return below;
}

/** The first disk of each disk's group. */
function joinDisks(layout: Layout, below: ReadonlyMap<NodeId, readonly Disk[]>): ReadonlyMap<NodeId, NodeId> {
  const up = new Map<NodeId, NodeId>(nodesOf(layout, "disk").map(({ id }) => [id, id]));
  const topOf = (id: NodeId): NodeId => {
    const next = up.get(id) ?? id;
    return next === id ? id : topOf(next);
  };
  for (const [first, ...others] of below.values()) {
    for (const other of first ? others : []) up.set(topOf(other.id), topOf(first?.id ?? other.id));
  }
  return new Map([...up.keys()].map((id) => [id, topOf(id)]));
}

function systemWords(layout: Layout, nodes: ReadonlySet<NodeId>, mounts: readonly string[]): string | undefined {
  const own = mounts.filter(isSystemMount);
  if (own.length > 0) return msg`it holds ${own.join(", ")}: that is the system itself`;
  const starts = nodesOf(layout, "loader").some(({ on }) => on.length > 0 && on.every((id) => nodes.has(id)));
  return starts ? msg`the system starts from it` : undefined;
}

/** The disks of a layout in groups, in the layout's order. */
export function diskGroups(layout: Layout): DiskGroup[] {
  const below = disksBelowEach(layout);
  const tops = joinDisks(layout, below);
  const groups = Map.groupBy(nodesOf(layout, "disk"), ({ id }) => tops.get(id));
  return [...groups].map(([top, disks]): DiskGroup => {
    const isOn = ([first]: readonly Disk[]) => first !== undefined && tops.get(first.id) === top;
    const nodes = new Set([...below].flatMap(([id, under]) => (isOn(under) ? [id] : [])));
    const mounts = nodesOf(layout, "mount").flatMap(({ id, path }) => (nodes.has(id) ? [path] : []));
    const system = systemWords(layout, nodes, mounts);
    return { disks, nodes, mounts, ...(system === undefined ? {} : { system }) };
  });
}
