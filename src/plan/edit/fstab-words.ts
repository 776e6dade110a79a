import type { Mount } from "../../layout/types.ts";

/** Options that any file system takes. Source: mount(8), fstab(5), systemd.mount(5). */
const GENERAL =
  /^(defaults|ro|rw|noauto|auto|nofail|users?|nouser|owner|group|_netdev|a?sync|no?atime|no?diratime|(no)?relatime|(no)?strictatime|(no)?lazytime|(no)?dev|(no)?exec|(no)?suid|discard|nodiscard|iversion|x-[\w.-]+(=.*)?|comment=.*|context=.*|fscontext=.*|defcontext=.*|rootcontext=.*)$/;

/** Options that only some types know. Source: the manual pages ext4(5), xfs(5), btrfs(5). */
const OWN: Readonly<Record<string, RegExp>> = {
  xfs: /^(u?quota|g?quota|p?quota|usrquota|grpquota|prjquota|pquota|gquota|uquota|inode(32|64)|largeio|swalloc|allocsize=.*|logb(ufs|size)=.*)$/,
  btrfs:
    /^(compress(-force)?(=.*)?|subvol(id)?=.*|ssd|nossd|autodefrag|space_cache(=.*)?|degraded|commit=.*|(no)?datacow|(no)?datasum|device=.*|(no)?acl)$/,
  ext4: /^(errors=.*|commit=.*|data=.*|(no)?barrier(=.*)?|journal_checksum|usrquota|grpquota|prjquota|usrjquota=.*|grpjquota=.*|jqfmt=.*|(no)?user_xattr|(no)?acl|stripe=.*|(no)?delalloc)$/,
  f2fs: /^(compress_.*|background_gc=.*|(no)?inline_.*|active_logs=.*|(no)?user_xattr|(no)?acl|flush_merge)$/,
  vfat: /^([ugo]id=.*|[fd]?mask=.*|umask=.*|codepage=.*|iocharset=.*|shortname=.*|utf8(=.*)?|errors=.*|quiet|flush)$/,
  exfat: /^([ugo]id=.*|[fd]?mask=.*|umask=.*|iocharset=.*|errors=.*)$/,
};

const family = (type: string) => (/^ext[234]$/.test(type) ? "ext4" : type);

/** Whether a file system of a type takes an option. */
const takes = (type: string, option: string) => GENERAL.test(option) || (OWN[family(type)]?.test(option) ?? false);

/** The options of a line, and what of its mount is another now. */
export interface OptionChange {
  readonly was: string;
  readonly now: string;
  readonly before: Mount | undefined;
  readonly after: Mount;
}

/** Options of a line of fstab that suit the type and the subvolume that it mounts now. */
export function fstabOptionsFor(options: string, { was, now, before, after }: OptionChange): string {
  const asked = before !== undefined && before.options !== after.options ? after.options : options;
  const words = asked.split(",").filter((word) => word !== "");
  const fitting = family(was) === family(now) ? words : words.filter((word) => takes(now, word));
  const placed =
    before === undefined || before.root === after.root
      ? fitting
      : [
          ...fitting.filter((word) => !/^subvol(id)?=/.test(word)),
          ...(after.root === "/" || now !== "btrfs" ? [] : [`subvol=${after.root}`]),
        ];
  const own = placed.length > 1 ? placed.filter((word) => word !== "defaults") : placed;
  return own.length === 0 ? "defaults" : own.join(",");
}

/** Words that a change of type takes out of a line, for people. */
export const lostOptions = (options: string, now: string): string[] =>
  options.split(",").filter((word) => word !== "" && !takes(now, word));
