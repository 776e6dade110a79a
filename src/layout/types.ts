/**
 * What a machine's storage is: flat, ordered, plain JSON. Every node has an id; nodes refer to each other by id only.
 * No verbs.
 * A node stands after everything that it refers to. Sizes and offsets are bytes.
 */
export type NodeId = string;

interface Node<Kind extends string> {
  readonly kind: Kind;
  /** Unique and stable within one layout, made of kind and name: `disk:vda`, `part:vda1`, `fs:vda1`. */
  readonly id: NodeId;
}

/** A whole disk. `path` is its name on the source machine, for people: matching uses wwn, serial and size. */
export interface Disk extends Node<"disk"> {
  readonly path: string;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  readonly model?: string;
  readonly serial?: string;
  readonly wwn?: string;
  readonly transport?: string;
  readonly rotational: boolean;
  readonly removable: boolean;
  /** Code in its first sector and before its first partition that no loader's driver installs again. Default: none. */
  readonly bootCode?: readonly BootCode[];
}

/** Code that a boot loader left at the start of a disk or partition, outside of what a table or a file system uses. */
export interface BootCode {
  readonly offset: number;
  readonly base64: string;
}

/** A partition table on a disk or an array. */
export interface PartitionTable extends Node<"table"> {
  readonly on: NodeId;
  /** Of an array's table: the array's sectors. */
  readonly sectorBytes?: number;
  readonly scheme: "gpt" | "dos";
  /** GPT: disk GUID, upper case. DOS: the 32-bit signature as `0x` and 8 hex digits. */
  readonly uuid: string;
  /** GPT: number of entries in the array (128 as a rule). */
  readonly entries?: number;
  readonly firstUsableSector?: number;
  readonly lastUsableSector?: number;
  /** GPT: the entry of its protective MBR is marked active, which some BIOSes want before they start from the disk. */
  readonly protectiveActive?: true;
}

/** A partition. Numbers may have gaps. */
export interface Partition extends Node<"partition"> {
  readonly table: NodeId;
  readonly path: string;
  readonly number: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
  /** GPT: type GUID, upper case. DOS: one byte as lower-case hex without prefix (`83`, `82`, `5`, `f`, `ef`). */
  readonly type: string;
  /** PARTUUID. GPT: upper-case GUID. DOS: signature and number, as the kernel writes it (`1234abcd-01`). */
  readonly uuid: string;
  readonly name?: string;
  /** GPT attribute bits as sfdisk names them, separated by blanks or commas (`RequiredPartition GUID:63`). */
  readonly attributes?: string;
  /** DOS active flag. */
  readonly bootable?: boolean;
  /** Code in its first sectors that no loader's driver installs again. Default: none. */
  readonly bootCode?: readonly BootCode[];
  readonly role: "primary" | "extended" | "logical";
}

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

/** The lines of /etc/crypttab: what is opened, under which name, and with which key. */
export interface Crypttab extends Node<"crypttab"> {
  readonly entries: readonly {
    readonly name: string;
    readonly source: string;
    /** `none` when a person is asked. */
    readonly key: string;
    readonly options: readonly string[];
  }[];
}

