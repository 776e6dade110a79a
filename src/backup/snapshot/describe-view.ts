/** What is said of snapshots. Pure. */
import { msg } from "../../base/message.ts";
import { formatBytes } from "../../base/units.ts";
import type { MadeSnapshots } from "./moment.ts";
import type { ReadLive } from "./snapshot-wish.ts";

/** `[/srv, /srv/www]` of the same reason on one line. */
function byReason(live: readonly ReadLive[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { path, why } of live) found.set(why, [...(found.get(why) ?? []), path]);
  return found;
}

/** "/ (ext4 on a partition, neither LVM nor btrfs); /boot (…)". */
export function liveWords(live: readonly ReadLive[]): string {
  return [...byReason(live)].map(([why, paths]) => `${paths.join(", ")} (${why})`).join("; ");
}

const pathsOf = ({ origin }: MadeSnapshots["subvolumes"][number]): string[] => [
  ...new Set([...origin.mounts.map(({ path }) => path), origin.nestedAt].filter((path) => path !== undefined)),
];

/** Where what is read from snapshots is mounted. */
export const madePaths = ({ volumes, subvolumes }: Omit<MadeSnapshots, "live">): string[] => [
  ...volumes.flatMap(({ origin }) => origin.mounts.map(({ path }) => path)),
  ...subvolumes.flatMap(pathsOf),
];

/** What is read from snapshots, and whether they show the same moment. */
export function madeWords({ volumes, subvolumes, spreadMs }: MadeSnapshots): string {
  const ofVolumes = volumes.flatMap(({ origin, cowBytes }) => {
    const room = cowBytes === undefined ? msg`thin` : msg`room for ${formatBytes(cowBytes)} of changes`;
    return `${origin.mounts.map(({ path }) => path).join(", ")} (${origin.group}/${origin.name}, ${room})`;
  });
  const ofSubvolumes = subvolumes.map((one) => `${pathsOf(one).join(", ")} (btrfs)`);
  const all = [...ofVolumes, ...ofSubvolumes].join("; ");
  if (volumes.length + subvolumes.length < 2) return all;
  const moment = spreadMs === 0 ? msg`all of one moment` : msg`made within ${(spreadMs / 1000).toFixed(1)} s`;
  return `${all}; ${moment}`;
}
