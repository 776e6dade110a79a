import type { Action } from "../effects/effect.ts";
import type { KeptPlaces } from "../layout/keep/kept-entries.ts";
import type { Layout, NodeId } from "../layout/types.ts";

export type Phase = "keep" | "partition" | "volumes" | "format" | "mount" | "files" | "loader" | "finish";

/** Identity of a target disk. */
export interface TargetDisk {
  readonly path: string;
  readonly sizeBytes: number;
  readonly serial?: string;
  readonly wwn?: string;
  /** What lay on it: another disk may have its path by now, and many have no serial number. */
  readonly holds?: {
    /** For people. */
    readonly words: string;
    /** Identifiers, sorted. */
    readonly identities: readonly string[];
    /** Digest of what was read of it, where not all of that is identified. */
    readonly digest?: string;
  };
}

/** A disk that a plan leaves as it is, and where the file systems on it are mounted. */
export interface KeptDisk extends TargetDisk {
  /** The disk of the set that it is. */
  readonly node: NodeId;
  readonly mounts: readonly string[];
}

/** What a plan leaves as it is. */
export interface KeptPart extends KeptPlaces {
  /** No effect of the plan may write to them; checked again before the first write. */
  readonly disks: readonly KeptDisk[];
  /** Mount points that get the files of the set when the restore is done with all else. Default: none. */
  readonly files?: readonly string[];
}

/** A device that the plan makes from others. */
export interface PlannedVolume {
  readonly path: string;
  /** For a logical volume, the name of its group; no other disk may hold a group of that name. */
  readonly group?: string;
}

/** A device whose size changes. */
export interface SizeChange {
  readonly node: NodeId;
  /** What it is for, in a few words: `ext4 /srv`. */
  readonly what: string;
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

/** A restore as data: it can be shown, saved, compared and tested. */
export interface Plan {
  readonly version: 1;
  /** Id of the set that it restores. */
  readonly set: string;
  /** Target devices by layout node (disks and what is made on them). */
  readonly targets: Readonly<Record<NodeId, string>>;
  /** Where the restored system is mounted during the restore. */
  readonly root: string;
  /** The disks that are written to, as they were when the plan was made; checked again before the first write. */
  readonly disks: readonly TargetDisk[];
  /** What of the set stays on this machine as it is. Default: nothing. */
  readonly kept?: KeptPart;
  /** Volumes that the plan makes and then writes to; one that exists already must lie on the plan's disks. */
  readonly volumes: readonly PlannedVolume[];
  /** File systems that the kernel would mix up with another of the same UUID: no other disk may hold one. */
  readonly uniqueFilesystems?: readonly { readonly type: string; readonly uuid: string }[];
  /** Device names in control files that are not valid here, and permanent names for them. Default: none. */
  readonly names?: Readonly<Record<string, string>>;
  /** Drivers of the root's disks here, if they differ from the source's: an initramfs must hold them. */
  readonly rootDrivers?: readonly string[];
  /** The set's layout without what is kept, fitted to the disks. */
  readonly layout: Layout;
  /** How that layout differs from the set's. */
  readonly sizes: readonly SizeChange[];
  /** Differences from the source, as sentences, shown before the confirmation. */
  readonly warnings: readonly string[];
  readonly phases: readonly { readonly phase: Phase; readonly actions: readonly Action[] }[];
}
