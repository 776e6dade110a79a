/** Feature bits of ext2/3/4 and the names that mke2fs gives them. Source: lib/e2p/feature.c of e2fsprogs 1.47. */
const COMPAT: Readonly<Record<number, string>> = {
  4: "has_journal",
  8: "ext_attr",
  16: "resize_inode",
  32: "dir_index",
  512: "sparse_super2",
  1024: "fast_commit",
  2048: "stable_inodes",
  4096: "orphan_file",
};
const INCOMPAT: Readonly<Record<number, string>> = {
  2: "filetype",
  16: "meta_bg",
  64: "extent",
  128: "64bit",
  256: "mmp",
  512: "flex_bg",
  1024: "ea_inode",
  8192: "metadata_csum_seed",
  16384: "large_dir",
  32768: "inline_data",
  65536: "encrypt",
  131072: "casefold",
};
const RO_COMPAT: Readonly<Record<number, string>> = {
  1: "sparse_super",
  2: "large_file",
  8: "huge_file",
  16: "uninit_bg",
  32: "dir_nlink",
  64: "extra_isize",
  256: "quota",
  512: "bigalloc",
  1024: "metadata_csum",
  8192: "project",
  32768: "verity",
};
/** Bits that come and go while the file system is used: recovery pending; orphans present. */
const TRANSIENT = { compat: 0, incompat: 0x4, roCompat: 0x10000 };

interface FeatureWords {
  readonly compat: number;
  readonly incompat: number;
  readonly roCompat: number;
}

function namesOf(bits: number, names: Readonly<Record<number, string>>, kind: string, skip: number): string[] {
  const found: string[] = [];
  for (let index = 0; index < 32; index++) {
    const bit = (1 << index) >>> 0;
    if ((bits & bit) === 0 || (skip & bit) !== 0) continue;
    found.push(names[bit] ?? `${kind}:0x${bit.toString(16)}`);
  }
  return found;
}

/** Names of all lasting features; one that has no name here is `compat:0x…`, `incompat:0x…` or `ro_compat:0x…`. */
export function extFeatureNames(words: FeatureWords): string[] {
  return [
    ...namesOf(words.compat, COMPAT, "compat", TRANSIENT.compat),
    ...namesOf(words.incompat, INCOMPAT, "incompat", TRANSIENT.incompat),
    ...namesOf(words.roCompat, RO_COMPAT, "ro_compat", TRANSIENT.roCompat),
  ];
}

/** The type that the kernel and fstab would call it: no journal, a journal, or anything that only ext4 knows. */
export function extType(features: readonly string[]): "ext2" | "ext3" | "ext4" {
  const old = new Set(
    "has_journal ext_attr resize_inode dir_index filetype meta_bg sparse_super large_file sparse_super2".split(" "),
  );
  if (features.some((name) => !old.has(name))) return "ext4";
  return features.includes("has_journal") ? "ext3" : "ext2";
}
