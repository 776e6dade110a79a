import type { Filesystem } from "../../layout/types.ts";
import { hasFeature } from "../fs/has-feature.ts";
import { isRelease } from "../fs/tool-release.ts";

/** A feature, and the first release of GRUB that reads a file system with it; none does where there is none. */
export type GrubFeature = readonly [feature: string, since?: string];

/**
 * Source: GRUB's grub-core/fs at its release tags 2.02 to 2.14: incompatible features that it accepts; its f2fs.c knows
 * of no attributes beside the old ones.
 */
const FEATURES: Readonly<Record<string, readonly GrubFeature[]>> = {
  ext4: [
    ["encrypt", "2.04"],
    ["metadata_csum_seed", "2.12"],
    ["large_dir", "2.12"],
    ["ea_inode"],
    ["inline_data"],
    ["casefold"],
  ],
  xfs: [["sparse", "2.04"], ["bigtime", "2.06"], ["nrext64", "2.12"], ["exchange", "2.14"], ["parent", "2.14"], ["ci"]],
  f2fs: [["extra_attr"]],
};

/**
 * Features of a file system that this release of GRUB doesn't read as its authors made it; of an unknown release those
 * that none reads.
 */
export function unreadByGrub(fs: Filesystem, version: string | undefined): GrubFeature[] {
  const unread = (since: string | undefined) => {
    const [major = 0, minor = 0] = (since ?? "").split(".").map(Number);
    return since === undefined || !isRelease(version, major, minor);
  };
  return (FEATURES[fs.type] ?? []).filter(([feature, since]) => hasFeature(fs, feature) && unread(since));
}

/** The release of the installed GRUB's modules, which its `modinfo.sh` tells. */
export function grubVersion(texts: Readonly<Record<string, string>>): string | undefined {
  const found = Object.entries(texts).flatMap(([path, text]) =>
    path.endsWith("/modinfo.sh") ? (/^grub_version="?(\d+\.\d+)/m.exec(text)?.[1] ?? []) : [],
  );
  return found[0];
}
