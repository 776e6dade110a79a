import { msg } from "../../base/message.ts";
import type { Effect } from "../../effects/effect.ts";
import { fastCommitBlocks } from "../../formats/fs/ext-journal.ts";
import {
  decodeExtSuperblock,
  EXT_SUPERBLOCK_BYTES,
  EXT_SUPERBLOCK_OFFSET,
  type ExtSuperblock,
} from "../../formats/fs/ext-superblock.ts";
import type { Filesystem } from "../../layout/types.ts";
import type { FilesystemDriver, FilesystemFacts } from "../contracts.ts";
import { type ExtDetails, extDetails, extFields } from "./ext-details.ts";
import { extFeatureNames, extType } from "./ext-features.ts";
import { minimumExtBytes, resizedExt } from "./ext-size.ts";
import { optionOf } from "./option-of.ts";
import { type FeatureRelease, tooNewFeature } from "./tool-release.ts";

const MIB = 1024 * 1024;
/** Source: e2fsprogs doc/RelNotes. */
const RELEASES: readonly FeatureRelease[] = [
  ["large_dir", 1, 44],
  ["verity", 1, 45],
  ["casefold", 1, 45],
  ["fast_commit", 1, 46],
  ["stable_inodes", 1, 46],
  ["orphan_file", 1, 47],
];
const ERRORS: Readonly<Record<number, string>> = { 1: "continue", 2: "remount-ro", 3: "panic" };
/** Names that are no UTF-8 are refused. Source: fs/ext4/ext4.h, EXT4_ENC_STRICT_MODE_FL. */
const STRICT = 1;
const HASHES = ["legacy", "half_md4", "tea"];
/** Default mount options: bit and name. Source: lib/e2p/mntopts.c. The journal mode (0x60) is a field of its own. */
const MOUNT_BITS: readonly (readonly [number, string])[] = [
  [0x1, "debug"],
  [0x2, "bsdgroups"],
  [0x4, "user_xattr"],
  [0x8, "acl"],
  [0x10, "uid16"],
  [0x100, "nobarrier"],
  [0x200, "block_validity"],
  [0x400, "discard"],
  [0x800, "nodelalloc"],
];
const JOURNAL_MODES: Readonly<Record<number, string>> = {
  32: "journal_data",
  64: "journal_data_ordered",
  96: "journal_data_writeback",
};

function quotasOf(sb: ExtSuperblock): string {
  const kinds: [boolean, string][] = [
    [sb.userQuota, "usrquota"],
    [sb.groupQuota, "grpquota"],
    [sb.projectQuota, "prjquota"],
  ];
  return kinds
    .filter(([on]) => on)
    .map(([, name]) => name)
    .join(":");
}

function detailsOf(sb: ExtSuperblock): ExtDetails {
  const features = extFeatureNames(sb);
  const { blockBytes, clusterBytes, blocks, inodes, inodeBytes, reservedBlocks, reservedUid, reservedGid } = sb;
  const { flexGroups, blocksPerGroup, journalBytes, revision, hashSeed, hashVersion, errors, encoding } = sb;
  const { maxMountCount, checkIntervalSeconds, defaultMountOptions, mountOptions, stride, stripeWidth } = sb;
  const shape = { blockBytes, clusterBytes, blocks, inodes, inodeBytes, reservedBlocks, reservedUid, reservedGid };
  const journal = { journalBytes, externalJournal: features.includes("has_journal") && sb.journalInode === 0 };
  const habits = { errors, maxMountCount, checkIntervalSeconds, defaultMountOptions, mountOptions };
  const rest = { stride, stripeWidth, quotas: quotasOf(sb), encoding, revision, hashSeed, hashVersion };
  const flags = sb.encodingFlags === 0 ? {} : { encodingFlags: sb.encodingFlags };
  // The kernel counts mounts up and down around a limit that mke2fs may have drawn at random: only "never" (-1, 0) is a
  // choice.
  const limit = habits.maxMountCount <= 0 ? -1 : habits.maxMountCount;
  return {
    features,
    ...shape,
    flexGroups,
    blocksPerGroup,
    ...journal,
    ...habits,
    maxMountCount: limit,
    ...rest,
    ...flags,
  };
}

function recognise(read: (offset: number, length: number) => Uint8Array): FilesystemFacts | undefined {
  const sb = decodeExtSuperblock(read(EXT_SUPERBLOCK_OFFSET, EXT_SUPERBLOCK_BYTES));
  if (!sb || (sb.incompat & 0x8) !== 0) return undefined; // 0x8: an external journal, no file system
  const fastCommitBytes = sb.journalInode === 0 ? 0 : fastCommitBlocks(read, sb) * sb.blockBytes;
  const details: ExtDetails = { ...detailsOf(sb), ...(fastCommitBytes === 0 ? {} : { fastCommitBytes }) };
  return {
    type: extType(details.features),
    uuid: sb.uuid,
    ...(sb.label === "" ? {} : { label: sb.label }),
    sizeBytes: sb.blocks * sb.blockBytes,
    usedBytes: (sb.blocks - sb.freeBlocks) * sb.blockBytes,
    details,
  };
}

function obstacle(fs: Filesystem): string | undefined {
  if (fs.details.assumed === true) return undefined;
  const details = extDetails(fs);
  const unknown = details.features.filter((name) => name.includes(":"));
  if (((details.encodingFlags ?? 0) & ~STRICT) !== 0)
    unknown.push(`encoding flags 0x${details.encodingFlags?.toString(16)}`);
  if (unknown.length > 0) return msg`it has features that this version does not know (${unknown.join(", ")})`;
  const tooNew = tooNewFeature(details.features, RELEASES, details.toolVersion);
  if (tooNew !== undefined) return tooNew;
  if (details.externalJournal) return msg`its journal lies on another device`;
  if (details.revision === 0) return msg`it is of the old revision 0 (upgrade it with tune2fs)`;
  return undefined;
}

