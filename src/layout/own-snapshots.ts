/** How snapshots of backups are known: nothing else is ever removed. */

/** Tag of every snapshot on LVM. */
export const SNAPSHOT_TAG = "mondo-snapshot";
/** Directory in the top level of a btrfs. */
export const SNAPSHOT_HOME = ".mondo-snapshots";

const VOLUME = /^mondo-snapshot-[0-9a-f]{8}-\d+$/;
const SUBVOLUME = /^[.]mondo-snapshots\/[0-9a-f]{8}-[0-9a-f]{8}\/\d+$/;
const RUN = /^[0-9a-f]{8}-[0-9a-f]{8}$/;

/** Tag of the machine that made one: others may see the same volume group. `run`: see `runIdOf()`. */
export const machineTag = (run: string): string => `mondo-machine-${run.slice(0, 8)}`;

/** Name of a logical volume. */
export const volumeName = (run: string, number: number): string => `mondo-snapshot-${run.slice(9)}-${number}`;

/** Whether a volume of this name and these tags is the snapshot of a backup, of whatever machine. */
export function isBackupVolume(name: string, tags: readonly string[]): boolean {
  return VOLUME.test(name) && tags.includes(SNAPSHOT_TAG);
}

/** Whether it is that of a backup of this machine. */
export function isOwnVolume(name: string, tags: readonly string[], run: string): boolean {
  return isBackupVolume(name, tags) && tags.includes(machineTag(run));
}

/** Whether a subvolume is the snapshot of a backup, of whatever machine. */
export const isBackupSubvolume = (path: string): boolean => SUBVOLUME.test(path);

/** Whether a directory in `SNAPSHOT_HOME` holds the snapshots of a run of this machine. */
export const isOwnRun = (name: string, run: string): boolean => RUN.test(name) && name.slice(0, 8) === run.slice(0, 8);
