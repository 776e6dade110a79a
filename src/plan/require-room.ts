import { MondoError } from "../base/errors.ts";
import { formatBytes } from "../base/units.ts";
import { type Filesystem, type Layout, nodesOf } from "../layout/types.ts";

/** What lacks room, for people. */
function lackOf(layout: Layout, fs: Filesystem, needed: number): string {
  const at = nodesOf(layout, "mount").find(({ of }) => of === fs.id)?.path ?? fs.id;
  return `the files of ${at} need ${formatBytes(needed)} without the extents that they shared, and its file system has ${formatBytes(fs.sizeBytes)}`;
}

/** Files may be compressed one by one there: what they take cannot be known. */
const COMPRESSING: ReadonlySet<string> = new Set(["btrfs", "f2fs"]);

function lacksOf(layout: Layout, compressing: boolean): string[] {
  return nodesOf(layout, "filesystem").flatMap((fs) =>
    (fs.usedBytes ?? 0) > fs.sizeBytes && COMPRESSING.has(fs.type) === compressing
      ? [lackOf(layout, fs, fs.usedBytes ?? 0)]
      : [],
  );
}

/** Where files fit only if they are compressed. */
export function roomWarnings(layout: Layout): string[] {
  return lacksOf(layout, true).map((lack) => `${lack}: it may fill up, unless they are compressed`);
}

/**
 * Refuses file systems that can't hold their files: those whose files shared extents need more than was in use. Throws
 * `no-space`.
 */
export function requireRoom(layout: Layout): void {
  const lacks = lacksOf(layout, false);
  if (lacks.length === 0) return;
  throw new MondoError("no-space", lacks.join("\n"), {
    hint: 'Restore onto a larger disk, or take files out with "mondo extract".',
    data: { lacks },
  });
}
