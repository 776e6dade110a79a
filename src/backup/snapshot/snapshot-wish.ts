import { MondoError } from "../../base/errors.ts";
import { msg } from "../../base/message.ts";

/**
 * What is read of a machine: snapshots where they can be made (`auto`), none, or nothing unless all can (`require`).
 */
export type SnapshotMode = "auto" | "no" | "require";

/** Room for what is written to a volume while its snapshot exists: bytes, or a share of the volume (0 to 1). */
export type SnapshotSize = { readonly bytes: number } | { readonly share: number };

/** What a backup is to do about files that change. */
export interface SnapshotWish {
  readonly mode: SnapshotMode;
  /** Of LVM's snapshots that are not thin. Default: what is sensible and there. */
  readonly size?: SnapshotSize;
}

/** A place that is read live, and why, as a phrase. */
export interface ReadLive {
  readonly path: string;
  readonly why: string;
  /** Whether a snapshot could be had there, if only something were otherwise. */
  readonly isRemediable: boolean;
}

/** Of `require`. */
export function refuseLive(live: readonly ReadLive[]): void {
  if (live.length === 0) return;
  const places = live.map(({ path, why }) => msg`${path} can't be read from a snapshot: ${why}`);
  throw new MondoError("refused", places.join("\n"), {
    hint: msg`Make that possible, leave these paths out with -E, or let them be read live with --snapshot auto.`,
    data: { live: live.map(({ path }) => path) },
  });
}
