import { stored } from "../base/message.ts";
import type { Filesystem, Layout, LayoutNode, Mount, NodeId, Subvolume } from "./types.ts";
import { nodesOf } from "./types.ts";

const below = (path: string, at: string) => at === "/" || path === at || path.startsWith(`${at}/`);
const join = (at: string, rest: string) => (rest === "" ? at : `${at === "/" ? "" : at}/${rest}`);

/** The subvolume that one lies in: that with the longest path above its own. */
function containerOf(one: Subvolume, all: readonly Subvolume[]): Subvolume | undefined {
  return all
    .filter((other) => other !== one && one.path.startsWith(`${other.path}/`))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** Where a subvolume is seen inside of what it lies in, unless a mount hides it. */
function innerPath(one: Subvolume, around: { path: string; at: string }, mounts: readonly Mount[]): string | undefined {
  const at = join(around.at, one.path.slice(around.path === "" ? 0 : around.path.length + 1));
  const hidden = mounts.some(
    (mount) => mount.path !== around.at && below(mount.path, around.at) && below(at, mount.path),
  );
  return hidden ? undefined : at;
}

/** What a subvolume lies in, with its place in the running system. */
function aroundOf(one: Subvolume, fs: Filesystem, placed: readonly Subvolume[], mounts: readonly Mount[]) {
  const container = containerOf(one, placed);
  if (container) return { container, path: container.path, at: container.at };
  return { container, path: "", at: mounts.find((mount) => mount.of === fs.id && mount.root === "/")?.path };
}

function place(
  one: Subvolume,
  fs: Filesystem,
  placed: readonly Subvolume[],
  mounts: readonly Mount[],
  snapshots: boolean,
): Subvolume {
  const own = mounts.find((mount) => mount.of === fs.id && mount.root === `/${one.path}`);
  if (own) return { ...one, at: own.path };
  const { container, path, at: around } = aroundOf(one, fs, placed, mounts);
  const at = around === undefined ? undefined : innerPath(one, { path, at: around }, mounts);
  if (at === undefined) return { ...one, leftOut: true };
  const snapshot = one.snapshotOf !== undefined && one.readOnly && !one.isDefault && !snapshots;
  return { ...one, at, ...(snapshot || container?.leftOut === true ? { leftOut: true } : {}) };
}

const plural = (list: readonly unknown[]) => (list.length === 1 ? "" : "s");
const named = (list: readonly Subvolume[]) =>
  `${list
    .slice(0, 3)
    .map((one) => one.path)
    .join(", ")}${list.length > 3 ? ", …" : ""}`;

function notesOn(fs: Filesystem, subvolumes: readonly Subvolume[]): LayoutNode[] {
  const called = stored`the file system (${fs.type}) ${fs.label ?? fs.uuid ?? fs.id}`;
  const left = subvolumes.filter((one) => one.leftOut === true);
  const [seen, unseen] = [left.filter((one) => one.at !== undefined), left.filter((one) => one.at === undefined)];
  const lost = subvolumes.find((one) => one.isDefault && one.leftOut === true);
  const texts = [
    seen.length > 0 &&
      stored`Left out on ${called}: ${seen.length} read-only snapshot${plural(seen)} (${named(seen)}); --snapshots saves them, each in full`,
    unseen.length > 0 &&
      stored`Left out on ${called}: ${unseen.length} subvolume${plural(unseen)} below no mount (${named(unseen)}); what is mounted is saved`,
    lost &&
      stored`${lost.path} is the default subvolume of ${called} and not saved: the restored one has its top level as the default`,
  ];
  return texts.flatMap((text, i) => (text ? [{ kind: "note", id: `note:subvolumes:${fs.id}:${i}`, text }] : []));
}

/** Names that mount(8), fstab and our own calls could not give back. */
function oddNames(fs: Filesystem, subvolumes: readonly Subvolume[], mounts: readonly Mount[]): LayoutNode[] {
  const odd = subvolumes.filter(
    (one) =>
      one.leftOut !== true &&
      (one.path.includes("\ufffd") ||
        (one.path.includes(",") && mounts.some((mount) => mount.of === fs.id && mount.root === `/${one.path}`))),
  );
  return odd.map((one) => ({
    kind: "unsupported",
    id: `unsupported:${one.id}`,
    on: fs.on,
    path: one.at ?? one.path,
    what: stored`a subvolume with a name that is not UTF-8, or mounted and with a comma in it`,
  }));
}

/**
 * Finds from the mounts where the files of each subvolume are in the running system, and which are left out: those that
 * no mount shows, and, unless `snapshots`, read-only snapshots that nothing mounts. Notes say what is left out.
 */
export function placeSubvolumes(layout: Layout, snapshots: boolean): Layout {
  const mounts = nodesOf(layout, "mount");
  const placed = new Map<NodeId, Subvolume>();
  const rest: LayoutNode[] = [];
  for (const fs of nodesOf(layout, "filesystem")) {
    const done: Subvolume[] = [];
    for (const one of nodesOf(layout, "subvolume").filter((node) => node.of === fs.id)) {
      done.push(place(one, fs, done, mounts, snapshots));
    }
    for (const one of done) placed.set(one.id, one);
    if (mounts.some((mount) => mount.of === fs.id)) rest.push(...notesOn(fs, done), ...oddNames(fs, done, mounts));
  }
  return { ...layout, nodes: [...layout.nodes.map((node) => placed.get(node.id) ?? node), ...rest] };
}

/**
 * Directories that show files which are saved elsewhere or not at all: snapshots, and subvolumes that are mounted as
 * well.
 */
export function hiddenSubvolumePaths(layout: Layout): string[] {
  const mounts = nodesOf(layout, "mount");
  return nodesOf(layout, "filesystem").flatMap((fs) => {
    const all = nodesOf(layout, "subvolume").filter((one) => one.of === fs.id);
    return all.flatMap((one) => {
      if (one.leftOut === true) return one.at === undefined ? [] : [one.at];
      const { path, at } = aroundOf(one, fs, all, mounts);
      const inner = at === undefined ? undefined : innerPath(one, { path, at }, mounts);
      return inner === undefined || inner === one.at ? [] : [inner];
    });
  });
}

/**
 * Where the saved subvolumes are that nothing is mounted from: on kernels before 5.8 they look like mounts of something
 * else.
 */
export function nestedSubvolumePaths(layout: Layout): string[] {
  const mounted = new Set(nodesOf(layout, "mount").map((mount) => mount.path));
  return nodesOf(layout, "subvolume").flatMap((one) =>
    one.at === undefined || one.leftOut === true || mounted.has(one.at) ? [] : [one.at],
  );
}