function extendedOptions(d: ExtDetails): string {
  const words = [`hash_seed=${d.hashSeed}`, "lazy_itable_init=1"];
  if (d.stride > 0) words.push(`stride=${d.stride}`);
  if (d.stripeWidth > 0) words.push(`stripe_width=${d.stripeWidth}`);
  if (d.features.includes("quota")) words.push(`quotatype=${d.quotas}`);
  if (d.features.includes("casefold")) words.push("encoding=utf8");
  if (((d.encodingFlags ?? 0) & STRICT) !== 0) words.push("encoding_flags=strict");
  return words.join(",");
}

/** mke2fs adds the area for fast commits to the size that it is given. */
function journalOptions(d: ExtDetails): string {
  const fast = d.fastCommitBytes !== undefined && d.fastCommitBytes < d.journalBytes ? d.fastCommitBytes : 0;
  const size = `size=${Math.max(1, Math.round((d.journalBytes - fast) / MIB))}`;
  return fast === 0 ? size : `${size},fast_commit_size=${fast / 1024}`;
}

function makeCommand(fs: Filesystem, device: string): string[] {
  const d = extDetails(fs);
  return [
    "mke2fs",
    "-F",
    "-q",
    ...["-O", ["none", ...d.features].join(",")],
    ...["-b", String(d.blockBytes), "-I", String(d.inodeBytes), "-N", String(d.inodes), "-m", "0"],
    ...(d.features.includes("bigalloc") ? ["-C", String(d.clusterBytes)] : ["-g", String(d.blocksPerGroup)]),
    // Groups that are put together one by one: the superblock's exponent is 0.
    ...(d.features.includes("flex_bg") ? ["-G", String(Math.max(1, d.flexGroups))] : []),
    ...(d.journalBytes > 0 ? ["-J", journalOptions(d)] : []),
    ...["-E", extendedOptions(d)],
    ...(fs.uuid === undefined ? [] : ["-U", fs.uuid]),
    ...(fs.label === undefined ? [] : ["-L", fs.label]),
    device,
    // Always with a unit: a bare number is in blocks of the size just given only since e2fsprogs 1.43.
    `${(d.blocks * d.blockBytes) / 1024}k`,
  ];
}

/** What mke2fs takes from its configuration file rather than from words: set afterwards, so that no file decides. */
function tuneCommand(fs: Filesystem, device: string): string[] {
  const d = extDetails(fs);
  const flags = MOUNT_BITS.map(([bit, name]) => ((d.defaultMountOptions & bit) === 0 ? `^${name}` : name));
  const mode = JOURNAL_MODES[d.defaultMountOptions & 0x60];
  const hash = HASHES[d.hashVersion % 3];
  const extended = [
    ...(hash === undefined || hash === "half_md4" ? [] : [`hash_alg=${hash}`]),
    ...(d.mountOptions === "" || d.mountOptions.includes(",") ? [] : [`mount_opts=${d.mountOptions}`]),
  ];
  return [
    "tune2fs",
    ...["-r", String(d.reservedBlocks), "-u", String(d.reservedUid), "-g", String(d.reservedGid)],
    ...["-c", String(d.maxMountCount), "-i", `${d.checkIntervalSeconds}s`],
    ...(ERRORS[d.errors] === undefined ? [] : ["-e", ERRORS[d.errors] ?? "continue"]),
    ...["-o", [...flags, ...(mode === undefined ? [] : [mode])].join(",")],
    // Extended options in one word: of several -E only the last counts.
    ...(extended.length === 0 ? [] : ["-E", extended.join(",")]),
    device,
  ];
}

function make(fs: Filesystem, device: string): readonly Effect[] {
  const { mountOptions } = extDetails(fs);
  const debugfs = ["debugfs", "-w", "-R"];
  return [
    { do: "run", argv: makeCommand(fs, device), writes: [device] },
    { do: "run", argv: tuneCommand(fs, device), writes: [device] },
    // tune2fs takes a comma in mount_opts for the end of the option; debugfs does not.
    ...(mountOptions.includes(",")
      ? [
          {
            do: "run",
            argv: [...debugfs, `set_super_value mount_opts ${mountOptions}`, device],
            writes: [device],
          } as const,
        ]
      : []),
  ];
}

/** ext2, ext3 and ext4: one format, told apart by features. */
export const extDriver: FilesystemDriver = {
  types: ["ext4", "ext3", "ext2"],
  needs: {
    tools: ["mke2fs", "tune2fs", "e2fsck", "debugfs"],
    optionalTools: ["mkfs.ext2", "mkfs.ext3", "mkfs.ext4", "resize2fs", "dumpe2fs"],
    modules: ["ext4"],
  },
  toolVersion: ["mke2fs", "-V"],
  detailFields: extFields,
  recognise,
  obstacle,
  make,
  makePlain: ({ type, uuid, label }, device) => [
    {
      do: "run",
      argv: ["mke2fs", "-F", "-q", "-t", type, ...optionOf("-U", uuid), ...optionOf("-L", label), device],
      writes: [device],
    },
  ],
  restoreOptions: () => "noatime",
  // Without a journal the kernel refuses the word.
  readOnlyOptions: (type) => (type === "ext2" ? [] : ["noload"]),
  minimumBytes: minimumExtBytes,
  resized: resizedExt,
  bootAreas: () => [[0, 1024]],
  posix: true,
};
