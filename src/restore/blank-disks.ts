/** Whether a restore can take anything away. */
import { MondoError } from "../base/errors.ts";
import type { Host } from "../host/host.ts";
import { holdsNothing } from "../layout/standing.ts";
import type { Ready } from "./prepare.ts";

/** Places that are looked at on each disk: some seconds on the slowest, and what is spread over it is hit. */
const SAMPLES = 64;
const SAMPLE_BYTES = 64 * 1024;
/** Both ends of a disk have room for an empty partition table. */
const TABLE_BYTES = 1 << 20;

const ZEROS = new Uint8Array(SAMPLE_BYTES);

/**
 * Whether samples from all over a disk are zeros. A disk on which nothing is known may still have held something: its
 * table was wiped, or it is encrypted without a header.
 */
function readsAsZeros(host: Host, path: string, sizeBytes: number): boolean {
  const room = sizeBytes - 2 * TABLE_BYTES - SAMPLE_BYTES;
  if (room < 0) return false;
  for (let i = 0; i < SAMPLES; i++) {
    const at = TABLE_BYTES + Math.floor(((room / (SAMPLES - 1)) * i) / 4096) * 4096;
    const bytes = host.readAt(path, at, SAMPLE_BYTES);
    if (bytes.length !== SAMPLE_BYTES || Buffer.compare(bytes, ZEROS) !== 0) return false;
  }
  return true;
}

/** Whether all disks that a restore writes to hold nothing. In doubt they don't. */
export function areBlank(host: Host, { targets, plan }: Pick<Ready, "targets" | "plan">): boolean {
  const candidates = Object.values(targets.disks);
  const isTarget = (path: string) => candidates.some(({ disk }) => disk.path === path);
  if (!plan.disks.every(({ path }) => isTarget(path)) || !candidates.every((one) => holdsNothing(one))) return false;
  try {
    return plan.disks.every(({ path, sizeBytes }) => readsAsZeros(host, path, sizeBytes));
  } catch (error) {
    if (!(error instanceof MondoError)) throw error;
    return false;
  }
}
