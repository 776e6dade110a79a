import type { LayoutNode } from "../types.ts";

/** Which member of a volume, or part of a file system on several devices, something is. */
export interface MemberRole {
  /** What tells it from the others: a slot, a UUID, a number. */
  readonly own: string;
  /** How many there are, spares not counted, as this one knows. */
  readonly total: number;
  /** Counts changes of the whole: members that were left behind have a lower one. */
  readonly age: number;
  /** UUIDs of what the whole gives, as this one knows: logical volumes. */
  readonly gives?: readonly string[];
}

/** What lies on a disk, or on one of its partitions, as far as it identifies it. */
export interface HeldPart {
  /** Number of the partition; absent: on the disk itself. */
  readonly partition?: number;
  /** Kind of the node that it is, or a member of; `other`: nothing that a restore makes. */
  readonly kind: LayoutNode["kind"] | "other";
  /** Of a file system. */
  readonly type?: string;
  /** Its own, or that of the volume. Lower case. */
  readonly uuid?: string;
  readonly role?: MemberRole;
}

/** The slot of a member that waits for another to fail. */
export const SPARE = "spare";
