import { alignUp, MIB } from "../../base/units.ts";
import type { Filesystem } from "../../layout/types.ts";
import { type XfsDetails, xfsDetails } from "./xfs-details.ts";

/** What mkfs.xfs makes without being forced, since 5.19. */
const LEAST_BYTES = 300 * MIB;
const LEAST_LOG_BYTES = 64 * MIB;
/** Source: xfsprogs, XFS_AG_MIN_BYTES, XFS_AG_MAX_BYTES. */
const LEAST_AG_BYTES = 16 * MIB;
const MOST_AG_BYTES = 2 ** 40;
/** Groups get fewer rather than smaller than this, down to a few. */
const ROOMY_AG_BYTES = 256 * MIB;
const FEW_GROUPS = 4;
/** An XFS that grew by this factor gets larger allocation groups rather than so many more. */
const MOST_GROWTH = 4;

/** At most as many groups as there were when it shrinks, or grows a lot; groups of the same size otherwise. */
function groupBlocks(d: XfsDetails, blocks: number): number {
  if (blocks >= d.dataBlocks && blocks <= d.dataBlocks * MOST_GROWTH) return d.agBlocks;
  const roomy = Math.max(FEW_GROUPS, Math.floor((blocks * d.blockBytes) / ROOMY_AG_BYTES));
  const groups = Math.min(Math.ceil(d.dataBlocks / d.agBlocks), roomy);
  const unit = Math.max(1, d.stripeUnitBlocks);
  const least = Math.ceil(LEAST_AG_BYTES / d.blockBytes);
  const most = Math.floor((MOST_AG_BYTES / d.blockBytes - 1) / unit) * unit;
  return Math.min(most, alignUp(Math.max(least, Math.ceil(blocks / groups)), unit));
}

/** The log lies in one allocation group. */
function logBlocks(d: XfsDetails, agBlocks: number): number {
  return Math.min(d.logBlocks, Math.floor(agBlocks * 0.9));
}

/** The same file system with another size; undefined if mkfs.xfs refuses it as too small. */
export function resizedXfs(fs: Filesystem, bytes: number): Filesystem | undefined {
  const d = xfsDetails(fs);
  const wanted = Math.floor(bytes / d.blockBytes);
  if (fs.sizeBytes < LEAST_BYTES || bytes < LEAST_BYTES || d.logBlocks * d.blockBytes < LEAST_LOG_BYTES)
    return undefined;
  if (wanted === d.dataBlocks) return fs;
  const agBlocks = groupBlocks(d, wanted);
  // mkfs.xfs drops a last group that is too small.
  const rest = wanted % agBlocks;
  const dataBlocks = rest > 0 && rest * d.blockBytes < LEAST_AG_BYTES && wanted > agBlocks ? wanted - rest : wanted;
  const changed = { dataBlocks, agBlocks, logBlocks: logBlocks(d, agBlocks) };
  return { ...fs, sizeBytes: dataBlocks * d.blockBytes, details: { ...fs.details, ...changed } };
}

/** Smallest size for what it holds (its log counts as used), with a tenth and 64 MiB of room. */
export function minimumXfsBytes(fs: Filesystem): number {
  const used = fs.usedSharingBytes ?? fs.usedBytes;
  if (used === undefined || fs.sizeBytes < LEAST_BYTES) return fs.sizeBytes;
  return Math.min(fs.sizeBytes, Math.max(LEAST_BYTES, Math.ceil(used * 1.1) + 64 * MIB));
}