/** What of a file system's details all may read. The rest is its driver's own; all of it is plain JSON. */
export interface FilesystemDetails {
  /** Its superblock could not be read: it is made with the tool's defaults. */
  readonly assumed?: boolean;
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
  /** Bytes in use when it was looked at (what a smaller target must hold); absent when it was not mounted. */
  readonly usedBytes?: number;
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

/** A swap area in a file. A restore makes the file again; its content is not saved. */
export interface SwapFile extends Node<"swap-file"> {
  readonly path: string;
  readonly uuid?: string;
  readonly label?: string;
  readonly sizeBytes: number;
  readonly mode: number;
  readonly active: boolean;
  /** Where the kernel's command line says that it lies, for hibernation. */
  readonly resumeOffset?: number;
}

/** A file system of the set in use at a path. Parents come before children. */
export interface Mount extends Node<"mount"> {
  readonly of: NodeId;
  readonly path: string;
  readonly options: string;
  /** Directory inside the file system that is mounted (btrfs subvolumes, bind mounts); `/` as a rule. */
  readonly root: string;
}

/** One UEFI boot variable. */
export interface EfiEntry {
  /** Four hex digits, upper case. */
  readonly number: string;
  readonly label: string;
  readonly active: boolean;
  /** PARTUUID of the ESP and the file on it, when the entry is a hard-disk file. */
  readonly partitionUuid?: string;
  readonly file?: string;
  /** All its attributes as bits. Absent from sets of early versions, which don't know about `data` either. */
  readonly attributes?: number;
  /** What is handed to the file that it starts, in base64. Absent: nothing. */
  readonly data?: string;
  /** The file wasn't there any more on the source: nothing to expect after a restore. */
  readonly fileMissing?: true;
}

/** How the machine starts. */
export interface Firmware extends Node<"firmware"> {
  readonly mode: "bios" | "uefi";
  readonly secureBoot: boolean;
  readonly entries: readonly EfiEntry[];
  readonly bootOrder: readonly string[];
}

/** What of a boot loader's details all may read. The rest is its driver's own; all of it is plain JSON. */
export interface LoaderDetails {
  /** Where it keeps its menu. */
  readonly directory?: string;
  /** GRUB for BIOS: whether what installs it is there. */
  readonly modules?: boolean;
  /** Texts that say what is started, besides those that every system has. */
  readonly configs?: readonly string[];
  /** Copies of an initramfs that it reads, each with what the distribution's tool makes. */
  readonly copies?: readonly { readonly from: string; readonly to: string }[];
  /** What these texts name: numbers of btrfs subvolumes. */
  readonly references?: { readonly subvolumes?: readonly string[] };
  readonly [own: string]: unknown;
}

/** The boot loader that starts the system. `type` is the name of its driver; `none`: no loader on the disks. */
export interface Loader extends Node<"loader"> {
  readonly type: string;
  /** Disks whose boot sectors hold it (BIOS), or ESP file systems (UEFI). */
  readonly on: readonly NodeId[];
  readonly details: LoaderDetails;
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

/** The lines of /etc/fstab that name block devices; the others (network, tmpfs) may hold secrets and need nothing. */
export interface Fstab extends Node<"fstab"> {
  readonly entries: readonly {
    readonly spec: string;
    readonly path: string;
    readonly type: string;
    readonly options: string;
  }[];
}

/**
 * Where files of the system name disks and partitions by names that another machine may not have: those of the kernel,
 * and links made of serial numbers or slots. A file `PATH#.cmdline` is the command line inside a unified kernel image.
 */
export interface DeviceNames extends Node<"device-names"> {
  readonly uses: readonly { readonly file: string; readonly name: string; readonly node: NodeId }[];
}

/** What decides whether an initramfs made here starts on other hardware, and how to make another. */
export interface Hardware extends Node<"hardware"> {
  readonly kernel: string;
  /** Kernel drivers between the processor and the set's disks, by module name with underscores, sorted. */
  readonly storageDrivers: readonly string[];
  /**
   * What the kernel was started with, without what boot loaders add; absent where it holds something secret, or in sets
   * of early versions.
   */
  readonly commandLine?: string;
  /** The program that makes every initramfs (see initramfs-makers.ts), and its arguments. Default: none is there. */
  readonly rebuild?: readonly string[];
}

/** A disk of the machine that isn't part of the set. With data on it, it is a target only if a person names it. */
export interface LeftOut extends Node<"left-out"> {
  readonly path: string;
  readonly why: string;
  /** It was not blank. */
  readonly holdsData: boolean;
  readonly sizeBytes: number;
  /** Identifiers of what lay on it, in lower case. Absent from older sets. */
  readonly identities?: readonly string[];
  readonly serial?: string;
  readonly wwn?: string;
}

/** A mount, or what fstab wants mounted, whose content is not in the backup. */
export interface Unsaved extends Node<"unsaved"> {
  /** Mount point. */
  readonly path: string;
  /** As a noun phrase, with the device: "ext4 on /dev/sdb1". */
  readonly what: string;
  /** "fstab names it, but it is not mounted". */
  readonly why: string;
  /** `lost`: gone together with the machine; `elsewhere`: not on this machine alone; `idle`: not expected in it. */
  readonly standing: "lost" | "elsewhere" | "idle";
  /** In use, or of the device where that isn't known. */
  readonly sizeBytes?: number;
}

/** A sentence for people about what will not be as it was, though nothing prevents the backup. */
export interface Note extends Node<"note"> {
  readonly text: string;
}

export type LayoutNode =
  | Disk
  | PartitionTable
  | Partition
  | Raid
  | VolumeGroup
  | LogicalVolume
  | Luks
  | Filesystem
  | Subvolume
  | Swap
  | SwapFile
  | Mount
  | Firmware
  | Loader
  | Fstab
  | Crypttab
  | DeviceNames
  | Hardware
  | LeftOut
  | Unsaved
  | Note
  | Image
  | Unsupported;

/** A device that a restore makes of other devices. */
export type VolumeDevice = Raid | LogicalVolume | Luks;

/** A volume, or a group of which volumes are made. */
export type Volume = VolumeDevice | VolumeGroup;

/** The whole description, versioned. */
export interface Layout {
  readonly version: 1;
  readonly nodes: readonly LayoutNode[];
}

/** The nodes of one kind, in order. */
export function nodesOf<K extends LayoutNode["kind"]>(layout: Layout, kind: K): Extract<LayoutNode, { kind: K }>[] {
  return layout.nodes.filter((node): node is Extract<LayoutNode, { kind: K }> => node.kind === kind);
}

/** The node with an id, if there is one. */
export function nodeById(layout: Layout, id: NodeId): LayoutNode | undefined {
  return layout.nodes.find((node) => node.id === id);
}
