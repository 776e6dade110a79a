import { msg } from "../base/message.ts";
import { formatBytes, MIB } from "../base/units.ts";
import type { Host } from "../host/host.ts";
import { type Filesystem, type Layout, nodesOf } from "../layout/types.ts";

/** What a live file system may gain while files are counted. */
const SLACK_BYTES = 32 * MIB;
const SLACK_SHARE = 0.02;

/** Paths at which a file system is seen, each with a device number of its own on btrfs. */
function placesOf(layout: Layout, fs: Filesystem): string[] {
  const mounts = nodesOf(layout, "mount").filter(({ of }) => of === fs.id);
  const subvolumes = nodesOf(layout, "subvolume").filter(({ of, leftOut }) => of === fs.id && leftOut !== true);
  return [...mounts.map(({ path }) => path), ...subvolumes.flatMap(({ at }) => at ?? [])];
}

/** Compressed files take less than their extents say, and come back compressed. */
function isCompressed(layout: Layout, fs: Filesystem): boolean {
  return nodesOf(layout, "mount").some(({ of, options }) => of === fs.id && /(^|,)compress/.test(options));
}

/** Compressed files take less than their length anyway: there only snapshots tell. */
function hasSnapshots(layout: Layout, fs: Filesystem): boolean {
  const subvolumes = nodesOf(layout, "subvolume").filter(({ of, leftOut }) => of === fs.id && leftOut !== true);
  return subvolumes.some(({ snapshotOf }) => snapshotOf !== undefined);
}

/** File systems whose files a restore makes share extents again. */
const SHARING: ReadonlySet<string> = new Set(["btrfs", "xfs"]);

/** A layout that says what its file systems must hold, and what a person should know of that. */
export interface SharedNeeds {
  readonly layout: Layout;
  readonly notes: readonly string[];
  /** Devices (`8:1`) whose files share much: there each of them is worth a look. */
  readonly sharing: readonly string[];
}

/**
 * Finds file systems whose files share extents (reflinks, snapshots): together they take more than is in use. A restore
 * makes them share again on btrfs and XFS alone: elsewhere what such a file system must hold is what its files take.
 * `occupied`: bytes of files by the number of their device, `8:1`.
 */
export function sharedNeeds(
  host: Pick<Host, "stat">,
  layout: Layout,
  occupied: ReadonlyMap<string, number>,
): SharedNeeds {
  const notes: string[] = [];
  const sharing: string[] = [];
  const nodes = layout.nodes.map((node) => {
    if (node.kind !== "filesystem" || node.usedBytes === undefined) return node;
    const { usedBytes } = node;
    const places = placesOf(layout, node);
    const devices = new Set(places.flatMap((path) => host.stat(path)?.dev ?? []));
    const needed = [...devices].reduce((sum, device) => sum + (occupied.get(device) ?? 0), 0);
    const isMore = needed > usedBytes * (1 + SLACK_SHARE) + SLACK_BYTES;
    if (SHARING.has(node.type) && (isMore || hasSnapshots(layout, node))) sharing.push(...devices);
    if (!isMore || isCompressed(layout, node)) return node;
    const [now, alone] = [formatBytes(usedBytes), formatBytes(needed)];
    const after = SHARING.has(node.type) ? msg`where they can't share them again` : msg`after a restore`;
    notes.push(msg`${places[0]}: files share extents there; they take ${now} now, and ${alone} ${after}`);
    return { ...node, usedBytes: needed, ...(SHARING.has(node.type) ? { usedSharingBytes: usedBytes } : {}) };
  });
  return { layout: { ...layout, nodes }, notes, sharing };
}
