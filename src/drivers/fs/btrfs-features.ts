import type { BtrfsSuperblock } from "../../formats/fs/btrfs-superblock.ts";

/** Features that mkfs.btrfs makes or leaves out on request, by its words. Source: linux/btrfs.h, BTRFS_FEATURE_*. */
const MADE_INCOMPATIBLE: ReadonlyMap<bigint, string> = new Map([
  [0x4n, "mixed-bg"],
  [0x40n, "extref"],
  [0x100n, "skinny-metadata"],
  [0x200n, "no-holes"],
]);
const MADE_READ_ONLY: ReadonlyMap<bigint, string> = new Map([
  [0x1n, "free-space-tree"],
  [0x8n, "block-group-tree"],
]);
/**
 * Bits that follow from something else: the format itself (0x1), the default subvolume (0x2), compression (0x8, 0x10),
 * the size of nodes (0x20), profiles (0x80, 0x800), a changed UUID (0x400, which a fresh mkfs need not remember),
 * simple quotas (0x10000); whether the free-space tree is valid (0x2), verity (0x4).
 */
const FOLLOWING_INCOMPATIBLE = 0x1n | 0x2n | 0x8n | 0x10n | 0x20n | 0x80n | 0x400n | 0x800n | 0x10000n;
const FOLLOWING_READ_ONLY = 0x2n | 0x4n;
const NAMED: ReadonlyMap<bigint, string> = new Map([
  [0x1000n, "zoned"],
  [0x2000n, "extent-tree-v2"],
  [0x4000n, "raid-stripe-tree"],
]);
const SEEDING = 1n << 32n;

const names = (bits: bigint, known: ReadonlyMap<bigint, string>) =>
  [...known].flatMap(([bit, name]) => ((bits & bit) === 0n ? [] : [name]));
const sum = (known: ReadonlyMap<bigint, string>) => [...known.keys()].reduce((all, bit) => all | bit, 0n);

/** The features that mkfs.btrfs decides about. */
export function btrfsFeatures(sb: BtrfsSuperblock): string[] {
  return [...names(sb.incompatible, MADE_INCOMPATIBLE), ...names(sb.readOnlyCompatible, MADE_READ_ONLY)];
}

/** What of it this version can't make again; bits without a name as numbers. */
export function unknownBtrfsFeatures(sb: BtrfsSuperblock): string[] {
  const incompatible = sb.incompatible & ~(sum(MADE_INCOMPATIBLE) | FOLLOWING_INCOMPATIBLE);
  const readOnly = sb.readOnlyCompatible & ~(sum(MADE_READ_ONLY) | FOLLOWING_READ_ONLY);
  const rest = incompatible & ~sum(NAMED);
  return [
    ...names(incompatible, NAMED),
    ...(rest === 0n ? [] : [`incompat:0x${rest.toString(16)}`]),
    ...(readOnly === 0n ? [] : [`ro_compat:0x${readOnly.toString(16)}`]),
    ...((sb.flags & SEEDING) === 0n ? [] : ["seeding"]),
  ];
}

/** `6.2` ≥ the release; an unknown version counts as new. */
export function btrfsToolHas(toolVersion: unknown, ...release: readonly [number, number, number?]): boolean {
  const match = /v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(typeof toolVersion === "string" ? toolVersion : "");
  if (!match) return true;
  const have = match.slice(1).map((word) => Number(word ?? 0));
  for (const [at, wanted] of release.entries()) {
    const now = have[at] ?? 0;
    if (now !== (wanted ?? 0)) return now > (wanted ?? 0);
  }
  return true;
}

/**
 * Words for mkfs.btrfs that make just these features, whatever its defaults are. The free-space tree is a "runtime
 * feature" (5.15) that
 * 6.3 takes among the others; block-group-tree came with 6.3.
 */
export function btrfsFeatureWords(features: readonly string[], toolVersion: unknown): string[] {
  const word = (name: string) => (features.includes(name) ? name : `^${name}`);
  const words = ["extref", "skinny-metadata", "no-holes"].map(word);
  const mixed = features.includes("mixed-bg") ? ["--mixed"] : [];
  if (btrfsToolHas(toolVersion, 6, 3)) {
    return [...mixed, "-O", [...words, word("free-space-tree"), word("block-group-tree")].join(",")];
  }
  const runtime = btrfsToolHas(toolVersion, 5, 15) ? ["-R", word("free-space-tree")] : [];
  return [...mixed, "-O", words.join(","), ...runtime];
}
