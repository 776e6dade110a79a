import type { CodecName } from "../../drivers/codec/codec.ts";
import type { Problem } from "../entry.ts";
import type { ParentRequest } from "../set/parent.ts";
import type { VolumeInfo } from "../set-files.ts";
import type { Scope } from "./scope.ts";
import type { VolumeSink } from "./volume-sink.ts";

/** The content of a device, to be stored as a file. Sizes and extents are bytes. */
export interface ImageSource {
  readonly entry: string;
  readonly device: string;
  readonly sizeBytes: number;
  /** What is stored; see `Entry.extents`. */
  readonly extents: readonly number[];
  readonly mtimeSec: number;
}

/** Most bytes of a volume; a frame that is larger makes one of its own. */
export type VolumeLimit = number | ((finished: readonly number[]) => number);

export interface ArchiveRequest {
  /** Directory that is archived as `/`. */
  readonly root: string;
  readonly scope: Scope;
  /** Directories that show file systems of the scope's hidden places: see openGrafts(). */
  readonly bares?: ReadonlyMap<string, string>;
  /** Existing directory that receives the catalog, and the volumes unless there is a sink. */
  readonly directory: string;
  /** Receives the volumes. */
  readonly sink?: VolumeSink;
  /** Mondo's -0 … -9. */
  readonly level: number;
  /** Default: zstd. */
  readonly codec?: CodecName;
  /** Compressing Workers; 0 does the work on the calling thread. */
  readonly threads: number;
  /**
   * Size at which volumes are cut, or a function that is called when one begins, with the sizes of those before it.
   * Default: a single volume.
   */
  readonly volumeBytes?: VolumeLimit;
  /** Content bytes expected, for progress. */
  readonly bytesTotal?: number;
  /** Store only what differs from this set. */
  readonly parent?: ParentRequest;
  /** Stored behind all files, whatever the parent has. */
  readonly images?: readonly ImageSource[];
  /** Devices (`8:1`) on which files are known to share much. Default: none; large files are asked everywhere. */
  readonly sharing?: readonly string[];
}

/** Outcome of writing an archive. */
export interface ArchiveResult {
  readonly codec: CodecName;
  readonly entries: number;
  readonly contentBytes: number;
  readonly volumes: readonly VolumeInfo[];
  readonly catalog: VolumeInfo;
  /** Of a differential set: the list of what the parent has and this one has not. */
  readonly removed?: VolumeInfo;
  /** Content in the volumes of this set. */
  readonly storedBytes: number;
  /** Content that files have in common with files before them: it lies on the disk once, and in the archive twice. */
  readonly sharedBytes: number;
  readonly problems: readonly Problem[];
}
