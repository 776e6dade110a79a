/**
 * A program that saves a tree and brings it back, as bash scripts. They find `$tree $set $target $sample $home` in the
 * environment.
 */
export interface Archiver {
  readonly name: string;
  /** Run before a backup, not measured. */
  readonly prepare?: string;
  /** `$tree` → what lies in the empty directory `$set`. */
  readonly backup: string;
  /** `$set` → the empty directory `$target`. */
  readonly restore: string;
  /** The one file `$sample` (a path in the tree) → the empty directory `$target`. */
  readonly extract: string;
  /** `$tree`, unchanged since `$set` was made of it → a differential backup in the empty directory `$again`. */
  readonly again?: string;
}

const borg =
  "export BORG_BASE_DIR=$home BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_RELOCATED_REPO_ACCESS_IS_OK=yes";
const restic = "export RESTIC_PASSWORD=bench RESTIC_CACHE_DIR=$home/restic";
/** afio 2.5.2 takes the links of a system for an attack. */
const afio = `cd "$target"; afio -8 allowinsecurepaths -8 allowinsecuresymlinks`;
/** A name within a pattern of afio or restic: every character that means something there stands for itself. */
const plain = `plain() { printf %s "$1" | sed 's/[][*?\\\\]/\\\\&/g'; }`;

/** `engine` is the compiled `engine.ts`. Threads: as many as the machine has processors, 2 on the reference machine. */
export function archivers(engine: string, threads: number): readonly Archiver[] {
  return [
    {
      name: "tar --xattrs | zstd -3",
      backup: `tar --xattrs -C "$tree" -cf - . | zstd -q -3 -T${threads} -o "$set/a.tar.zst"`,
      restore: `zstd -q -dc "$set/a.tar.zst" | tar --xattrs -C "$target" -xpf -`,
      extract: `zstd -q -dc "$set/a.tar.zst" | tar --xattrs -C "$target" -xpf - "./$sample"`,
    },
    {
      name: "mondo",
      backup: `${engine} backup "$tree" "$set"`,
      restore: `${engine} restore "$set" "$target"`,
      extract: `${engine} extract "$set" "$target" "$sample"`,
      again: `${engine} again "$tree" "$again" "$set"`,
    },
    {
      name: "fsarchiver -j2 -Z3",
      backup: `fsarchiver savedir -j${threads} -Z3 "$set/a.fsa" "$tree"`,
      restore: `fsarchiver restdir -j${threads} "$set/a.fsa" "$target"`,
      extract: "",
    },
    {
      name: "restic",
      prepare: `${restic}; rm -rf "$home/restic"; restic init -q -r "$set/r"`,
      backup: `${restic}; cd "$tree"; restic backup -q -r "$set/r" .`,
      restore: `${restic}; restic restore -q -r "$set/r" latest --target "$target"`,
      extract: `${restic}; ${plain}; restic restore -q -r "$set/r" latest --target "$target" --include "/$(plain "$sample")"`,
    },
    {
      name: "borg zstd,3",
      prepare: `${borg}; rm -rf "$home/.cache/borg" "$home/.config/borg"; borg init -e none "$set/r"`,
      backup: `${borg}; cd "$tree"; borg create -C zstd,3 "$set/r::a" .`,
      restore: `${borg}; cd "$target"; borg extract --numeric-ids "$set/r::a"`,
      extract: `${borg}; cd "$target"; borg extract --numeric-ids "$set/r::a" "pp:$sample"`,
    },
    {
      name: "dar zstd:3",
      backup: `dar -Q -q -c "$set/a" -R "$tree" -zzstd:3`,
      restore: `dar -Q -q -x "$set/a" -R "$target"`,
      extract: `dar -Q -q -x "$set/a" -R "$target" -g "$sample"`,
    },
    {
      name: "afio -Z -G 3",
      backup: `cd "$tree"; find . | afio -o -Z -G 3 "$set/a.afio"`,
      restore: `${afio} -i -Z "$set/a.afio"`,
      extract: `${plain}; ${afio} -i -Z -y "./$(plain "$sample")" "$set/a.afio"`,
    },
  ];
}
