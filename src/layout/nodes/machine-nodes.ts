import type { Node, NodeId } from "./node.ts";

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
  /** The directory on it that the backup was written to; absent: it was written elsewhere. */
  readonly receives?: string;
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

/** Files below a mount point, on the file system that the mount point belongs to: saved, though nobody sees them. */
export interface Hidden extends Node<"hidden"> {
  /** The mount point. */
  readonly path: string;
  /** Mount point of the file system that they lie on. */
  readonly under: string;
  /** Files that are no directories, and their bytes, as far as they were counted when the machine was looked at. */
  readonly files: number;
  readonly sizeBytes: number;
}

/** A sentence for people about what will not be as it was, though nothing prevents the backup. */
export interface Note extends Node<"note"> {
  readonly text: string;
}
