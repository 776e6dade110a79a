import { msg } from "../../base/message.ts";
import { KIB } from "../../base/units.ts";
import type { Effect } from "../../effects/effect.ts";
import {
  BTRFS_SUPERBLOCK_BYTES,
  BTRFS_SUPERBLOCK_OFFSET,
  type BtrfsSuperblock,
  decodeBtrfsSuperblock,
} from "../../formats/fs/btrfs-superblock.ts";
import type { Filesystem } from "../../layout/types.ts";
import type { DeviceReader, FilesystemDriver, FilesystemFacts } from "../contracts.ts";
import { type BtrfsDetails, btrfsDetails, btrfsFields } from "./btrfs-details.ts";
import { btrfsFeatures, btrfsFeatureWords, btrfsToolHas, unknownBtrfsFeatures } from "./btrfs-features.ts";
import { describeMountedBtrfs, readMountedBtrfs } from "./btrfs-mounted.ts";
import { resizedBtrfs } from "./btrfs-size.ts";
import { completeBtrfs, populateBtrfs, shares } from "./btrfs-work.ts";
import { optionOf } from "./option-of.ts";

const CHECKSUMS = ["crc32c", "xxhash", "sha256", "blake2"];
/** Source: linux/btrfs_tree.h, BTRFS_BLOCK_GROUP_*. */
const PROFILES: readonly (readonly [bigint, string])[] = [
  [0x8n, "raid0"],
  [0x10n, "raid1"],
  [0x20n, "dup"],
  [0x40n, "raid10"],
  [0x80n, "raid5"],
  [0x100n, "raid6"],
  [0x200n, "raid1c3"],
  [0x400n, "raid1c4"],
];

function detailsOf(sb: BtrfsSuperblock): BtrfsDetails {
  return {
    features: btrfsFeatures(sb),
    unknown: unknownBtrfsFeatures(sb),
    nodeBytes: sb.nodeBytes,
    sectorBytes: sb.sectorBytes,
    checksum: CHECKSUMS[sb.checksumType] ?? `number ${sb.checksumType}`,
    systemProfile: PROFILES.find(([bit]) => (sb.systemProfile & bit) !== 0n)?.[1] ?? "single",
    devices: sb.devices,
    ...(sb.devices === 1 ? { deviceUuid: sb.device.uuid } : {}),
  };
}

function recognise(read: DeviceReader): FilesystemFacts | undefined {
  const sb = decodeBtrfsSuperblock(read(BTRFS_SUPERBLOCK_OFFSET, BTRFS_SUPERBLOCK_BYTES));
  if (!sb) return undefined;
  const { devices, device } = sb;
  return {
    uuid: sb.uuid,
    ...(sb.label === "" ? {} : { label: sb.label }),
    sizeBytes: sb.totalBytes,
    usedBytes: sb.usedBytes,
    details: detailsOf(sb),
    ...(devices > 1 ? { spread: { devices, index: device.id, sizeBytes: device.sizeBytes } } : {}),
  };
}

function obstacle(fs: Filesystem): string | undefined {
  if (fs.details.assumed === true) return undefined;
  const d = btrfsDetails(fs);
  if (d.unknown.length > 0) return msg`it has features that this version does not know (${d.unknown.join(", ")})`;
  if (!CHECKSUMS.includes(d.checksum)) return msg`its checksums are of the unknown kind ${d.checksum}`;
  if (d.unlisted !== undefined) return msg`its subvolumes can't be listed (${d.unlisted})`;
  if (d.features.includes("block-group-tree") && !btrfsToolHas(d.toolVersion, 6, 3)) {
    return msg`it has a block-group tree, which ${d.toolVersion} can't make (6.3 can)`;
  }
  return undefined;
}

function profileWords(d: BtrfsDetails): string[] {
  const metadata = d.metadataProfile ?? d.systemProfile;
  const data = d.dataProfile ?? (d.features.includes("mixed-bg") ? metadata : undefined);
  return ["-m", metadata, ...(data === undefined ? [] : ["-d", data])];
}

function makeCommand(fs: Filesystem, device: string, others: readonly string[]): string[] {
  const d = btrfsDetails(fs);
  const sizes = [...new Set(shares(fs))];
  const own = d.deviceUuid !== undefined && btrfsToolHas(d.toolVersion, 6, 5, 3) ? d.deviceUuid : undefined;
  return [
    ...["mkfs.btrfs", "-q", "-f", ...btrfsFeatureWords(d.features, d.toolVersion)],
    ...["-n", String(d.nodeBytes), "-s", String(d.sectorBytes)],
    // The word came with 5.5; before it there was nothing to choose.
    ...(d.checksum === "crc32c" ? [] : ["--csum", d.checksum]),
    ...profileWords(d),
    ...(fs.uuid === undefined ? [] : ["-U", fs.uuid]),
    ...(own === undefined ? [] : ["--device-uuid", own]),
    ...(fs.label === undefined ? [] : ["-L", fs.label]),
    // One size for each device; where they differ, each is set later.
    ...(sizes.length === 1 ? ["-b", String(sizes[0])] : []),
    device,
    ...others,
  ];
}

/**
 * The kernel remembers devices by the UUID of their file system: one that was looked at and taken out would be missed
 * in the new file system of that UUID (an I/O error at the mount). Tools before 5.0 and kernels before 5.1 can't
 * forget.
 */
const FORGET: Effect = { do: "run", argv: ["btrfs", "device", "scan", "--forget"], writes: [], accept: [0, 1] };

/** Those that decide how files are stored; `nodatacow` must not make files so that were not. */
const KEPT_OPTION = /^(compress(-force)?(=|$)|space_cache=v2$)/;

/** btrfs, on one device or several, with its subvolumes. */
export const btrfsDriver: FilesystemDriver = {
  types: ["btrfs"],
  needs: {
    tools: ["mkfs.btrfs", "btrfs"],
    optionalTools: ["btrfstune", "btrfsck", "fsck.btrfs"],
    modules: ["btrfs"],
  },
  toolVersion: ["mkfs.btrfs", "--version"],
  detailFields: btrfsFields,
  recognise,
  obstacle,
  readMounted: readMountedBtrfs,
  describeMounted: describeMountedBtrfs,
  make: (fs, device, others) => [
    FORGET,
    { do: "run", argv: makeCommand(fs, device, others), writes: [device, ...others], timeoutMs: 900_000 },
  ],
  makePlain: ({ uuid, label }, device) => [
    FORGET,
    {
      do: "run",
      argv: ["mkfs.btrfs", "-q", "-f", ...optionOf("-U", uuid), ...optionOf("-L", label), device],
      writes: [device],
    },
  ],
  populate: populateBtrfs,
  complete: completeBtrfs,
  gather: ["btrfs", "device", "scan"],
  needsUniqueUuid: true,
  restoreOptions: (source) => ["noatime", ...source.split(",").filter((word) => KEPT_OPTION.test(word))].join(","),
  placeOptions: ({ root }, others) =>
    [root === "/" ? "subvolid=5" : `subvol=${root}`, ...others.map((other) => `device=${other}`)].join(","),
  readOnlyOptions: () => ["rescue=nologreplay", "nologreplay"],
  minimumBytes: (fs) => fs.sizeBytes,
  resized: resizedBtrfs,
  bootAreas: () => [[0, 64 * KIB]],
  posix: true,
};
