import { msg } from "../../base/message.ts";
import { decodeXfsSuperblock, type XfsSuperblock } from "../../formats/fs/xfs-superblock.ts";
import type { Filesystem } from "../../layout/types.ts";
import type { FilesystemDriver, FilesystemFacts } from "../contracts.ts";
import { optionOf } from "./option-of.ts";
import { type FeatureRelease, isRelease, tooNewFeature } from "./tool-release.ts";
import { type XfsDetails, xfsDetails, xfsFields } from "./xfs-details.ts";
import { minimumXfsBytes, resizedXfs } from "./xfs-size.ts";

type FeatureName = keyof XfsDetails["features"];

const MIB = 1024 * 1024;
/** Source: xfsprogs doc/CHANGES. */
const RELEASES: readonly FeatureRelease[] = [
  ["bigtime", 5, 10],
  ["inobtcount", 5, 10],
  ["nrext64", 5, 19],
  ["exchange", 6, 10],
  ["parent", 6, 10],
];
/** Source: fs/xfs/libxfs/xfs_format.h. */
const RO_COMPAT = { finobt: 1, rmapbt: 2, reflink: 4, inobtcount: 8 } as const;
const INCOMPAT = { ftype: 1, sparse: 2, bigtime: 8, nrext64: 32, exchange: 64, parent: 128 } as const;
const KNOWN_RO_COMPAT = 0xf;
/** 4: the metadata UUID differs from the shown one (xfs_admin -U): a fresh mkfs makes them equal. 16: needs repair. */
const KNOWN_INCOMPAT = 0xff;
const VERSION_BITS = { directory2ci: 0x4000, moreBits: 0x8000 };
const FEATURES2 = { lazyCount: 0x2, attr2: 0x8, projid32: 0x80, ftype: 0x200 };

function featuresOf(sb: XfsSuperblock): XfsDetails["features"] {
  const v5 = sb.version === 5;
  return {
    crc: v5,
    finobt: (sb.roCompat & RO_COMPAT.finobt) !== 0,
    sparse: (sb.incompat & INCOMPAT.sparse) !== 0,
    rmapbt: (sb.roCompat & RO_COMPAT.rmapbt) !== 0,
    reflink: (sb.roCompat & RO_COMPAT.reflink) !== 0,
    bigtime: (sb.incompat & INCOMPAT.bigtime) !== 0,
    inobtcount: (sb.roCompat & RO_COMPAT.inobtcount) !== 0,
    nrext64: (sb.incompat & INCOMPAT.nrext64) !== 0,
    ftype: v5 ? (sb.incompat & INCOMPAT.ftype) !== 0 : (sb.features2 & FEATURES2.ftype) !== 0,
    "lazy-count": v5 || (sb.features2 & FEATURES2.lazyCount) !== 0,
    projid32bit: v5 || (sb.features2 & FEATURES2.projid32) !== 0,
    attr2: v5 || (sb.features2 & FEATURES2.attr2) !== 0,
    ci: (sb.versionBits & VERSION_BITS.directory2ci) !== 0,
    ...((sb.incompat & INCOMPAT.exchange) === 0 ? {} : { exchange: true }),
    ...((sb.incompat & INCOMPAT.parent) === 0 ? {} : { parent: true }),
  };
}

function unknownBits(sb: XfsSuperblock): string[] {
  const [ro, incompat] = [sb.roCompat & ~KNOWN_RO_COMPAT, sb.incompat & ~KNOWN_INCOMPAT];
  return [
    ...(ro === 0 ? [] : [`ro_compat:0x${(ro >>> 0).toString(16)}`]),
    ...(incompat === 0 ? [] : [`incompat:0x${(incompat >>> 0).toString(16)}`]),
    ...(sb.version === 4 || sb.version === 5 ? [] : [`version ${sb.version}`]),
  ];
}

/**
 * A width without a unit means nothing. A unit without a width, which some RAID controllers lead to, is refused by
 * mkfs.xfs and by kernels since 5.8: the stripe is then as wide as one unit.
 */
const stripeWidth = (unit: number, width: number) => (unit === 0 ? 0 : Math.max(unit, width));

function recognise(read: (offset: number, length: number) => Uint8Array): FilesystemFacts | undefined {
  const sb = decodeXfsSuperblock(read(0, 512));
  if (!sb) return undefined;
  const { blockBytes, dataBlocks, agBlocks, sectorBytes, inodeBytes, inodeMaxPercent, directoryBlockBytes } = sb;
  const details: XfsDetails = {
    ...{ blockBytes, dataBlocks, agBlocks, sectorBytes, inodeBytes, inodeMaxPercent, directoryBlockBytes },
    logBlocks: sb.logBlocks,
    logSectorBytes: sb.logSectorBytes === 0 ? 512 : sb.logSectorBytes,
    logStripeBytes: sb.logStripeBytes > 1 ? sb.logStripeBytes : 0,
    stripeUnitBlocks: sb.stripeUnit,
    stripeWidthBlocks: stripeWidth(sb.stripeUnit, sb.stripeWidth),
    externalLog: sb.logStart === 0,
    realtime: sb.realtimeBlocks > 0,
    features: featuresOf(sb),
    unknown: unknownBits(sb),
  };
  return {
    uuid: sb.uuid,
    ...(sb.label === "" ? {} : { label: sb.label }),
    sizeBytes: dataBlocks * blockBytes,
    usedBytes: (dataBlocks - sb.freeBlocks) * blockBytes,
    details,
  };
}

