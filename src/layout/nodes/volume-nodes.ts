import type { Node, NodeId } from "./node.ts";

/** An array of Linux software RAID. */
export interface Raid extends Node<"raid"> {
  /** The kernel's name of it: `/dev/md0`. */
  readonly path: string;
  /** `host:name` as a rule. */
  readonly name: string;
  /** Four groups of 8 hex digits with colons. */
  readonly uuid: string;
  readonly sizeBytes: number;
  /** `linear`, `raid0`, `raid1`, `raid4`, `raid5`, `raid6`, `raid10`. */
  readonly level: string;
  /** Version of its superblocks: `0.90`, `1.0`, `1.1`, `1.2`. */
  readonly metadata: string;
  /** As mdadm calls it (`left-symmetric`, `n2`); absent where the level knows none. */
  readonly layout?: string;
  readonly chunkBytes?: number;
  /** Bytes of each member that it uses; absent for levels without redundancy. */
  readonly componentBytes?: number;
  /** Absent without an internal bitmap. */
  readonly bitmapChunkBytes?: number;
  /** Writes to `writemostly` members that nobody waits for, at most; absent: none. */
  readonly writeBehind?: number;
  /** Slots; one that no member has is missing. */
  readonly slots: number;
  readonly members: readonly {
    readonly on: NodeId;
    readonly slot: number | "spare";
    readonly dataOffsetBytes: number;
    /** Absent when md treats it like any other. */
    readonly habits?: readonly ("writemostly" | "failfast")[];
  }[];
}

/** A volume group of LVM2 with its physical volumes. */
export interface VolumeGroup extends Node<"volume-group"> {
  readonly name: string;
  readonly uuid: string;
  readonly members: readonly {
    readonly on: NodeId;
    readonly uuid: string;
    readonly metadataAreas: number;
    /** Its metadata areas are not to be used. */
    readonly metadataIgnored?: true;
  }[];
  /** The text that LVM keeps on the physical volumes, from which it makes all of it again. */
  readonly metadata: string;
}

/** A logical volume that can hold something (no part of another). */
export interface LogicalVolume extends Node<"logical-volume"> {
  readonly group: NodeId;
  readonly name: string;
  /** `/dev/GROUP/NAME`. */
  readonly path: string;
  readonly uuid: string;
  readonly sizeBytes: number;
  /** Types of its segments: `striped` (linear too), `raid1`, `thin` … */
  readonly segments: readonly string[];
  /** By what it is cached, and how: `by fast (16.0 MiB, writeback)`. */
  readonly cache?: string;
  /** It was a thin snapshot, and comes back as a volume of its own. */
  readonly snapshot?: true;
}

/** How a pass phrase becomes the key of a slot, as cryptsetup's options name it. */
export type LuksPbkdf =
  | { readonly type: "pbkdf2"; readonly hash: string; readonly iterations: number }
  | {
      readonly type: "argon2i" | "argon2id";
      readonly iterations: number;
      readonly memoryKib: number;
      readonly threads: number;
    };

/** An encrypted volume of LUKS, opened. Nothing in here is secret. */
export interface Luks extends Node<"luks"> {
  readonly on: NodeId;
  /** Of the opened volume: `/dev/mapper/NAME`. */
  readonly path: string;
  readonly name: string;
  readonly version: 1 | 2;
  readonly uuid: string;
  readonly label?: string;
  readonly subsystem?: string;
  /** As cryptsetup names it: `aes-xts-plain64`. */
  readonly cipher: string;
  readonly keyBytes: number;
  /** Unit of encryption. */
  readonly sectorBytes: number;
  readonly hash: string;
  readonly dataOffsetBytes: number;
  /** Of the opened volume. */
  readonly sizeBytes: number;
  /** Key slots in use. */
  readonly slots: readonly {
    readonly number: number;
    readonly pbkdf: LuksPbkdf;
    readonly cipher?: string;
    readonly keyBytes?: number;
  }[];
  /** What is switched on at each opening: `allow-discards` … (LUKS2) */
  readonly flags: readonly string[];
  /** Types of tokens that give keys: `systemd-tpm2`, `clevis` … (LUKS2) */
  readonly tokens: readonly string[];
  /** LUKS2: bytes of one copy of the metadata, and of the room for key slots. */
  readonly metadataBytes?: number;
  readonly keyslotsBytes?: number;
  /**
   * File of the set that holds the header with all key slots, encrypted. Without it the volume gets a new key and one
   * pass phrase.
   */
  readonly header?: string;
}

/** A device that a restore makes of other devices. */
export type VolumeDevice = Raid | LogicalVolume | Luks;

/** A volume, or a group of which volumes are made. */
export type Volume = VolumeDevice | VolumeGroup;
