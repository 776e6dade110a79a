import { MondoError } from "../base/errors.ts";
import { msg } from "../base/message.ts";
import { formatBytes } from "../base/units.ts";
import { type Filesystem, type Layout, nodesOf } from "../layout/types.ts";

/** What lacks room, for people. */
function lackOf(layout: Layout, fs: Filesystem, needed: number): string {
  const at = nodesOf(layout, "mount").find(({ of }) => of === fs.id)?.path ?? fs.id;
  return msg`the files of ${at} need ${formatBytes(needed)} without the extents that they shared, and its file system has ${formatBytes(fs.sizeBytes)}`;
}

/** Files may be compressed one by one there: what they take cannot be known. */
const COMPRESSING: ReadonlySet<string> = new Set(["btrfs", "f2fs"]);

/** File systems that hold their files only if these share extents, or are compressed. */
const tight = (layout: Layout): Filesystem[] =>
  nodesOf(layout, "filesystem").filter(({ usedBytes = 0, sizeBytes }) => usedBytes > sizeBytes);

/** Whether its files get the extents that they shared. Backups of older versions don't say which those are. */
const sharesAgain = ({ usedSharingBytes, sizeBytes }: Filesystem): boolean =>
  usedSharingBytes !== undefined && usedSharingBytes <= sizeBytes;

/** Where files fit only if they are compressed, or share extents again. */
export function roomWarnings(layout: Layout): string[] {
  return tight(layout).flatMap((fs) => {
    const lack = lackOf(layout, fs, fs.usedBytes ?? 0);
    if (sharesAgain(fs)) return msg`${lack}: it holds them because they will share extents again`;
    return COMPRESSING.has(fs.type) ? msg`${lack}: it may fill up, unless they are compressed` : [];
  });
}

/**
 * Refuses file systems that can't hold their files: those whose files shared extents, and don't get them again, need
 * more than was in use. Throws `no-space`.
 */
export function requireRoom(layout: Layout): void {
  const lacks = tight(layout)
    .filter((fs) => !sharesAgain(fs) && !COMPRESSING.has(fs.type))
    .map((fs) => lackOf(layout, fs, fs.usedBytes ?? 0));
  if (lacks.length === 0) return;
  throw new MondoError("no-space", lacks.join("\n"), {
    hint: msg`Restore onto a larger disk, or take files out with "mondo extract".`,
    data: { lacks },
  });
}