function obstacle(fs: Filesystem): string | undefined {
  if (fs.details.assumed === true) return undefined;
  const details = xfsDetails(fs);
  if (details.unknown.length > 0) {
    return msg`it has features that this version does not know (${details.unknown.join(", ")})`;
  }
  const features = Object.entries(details.features).flatMap(([name, on]) => (on ? [name] : []));
  const tooNew = tooNewFeature(features, RELEASES, details.toolVersion);
  if (tooNew !== undefined) return tooNew;
  if (details.externalLog) return msg`its log lies on another device`;
  return details.realtime ? msg`it has a realtime section on another device` : undefined;
}

const toolHas = ({ toolVersion }: XfsDetails, major: number, minor: number) => isRelease(toolVersion, major, minor);

const flag = (name: FeatureName, d: XfsDetails) => `${name}=${d.features[name] ? 1 : 0}`;

/**
 * Options of newer releases are only passed to a tool that knows them; there they must be, because it makes those
 * features by default.
 */
function metadataOptions(fs: Filesystem, d: XfsDetails): string {
  const uuid = fs.uuid === undefined ? [] : [`uuid=${fs.uuid}`];
  if (!d.features.crc) return ["crc=0", flag("finobt", d), ...uuid].join(",");
  const newer = toolHas(d, 5, 10) ? [flag("bigtime", d), flag("inobtcount", d)] : [];
  return ["crc=1", flag("finobt", d), flag("rmapbt", d), flag("reflink", d), ...newer, ...uuid].join(",");
}

function inodeOptions(d: XfsDetails): string {
  const words = [`size=${d.inodeBytes}`, `maxpct=${d.inodeMaxPercent}`];
  if (d.features.crc) {
    words.push(flag("sparse", d));
    if (toolHas(d, 5, 19)) words.push(flag("nrext64", d));
    if (toolHas(d, 6, 10)) words.push(flag("exchange", d));
  } else words.push(`attr=${d.features.attr2 ? 2 : 1}`, flag("projid32bit", d));
  return words.join(",");
}

function dataOptions(d: XfsDetails): string {
  const sectors = (blocks: number) => (blocks * d.blockBytes) / 512;
  const stripe =
    d.stripeUnitBlocks > 0
      ? [
          `sunit=${sectors(d.stripeUnitBlocks)}`,
          `swidth=${sectors(stripeWidth(d.stripeUnitBlocks, d.stripeWidthBlocks))}`,
        ]
      : ["noalign"];
  return [`size=${d.dataBlocks * d.blockBytes}`, `agsize=${d.agBlocks * d.blockBytes}`, ...stripe].join(",");
}

/** An internal log. The word "internal" is left out: mkfs.xfs refuses it together with the size of a sector. */
function logOptions(d: XfsDetails): string {
  const words = [`size=${d.logBlocks * d.blockBytes}`, "version=2", flag("lazy-count", d)];
  if (d.logSectorBytes !== 512) words.push(`sectsize=${d.logSectorBytes}`);
  if (d.logStripeBytes > 0) words.push(`sunit=${d.logStripeBytes / 512}`);
  return words.join(",");
}

/** mkfs.xfs refuses what it thinks too small since 5.19, though such file systems are about. */
function isTiny(d: XfsDetails): boolean {
  const bytes = d.dataBlocks * d.blockBytes;
  return bytes < 300 * MIB || d.logBlocks * d.blockBytes < 64 * MIB || d.agBlocks >= d.dataBlocks;
}

function makeCommand(fs: Filesystem, device: string): string[] {
  const d = xfsDetails(fs);
  const parent = d.features.crc && toolHas(d, 6, 10) ? [flag("parent", d)] : [];
  const naming = [
    `size=${d.directoryBlockBytes}`,
    ...(d.features.ci ? ["version=ci"] : []),
    flag("ftype", d),
    ...parent,
  ];
  return [
    ...["mkfs.xfs", "-f", "-q"],
    ...(isTiny(d) && toolHas(d, 5, 19) ? ["--unsupported"] : []),
    ...["-b", `size=${d.blockBytes}`, "-s", `size=${d.sectorBytes}`],
    ...["-m", metadataOptions(fs, d), "-i", inodeOptions(d), "-d", dataOptions(d), "-l", logOptions(d)],
    ...["-n", naming.join(",")],
    ...(fs.label === undefined ? [] : ["-L", fs.label]),
    device,
  ];
}

/** XFS, versions 4 and 5. */
export const xfsDriver: FilesystemDriver = {
  types: ["xfs"],
  needs: { tools: ["mkfs.xfs", "xfs_repair"], optionalTools: ["xfs_admin", "xfs_growfs", "xfs_db"], modules: ["xfs"] },
  toolVersion: ["mkfs.xfs", "-V"],
  detailFields: xfsFields,
  recognise,
  obstacle,
  makePlain: ({ uuid, label }, device) => [
    {
      do: "run",
      argv: ["mkfs.xfs", "-f", "-q", ...optionOf("-m", uuid && `uuid=${uuid}`), ...optionOf("-L", label), device],
      writes: [device],
    },
  ],
  make: (fs, device) => [{ do: "run", argv: makeCommand(fs, device), writes: [device] }],
  // nouuid: the old disk with the same UUID may still be in the machine.
  restoreOptions: () => "noatime,nouuid",
  readOnlyOptions: () => ["norecovery,nouuid"],
  minimumBytes: minimumXfsBytes,
  resized: resizedXfs,
  posix: true,
};
