import type { Action } from "../effects/effect.ts";
import type { Layout, NodeId } from "../layout/types.ts";

export type Phase = "partition" | "volumes" | "format" | "mount" | "files" | "loader" | "finish";

/** Who a target disk is. */
export interface TargetDisk {
  readonly path: string;
  readonly sizeBytes: number;
  readonly serial?: string;
  readonly wwn?: string;
}

/** A device that the plan makes of others. */
export interface PlannedVolume {
  readonly path: string;
  /** Of a logical volume: the name of its group, which no other disk may have a group of. */
  readonly group?: string;
}

/** A device that gets another size than it had. */
export interface SizeChange {
  readonly node: NodeId;
  /** What it is for, in a few words: `ext4 /srv`. */
  readonly what: string;
  readonly beforeBytes: number;
  readonly afterBytes: number;
}

/** A restore, as data: printed, saved, diffed, tested, resumed. */
export interface Plan {
  readonly version: 1;
  /** Id of the set that it restores. */
  readonly set: string;
  /** Target devices by layout node (disks and what is made on them). */
  readonly targets: Readonly<Record<NodeId, string>>;
  /** Where the restored system is mounted meanwhile. */
  readonly root: string;
  /** The disks that are written to, as they were when the plan was made: looked at again before the first write. */
  readonly disks: readonly TargetDisk[];
  /** Volumes that the plan makes and then writes to; a running one of that name may only stand on the plan's disks. */
  readonly volumes: readonly PlannedVolume[];
  /** File systems that the kernel would mix up with another of the same UUID: no other disk may hold one. */
  readonly uniqueFilesystems?: readonly { readonly type: string; readonly uuid: string }[];
  /** Names of devices in control files that would not lead to them here, and what names them for good. Absent when there are none. */
  readonly names?: Readonly<Record<string, string>>;
  /** Drivers of the disks that the root lies on here, when they are others than before: an initramfs has to hold them. */
  readonly rootDrivers?: readonly string[];
  /** What will be on the disks: the set's layout, fitted to them. */
  readonly layout: Layout;
  /** In what that layout differs from the set's. */
  readonly sizes: readonly SizeChange[];
  /** What will not be as it was; for people, before they agree. */
  readonly warnings: readonly string[];
  readonly phases: readonly { readonly phase: Phase; readonly actions: readonly Action[] }[];
}
