/**
 * A program that saves a tree in full, and then what one day has changed, as bash scripts. They find `$tree $set
 * $night $home $target $sample $paths` in the environment.
 */
export interface NightSaver {
  readonly name: string;
  /** Run before the full backup, not measured. */
  readonly prepare?: string;
  /** `$tree` → what lies in the empty directory `$set`. */
  readonly full: string;
  /** `$tree`, of which some files changed since `$set` was made → the empty directory `$night`, or more in `$set`. */
  readonly night: string;
  /** All names of the full backup to standard output. */
  readonly list: string;
  /** The one file `$sample` of the full backup → the empty directory `$target`. */
  readonly extract: string;
  /** The full backup → the empty directory `$target`. */
  readonly restore: string;
}

const borg =
  "export BORG_BASE_DIR=$home BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes";
const restic = "export RESTIC_PASSWORD=bench RESTIC_CACHE_DIR=$home/restic";
const tar = "tar --xattrs --acls -C";

/** `engine` is the compiled `engine.ts`. */
export const nightSavers = (engine: string): readonly NightSaver[] => [
  {
    name: "mondo",
    full: `${engine} backup "$tree" "$set"`,
    night: `${engine} night "$tree" "$night" "$set"`,
    list: `${engine} list "$set"`,
    extract: `${engine} extract "$set" "$target" "$sample"`,
    restore: `${engine} restore "$set" "$target"`,
  },
  {
    name: "restic",
    prepare: `${restic}; rm -rf "$home/restic"; restic init -q -r "$set/r"`,
    full: `${restic}; cd "$tree"; restic backup -q -r "$set/r" .`,
    night: `${restic}; cd "$tree"; restic backup -q -r "$set/r" .`,
    list: `${restic}; restic ls -q -r "$set/r" "$(restic snapshots -q -r "$set/r" --json | grep -o '"short_id":"[^"]*' | head -1 | cut -d'"' -f4)"`,
    extract: `${restic}; restic restore -q -r "$set/r" latest --target "$target" --include "/$sample"`,
    restore: `${restic}; restic restore -q -r "$set/r" latest --target "$target"`,
  },
  {
    name: "borg zstd,3",
    prepare: `${borg}; rm -rf "$home/.cache/borg" "$home/.config/borg"; borg init -e none "$set/r"`,
    full: `${borg}; cd "$tree"; borg create -C zstd,3 "$set/r::full" .`,
    night: `${borg}; cd "$tree"; borg create -C zstd,3 "$set/r::night" .`,
    list: `${borg}; borg list --short "$set/r::full"`,
    extract: `${borg}; cd "$target"; borg extract --numeric-ids "$set/r::full" "pp:$sample"`,
    restore: `${borg}; cd "$target"; borg extract --numeric-ids "$set/r::full"`,
  },
  {
    // As ReaR 2.7 calls it for BACKUP_TYPE=incremental: what is newer than the full backup's date.
    name: "tar and gzip, as ReaR",
    full: `touch "$set/date"; ${tar} "$tree" -czf "$set/a.tar.gz" .`,
    night: `${tar} "$tree" --newer="$set/date" -czf "$night/a.tar.gz" .`,
    list: `tar -tzf "$set/a.tar.gz"`,
    extract: `${tar} "$target" -xpzf "$set/a.tar.gz" "./$sample"`,
    restore: `${tar} "$target" -xpzf "$set/a.tar.gz"`,
  },
];
