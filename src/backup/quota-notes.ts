import { msg } from "../base/message.ts";
import { hasFeature } from "../drivers/fs/has-feature.ts";
import { type Filesystem, type Layout, type Mount, nodesOf } from "../layout/types.ts";

/** Mount options by which XFS keeps limits. Source: xfs(5), MOUNT OPTIONS, "quota". */
const XFS_QUOTA = /(?:^|,)(?:[ugp]?quota|(?:usr|grp|prj)quota|[ugp]?qnoenforce)(?:,|$)/;

/**
 * Whether a file system keeps limits where no file shows them; quotas of the old style are ordinary files
 * (aquota.user).
 */
function keepsLimits(fs: Filesystem, { options }: Mount): boolean {
  if (fs.type === "xfs") return XFS_QUOTA.test(options);
  return hasFeature(fs, "quota");
}

/** What stays behind of disk quotas, by mount point: the feature comes back, the limits are in no file. Pure. */
export function quotaNotes(layout: Layout): string[] {
  const systems = new Map(nodesOf(layout, "filesystem").map((fs) => [fs.id, fs]));
  return nodesOf(layout, "mount").flatMap((mount) => {
    const fs = systems.get(mount.of);
    if (fs === undefined || !keepsLimits(fs, mount)) return [];
    const tool = fs.type === "xfs" ? "xfs_quota -x -c dump" : "repquota -augP";
    return [msg`the limits of the disk quotas of ${mount.path} are in no file and are not saved: note them (${tool})`];
  });
}
