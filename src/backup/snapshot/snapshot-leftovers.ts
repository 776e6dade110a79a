import { messageOf } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";
import type { Reporter } from "../../base/report.ts";
import { parseMountinfo } from "../../formats/fs/mount-tables.ts";
import type { Host } from "../../host/host.ts";
import { isOwnVolume, SNAPSHOT_TAG } from "../../layout/own-snapshots.ts";
import { dropSubvolumes } from "./btrfs-snapshots.ts";
import { removeSnapshotVolume, reportVolumes } from "./lvm-commands.ts";
import { openTop, openViewMounts } from "./view-mounts.ts";

/** One mount of each btrfs that can be written to. */
function mountedBtrfs(host: Host): string[] {
  const lines = parseMountinfo(host.tryReadText("/proc/self/mountinfo") ?? "").filter(
    ({ type, source, options }) => type === "btrfs" && source.startsWith("/dev/") && !/(?:^|,)ro(?:,|$)/.test(options),
  );
  return [...new Map(lines.map(({ source, path }) => [source, path])).values()];
}

async function removeVolumes(host: Host, run: string, reporter: Reporter): Promise<void> {
  // Without device mapper there is no volume, and LVM would only say so.
  if (!host.which("lvm") || !host.exists("/sys/module/dm_mod")) return;
  const found = await reportVolumes(host, ["--select", `tags=${SNAPSHOT_TAG}`]);
  for (const { group, name } of found.filter((one) => isOwnVolume(one.name, one.tags, run))) {
    await removeSnapshotVolume(host, group, name);
    reporter.info(msg`The snapshot ${group}/${name} of a backup that was killed is removed`);
  }
}

async function removeSubvolumes(host: Host, run: string, reporter: Reporter): Promise<void> {
  const paths = mountedBtrfs(host);
  if (paths.length === 0) return;
  const mounts = await openViewMounts();
  try {
    for (const [number, path] of paths.entries()) {
      const { top } = await openTop(host, mounts, { path }, number);
      if (dropSubvolumes(host, top, run) > 0) {
        reporter.info(msg`Snapshots of a backup that was killed are removed from the btrfs at ${path}`);
      }
    }
  } finally {
    await mounts.close();
  }
}

/**
 * Removes the snapshots that killed runs of this machine have left, and nothing else; what can't be removed is told.
 * One backup at a time runs on a machine, so none of them is in use.
 */
export async function removeSnapshotLeftovers(host: Host, run: string, reporter: Reporter): Promise<void> {
  for (const work of [removeVolumes, removeSubvolumes]) {
    try {
      await work(host, run, reporter);
    } catch (error) {
      reporter.warn(msg`what a killed backup may have left of snapshots can't be removed: ${messageOf(error)}`);
    }
  }
}
