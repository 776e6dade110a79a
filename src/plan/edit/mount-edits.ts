import { msg } from "../../base/message.ts";
import { mountPath } from "../../base/mount-path.ts";
import type { Filesystem, Layout, Mount, Subvolume } from "../../layout/types.ts";
import { nodeById, nodesOf } from "../../layout/types.ts";
import { emptied, mountsOf, withFilesAt, without } from "./content-edits.ts";
import type { Edit } from "./edit.ts";
import { callNode, findFilesystem } from "./find-node.ts";
import { cannot } from "./flaw.ts";
import { freeId } from "./new-ids.ts";
import { withNodes } from "./rebuild.ts";

type EditOf<D extends Edit["do"]> = Extract<Edit, { do: D }>;

const FIRST_SUBVOLUME = 256;
const join = (at: string, rest: string) => (rest === "" ? at : `${at === "/" ? "" : at}/${rest}`);

function requireBtrfs(layout: Layout, fs: Filesystem): void {
  if (fs.type === "btrfs") return;
  const about = callNode(layout, fs);
  throw cannot(about, msg`${fs.type} has no subvolumes`, msg`Make it btrfs first: --set ${about}.type=btrfs.`);
}

const subvolumesOf = (layout: Layout, fs: Filesystem) => nodesOf(layout, "subvolume").filter(({ of }) => of === fs.id);

/** Where the files of a subvolume are, by the mounts of its file system. */
function placeOf(layout: Layout, fs: Filesystem, path: string): string | undefined {
  const within = (root: string) =>
    root === "/" ? path : path.startsWith(`${root.slice(1)}/`) ? path.slice(root.length) : undefined;
  const mounts = mountsOf(layout, fs.id);
  const own = mounts.find(({ root }) => root === `/${path}`);
  if (own) return own.path;
  for (const { root, path: at } of [...mounts].sort((a, b) => b.root.length - a.root.length)) {
    const rest = within(root);
    if (rest !== undefined) return join(at, rest);
  }
  return undefined;
}

/** The subvolumes of a file system, each where its mounts show it. */
function withPlaces(layout: Layout, fs: Filesystem): Layout {
  const placed = subvolumesOf(layout, fs).map((one): Subvolume => {
    const { at: _, ...bare } = one;
    const at = placeOf(layout, fs, one.path);
    return at === undefined ? bare : { ...bare, at };
  });
  return placed.length === 0 ? layout : withNodes(layout, placed);
}

/** One more subvolume of a btrfs. */
export function addSubvolume(layout: Layout, { node, path }: EditOf<"add-subvolume">): Layout {
  const fs = findFilesystem(layout, node);
  requireBtrfs(layout, fs);
  const there = subvolumesOf(layout, fs);
  if (there.some((one) => one.path === path)) {
    throw cannot(callNode(layout, fs), msg`it has a subvolume ${path} already`, msg`Choose another name.`);
  }
  const number = Math.max(FIRST_SUBVOLUME, ...there.map((one) => one.number + 1));
  const id = freeId(layout, `subvolume:${fs.id}:${path}`);
  const made: Subvolume = { kind: "subvolume", id, of: fs.id, path, number, readOnly: false, isDefault: false };
  return withPlaces(withNodes(layout, [made]), fs);
}

/** A subvolume less: its files lie in a directory then. */
export function removeSubvolume(layout: Layout, { node, path }: EditOf<"remove-subvolume">): Layout {
  const fs = findFilesystem(layout, node);
  const about = callNode(layout, fs);
  const one = subvolumesOf(layout, fs).find((subvolume) => subvolume.path === path);
  if (!one) {
    const names = subvolumesOf(layout, fs).map((subvolume) => subvolume.path);
    throw cannot(about, msg`it has no subvolume ${path}`, msg`It has ${names.join(", ") || msg`none`}.`);
  }
  const mount = mountsOf(layout, fs.id).find(({ root }) => root === `/${path}`);
  if (mount)
    throw cannot(about, msg`the subvolume ${path} is mounted at ${mount.path}`, msg`Unmount ${mount.path} first.`);
  return without(layout, new Set([one.id]));
}

/** A file system, or a subvolume of it, at a mount point. Files below that point will lie on it. */
export function mountAt(layout: Layout, edit: EditOf<"mount">): Layout {
  const fs = findFilesystem(layout, edit.node);
  const path = mountPath(edit.path);
  const about = callNode(layout, fs);
  const there = nodesOf(layout, "mount").find((mount) => mount.path === path);
  if (there && there.of !== fs.id) {
    const other = nodeById(layout, there.of);
    const what = msg`${path} is the mount point of ${other?.kind === "filesystem" ? (nodeById(layout, other.on) as { path?: string }).path : there.of}`;
    throw cannot(about, what, msg`Unmount ${path} first, or choose another mount point.`);
  }
  const elsewhere = mountsOf(layout, fs.id).find((mount) => mount.path !== path);
  if (elsewhere && edit.subvolume === undefined && elsewhere.root === "/") {
    const what = msg`it is mounted at ${elsewhere.path}, and its files are those below it`;
    throw cannot(about, what, msg`Unmount ${elsewhere.path} first: its files then lie on the file system above.`);
  }
  let now = layout;
  if (edit.subvolume !== undefined) {
    requireBtrfs(layout, fs);
    const { subvolume } = edit;
    if (!subvolumesOf(layout, fs).some((one) => one.path === subvolume)) {
      now = addSubvolume(layout, { do: "add-subvolume", node: fs.id, path: subvolume });
    }
  }
  const root = edit.subvolume === undefined ? "/" : `/${edit.subvolume}`;
  const id = there?.id ?? freeId(layout, `mount:${path}`);
  const options = edit.options ?? there?.options ?? "defaults";
  const mount: Mount = { kind: "mount", id, of: fs.id, path, options, root };
  return withPlaces(withNodes(now, [mount]), fs);
}

function findMount(layout: Layout, name: string): Mount {
  const path = name === "root" ? "/" : mountPath(name);
  const mount = nodesOf(layout, "mount").find((one) => one.path === path);
  const own = mount ?? (name.startsWith("/") ? undefined : mountsOf(layout, findFilesystem(layout, name).id)[0]);
  if (own) return own;
  const paths = nodesOf(layout, "mount").map((one) => one.path);
  throw cannot(name, msg`nothing is mounted there`, msg`Mount points are ${paths.join(", ")}.`);
}

/** A mount less: its files lie on the file system above then, which needs room for them. */
export function unmount(layout: Layout, edit: EditOf<"unmount">): Layout {
  const mount = findMount(layout, edit.path);
  const fs = nodeById(layout, mount.of);
  const rest = without(layout, new Set([mount.id]));
  if (fs?.kind !== "filesystem" || mountsOf(rest, fs.id).length > 0) return rest;
  return withPlaces(withFilesAt(withNodes(rest, [emptied(fs)]), mount.path, fs.usedBytes), fs);
}

/** Other options of a mount, in /etc/fstab. */
export function setOptions(layout: Layout, edit: EditOf<"options">): Layout {
  return withNodes(layout, [{ ...findMount(layout, edit.path), options: edit.options }]);
}
