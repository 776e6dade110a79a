import * as v from "valibot";
import { msg } from "../../base/message.ts";
import {
  decodeF2fsSuperblock,
  F2FS_SUPERBLOCK_BYTES,
  F2FS_SUPERBLOCK_OFFSET,
  type F2fsSuperblock,
} from "../../formats/fs/f2fs-superblock.ts";
import { count, flag, list, optional, positive, word } from "../../layout/kinds/field-schemas.ts";
import type { Filesystem } from "../../layout/types.ts";
import type { DeviceReader, FilesystemDriver, FilesystemFacts } from "../contracts.ts";
import { type DetailsOf, decodeDetails } from "../decode-details.ts";
import { optionOf } from "./option-of.ts";

const detailFields = {
  features: list(word),
  unknown: list(word),
  sectorBytes: positive,
  blockBytes: positive,
  blocks: positive,
  segmentsPerSection: positive,
  sectionsPerZone: positive,
  largeBitmap: flag,
  encoding: count,
  /** Names that are no UTF-8 are refused. */
  strict: optional(v.literal(true, msg`must be true`)),
};

/** What of an F2FS has to be the same again. */
type F2fsDetails = DetailsOf<typeof detailFields>;

/** As mkfs.f2fs names them. Source: linux fs/f2fs/f2fs.h, F2FS_FEATURE_*. */
const FEATURES: readonly (readonly [number, string])[] = [
  [0x1, "encrypt"],
  [0x8, "extra_attr"],
  [0x10, "project_quota"],
  [0x20, "inode_checksum"],
  [0x40, "flexible_inline_xattr"],
  [0x80, "quota"],
  [0x100, "inode_crtime"],
  [0x200, "lost_found"],
  [0x400, "verity"],
  [0x800, "sb_checksum"],
  [0x1000, "casefold"],
  [0x2000, "compression"],
];
/** What mkfs.f2fs makes; only late ones can be told of others, which only kernels with such pages mount. */
const BLOCK_BYTES = 4096;
/** Source: linux fs/f2fs/f2fs.h, F2FS_ENC_STRICT_MODE_FL. */
const STRICT = 1;
const KNOWN = FEATURES.reduce((sum, [bit]) => sum | bit, 0);

function unknownOf(sb: F2fsSuperblock): string[] {
  const bits = sb.features & ~KNOWN;
  return [
    ...(bits === 0 ? [] : [`feature:0x${(bits >>> 0).toString(16)}`]),
    ...(sb.severalDevices ? ["several devices"] : []),
    ...(sb.blockBytes === BLOCK_BYTES ? [] : [`blocks of ${sb.blockBytes} bytes`]),
    ...(sb.encoding > 1 ? [`encoding ${sb.encoding}`] : []),
    ...((sb.encodingFlags & ~STRICT) === 0 ? [] : [`encoding flags 0x${sb.encodingFlags.toString(16)}`]),
  ];
}

function recognise(read: DeviceReader): FilesystemFacts | undefined {
  const sb = decodeF2fsSuperblock(read(F2FS_SUPERBLOCK_OFFSET, F2FS_SUPERBLOCK_BYTES));
  if (!sb) return undefined;
  const { sectorBytes, blockBytes, blocks, segmentsPerSection, sectionsPerZone, encoding } = sb;
  const details: F2fsDetails = {
    features: FEATURES.flatMap(([bit, name]) => (sb.features & bit ? [name] : [])),
    unknown: unknownOf(sb),
    ...{ sectorBytes, blockBytes, blocks, segmentsPerSection, sectionsPerZone, encoding },
    largeBitmap: sb.bitmapBlocks > 0,
    ...((sb.encodingFlags & STRICT) === 0 ? {} : { strict: true }),
  };
  return {
    uuid: sb.uuid,
    ...(sb.label === "" ? {} : { label: sb.label }),
    sizeBytes: blocks * blockBytes,
    details,
  };
}

function makeCommand(fs: Filesystem, device: string): string[] {
  const d = decodeDetails(detailFields, fs);
  return [
    ...["mkfs.f2fs", "-f", "-q", "-w", String(d.sectorBytes)],
    ...["-s", String(d.segmentsPerSection), "-z", String(d.sectionsPerZone)],
    ...(d.features.length === 0 ? [] : ["-O", d.features.join(",")]),
    ...(d.features.includes("casefold") ? ["-C", d.strict ? "utf8:strict" : "utf8"] : []),
    ...(d.largeBitmap ? ["-i"] : []),
    ...(fs.uuid === undefined ? [] : ["-U", fs.uuid]),
    ...(fs.label === undefined ? [] : ["-l", fs.label]),
    device,
    String((d.blocks * d.blockBytes) / d.sectorBytes),
  ];
}

/** F2FS on one device. */
export const f2fsDriver: FilesystemDriver = {
  types: ["f2fs"],
  needs: { tools: ["mkfs.f2fs"], optionalTools: ["fsck.f2fs"], modules: ["f2fs"] },
  detailFields,
  recognise,
  obstacle(fs) {
    if (fs.details.assumed === true) return undefined;
    const { unknown } = decodeDetails(detailFields, fs);
    return unknown.length === 0 ? undefined : msg`it has features that this version can't make (${unknown.join(", ")})`;
  },
  make: (fs, device) => [{ do: "run", argv: makeCommand(fs, device), writes: [device] }],
  makePlain: ({ uuid, label }, device) => [
    {
      do: "run",
      argv: ["mkfs.f2fs", "-f", "-q", ...optionOf("-U", uuid), ...optionOf("-l", label), device],
      writes: [device],
    },
  ],
  restoreOptions: () => "noatime",
  readOnlyOptions: () => ["norecovery"],
  minimumBytes: (fs) => fs.sizeBytes,
  bootAreas: () => [[0, 1024]],
  posix: true,
};
