import type { VolumeLimit } from "../../archive/save/archive-request.ts";
import type { VolumeSink } from "../../archive/save/volume-sink.ts";
import type { Manifest } from "../../archive/set/manifest.ts";
import type { Reporter } from "../../base/report.ts";
import type { Host } from "../../host/host.ts";
import type { ImageResult } from "../../image/build-image.ts";
import type { HookWarnings } from "../../run/run-hooks.ts";
import type { Job } from "../prepare-backup.ts";

/** Something that a backup made: an image, a directory, a tape. */
export interface Made {
  /** A path, or what people call it. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** What a backup made. */
export interface BackupResult {
  /** One for each medium, in order. */
  readonly made: readonly Made[];
  readonly manifest: Manifest;
  /** What hooks around the snapshots had to say: see runHooks(). */
  readonly hookWarnings?: HookWarnings;
  /** Mount points that were read live after all, because a snapshot got full. */
  readonly readLive?: readonly string[];
  /** Removes what no rule keeps beside it, when the next backup will build on none of that. */
  readonly removeOld?: () => Promise<void>;
  /** Whether the next differential backup builds on it, not on an earlier one: see rememberSet(). */
  readonly isKnown?: boolean;
  /** Where its catalog lies now; default: in the run's directory `places.set`. */
  readonly catalog?: string;
}

/** A backup whose rescue system is built, and whose files are not saved yet. */
export interface DestinationWish {
  readonly job: Job;
  readonly image: ImageResult;
  /** Aborts what the destination waits for. */
  readonly signal: AbortSignal;
}

/**
 * Where a set goes. The volumes come first, as they are made; catalog, removed.txt and headers lie in the run's
 * directory `places.set` when `finish` is called.
 */
export interface Destination {
  /** Takes the volumes; absent: they are collected in `places.set`, too. */
  readonly sink?: VolumeSink;
  readonly volumeBytes: VolumeLimit;
  /**
   * Puts the rest into its place; only now does an earlier backup go. `manifest` knows the volumes with what their sink
   * said of their media. When it fails, what can be used is kept, and the error says where; not when the signal aborts.
   */
  finish(manifest: Manifest, reporter: Reporter, signal: AbortSignal): Promise<BackupResult>;
}

/** Opens a kind of destination: everything about it that can be checked is checked before it writes. */
export type OpenDestination = (host: Host, wish: DestinationWish, reporter: Reporter) => Promise<Destination>;
