/** What is mounted where, so that the machine's tree is seen as it was. Pure. */
import type { MountLine } from "../../formats/fs/mount-tables.ts";

/** Where a mount namespace of its own keeps its parts. */
export const VIEW_HOME = "/run/mondo/view";

/** One step in that namespace; paths as seen there. */
export type ViewStep =
  | {
      readonly do: "mount";
      readonly source: string;
      readonly target: string;
      readonly type: string;
      readonly data?: string;
    }
  | { readonly do: "bind"; readonly source: string; readonly target: string; readonly isNeeded: boolean };

/** A directory that stands for what is mounted at `path`. */
export interface Shown {
  readonly path: string;
  readonly source: string;
}

/** File systems that looking at would mount something. */
const TRIGGERS = /^autofs$/;

const tree = (path: string) => `${VIEW_HOME}/tree${path === "/" ? "" : path}`;
const depth = (path: string) => (path === "/" ? 0 : path.split("/").length);

/**
 * The steps that make the tree, from the root on: each place from its snapshot, and all else that is mounted as it is,
 * so that a walk meets the same mount points.
 */
export function treeSteps(
  lines: readonly Pick<MountLine, "path" | "type">[],
  shown: readonly Shown[],
  own: ReadonlySet<string>,
): ViewStep[] {
  const sources = new Map(shown.map(({ path, source }) => [path, source]));
  const live = lines.filter(({ path, type }) => !sources.has(path) && !TRIGGERS.test(type));
  const triggers = lines.filter(({ path, type }) => !sources.has(path) && TRIGGERS.test(type));
  const steps: (readonly [path: string, step: ViewStep])[] = [
    ...[...sources].map(
      ([path, source]) => [path, { do: "bind", source, target: tree(path), isNeeded: true }] as const,
    ),
    ...live.map(
      ({ path }) => [path, { do: "bind", source: path, target: tree(path), isNeeded: own.has(path) }] as const,
    ),
    ...triggers.map(({ path }) => [path, { do: "mount", source: "none", target: tree(path), type: "tmpfs" }] as const),
  ];
  return steps.sort(([a], [b]) => depth(a) - depth(b) || (a < b ? -1 : 1)).map(([, step]) => step);
}

/** The root of the tree. */
export const VIEW_ROOT = tree("/");
/** Where the snapshot of a volume is mounted. */
export const volumePlace = (number: number): string => `${VIEW_HOME}/volumes/${number}`;
/** Where the top level of a btrfs is mounted. */
export const topPlace = (number: number): string => `${VIEW_HOME}/tops/${number}`;
/** Where a live file system is seen without what is mounted on it. */
export const barePlace = (number: number): string => `${VIEW_HOME}/bare/${number}`;

/** How the copy of a file system on LVM is mounted beside it: XFS refuses a second one of the same UUID otherwise. */
export const copyOptions = (type: string): string => (type === "xfs" ? "nouuid" : "");
