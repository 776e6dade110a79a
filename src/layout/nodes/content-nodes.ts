import type { Node, NodeId } from "./node.ts";

/** What of a file system's details all may read. The rest is its driver's own; all of it is plain JSON. */
export interface FilesystemDetails {
  /** Its superblock could not be read: it is made with the tool's defaults. */
  readonly assumed?: boolean;
  /** It was asked for by an edit: made with the tool's defaults (`assumed`, too), with its UUID, label, subvolumes. */
  readonly fresh?: boolean;
  /** What the tool that makes it printed about its version, where the backup was made. */
  readonly toolVersion?: string;
  /** The smallest pieces that it reads and writes; of some drivers one, of some the other. */
  readonly sectorBytes?: number;
  readonly blockBytes?: number;
  /** Names of those that are on, or whether each is. */
  readonly features?: readonly string[] | Readonly<Record<string, boolean>>;
  readonly [own: string]: unknown;
}

/** A file system. `type` is the name of its driver. */
export interface Filesystem extends Node<"filesystem"> {
  readonly on: NodeId;
  /** The further devices of one that lies on several, with their share of `sizeBytes`. */
  readonly alsoOn?: readonly { readonly on: NodeId; readonly sizeBytes: number }[];
  readonly type: string;
  readonly uuid?: string;
  readonly label?: string;
  readonly sizeBytes: number;
  /**
   * What a smaller target must hold: bytes in use when it was looked at, or those that its files take when they no
   * longer share extents. Absent when it was not mounted.
   */
  readonly usedBytes?: number;
  /**
   * Bytes in use where files share extents: what a target must hold that makes them share again, as btrfs and XFS do.
   * Absent: `usedBytes` is that.
   */
  readonly usedSharingBytes?: number;
  /** Inodes in use, when it was mounted and counts them. */
  readonly usedInodes?: number;
  readonly details: FilesystemDetails;
}

/** A subvolume of a btrfs file system, besides its top level. */
export interface Subvolume extends Node<"subvolume"> {
  readonly of: NodeId;
  /** Inside the file system, without a leading slash: `@/var/log`. */
  readonly path: string;
  /** Its number on the source machine; a restored one has another. */
  readonly number: number;
  readonly uuid?: string;
  /** UUID of the subvolume that it was a snapshot of. */
  readonly snapshotOf?: string;
  readonly readOnly: boolean;
  /** It is what gets mounted when no subvolume is named. */
  readonly isDefault: boolean;
  /** Where its files are in the running system; absent when they can't be reached below any mount. */
  readonly at?: string;
  /** Its files are not saved. */
  readonly leftOut?: true;
}

/** A swap area on a block device. */
export interface Swap extends Node<"swap"> {
  readonly on: NodeId;
  readonly uuid?: string;
  readonly label?: string;
  readonly sizeBytes: number;
  readonly active: boolean;
}

/** A physical volume of LVM that no volume group has taken: room for a group to come. */
export interface PhysicalVolume extends Node<"physical-volume"> {
  readonly on: NodeId;
  /** Of its device. */
  readonly path: string;
  /** As LVM writes it. */
  readonly uuid: string;
  readonly metadataAreas: number;
  /** Its metadata areas are not to be used. */
  readonly metadataIgnored?: true;
}

/** A file system of the set in use at a path. Parents come before children. */
export interface Mount extends Node<"mount"> {
  readonly of: NodeId;
  readonly path: string;
  readonly options: string;
  /** Directory inside the file system that is mounted (btrfs subvolumes, bind mounts); `/` as a rule. */
  readonly root: string;
}

/** What lies on a device, saved block by block because no driver makes it again, or because somebody wants it so. */
export interface Image extends Node<"image"> {
  readonly on: NodeId;
  readonly path: string;
  /** As a noun phrase: "an NTFS file system". */
  readonly what: string;
  readonly uuid?: string;
  /** Of the device. */
  readonly sizeBytes: number;
  /** Path of the archive's entry that holds it: `mondo-images/sda3.img`. */
  readonly entry: string;
  /** Bytes that are stored: the rest is free to hold anything (`unused`), or must read as zeros. */
  readonly storedBytes: number;
  readonly gaps: "zeros" | "unused";
}

/** Something that we know to be there but can't rebuild: refused unless excluded. */
export interface Unsupported extends Node<"unsupported"> {
  readonly on: NodeId;
  readonly path: string;
  /** As a noun phrase: "an LVM2 physical volume". */
  readonly what: string;
}
