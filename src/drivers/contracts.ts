import type { Action, Effect } from "../effects/effect.ts";
import type { Host } from "../host/host.ts";
import type {
  Filesystem,
  FilesystemDetails,
  Layout,
  Loader,
  Mount,
  NodeId,
  Partition,
  Subvolume,
  Swap,
} from "../layout/types.ts";
import type { DetailFields } from "./decode-details.ts";

/** What an image must hold so that the rescue can do its work. */
export interface Needs {
  /** Names on PATH. A tool that is missing on the live host is an error before anything is written. */
  readonly tools: readonly string[];
  /** Taken when the host has them. */
  readonly optionalTools?: readonly string[];
  /** Kernel modules by name; dependencies come along. One built into the kernel counts as there. */
  readonly modules: readonly string[];
  /** Files and directories copied at their own path. */
  readonly files?: readonly string[];
}

/** Bytes of a block device at an offset; shorter at the end. */
export type DeviceReader = (offset: number, length: number) => Uint8Array;

/** Bytes of a device; `to` is the first one after them. */
export type ByteRange = readonly [from: number, to: number];

/** What a file-system driver learns from a superblock. */
export interface FilesystemFacts {
  /** When one driver stands for several: `ext2`, `ext3`, `ext4`. The driver's own type otherwise. */
  readonly type?: string;
  readonly uuid?: string;
  readonly label?: string;
  readonly sizeBytes: number;
  /** Bytes in use according to the superblock, when it says. */
  readonly usedBytes?: number;
  /** Only what stays the same while the file system is used: a restored one must give the same again. */
  readonly details: FilesystemDetails;
  /** Of one on several devices: how many they are, which of them this is, and its share of `sizeBytes`. */
  readonly spread?: { readonly devices: number; readonly index: number; readonly sizeBytes: number };
}

/** What only the running kernel knows of a mounted file system: texts of tools and of sysfs, plain JSON. */
export interface MountedFacts {
  readonly uuid: string;
  readonly texts: Readonly<Record<string, string>>;
}

/** Something that a file-system driver has to do besides making and mounting. */
export interface FilesystemWork {
  readonly say: string;
  readonly effects: readonly Effect[];
}

/** What a file-system driver may look at when it plans more than the making. */
export interface FilesystemContext {
  readonly layout: Layout;
  readonly device: string;
  readonly others: readonly string[];
}

/** What a mounted file system is besides its superblock. */
export interface MountedDescription {
  readonly details: FilesystemDetails;
  readonly subvolumes: readonly Omit<Subvolume, "kind" | "id" | "of" | "at" | "leftOut">[];
}

/** One file system: everything that differs between file systems is behind this. */
export interface FilesystemDriver {
  /** As in /proc/mounts and in layouts: `ext4`, `vfat`, `xfs`. */
  readonly types: readonly string[];
  readonly needs: Needs;
  /** What must be in the details of a node that comes from a set. */
  readonly detailFields: DetailFields;
  /** Command that prints the version of the tool that makes it, where `make` depends on it (`details.toolVersion`). */
  readonly toolVersion?: readonly string[];
  /** Pure: whether the device starts with this file system and what its superblock says. Throws nothing. */
  recognise(read: DeviceReader): FilesystemFacts | undefined;
  /** Words that say why this file system can't be rebuilt as it was; `undefined` when it can. */
  obstacle?(fs: Filesystem): string | undefined;
  /** Reads what its superblock doesn't say, where it is mounted. Changes nothing. */
  readMounted?(
    host: Host,
    mount: { readonly source: string; readonly path: string; readonly options: string; readonly root: string },
  ): Promise<MountedFacts | undefined>;
  /** Pure: the details and subvolumes that this adds. */
  describeMounted?(facts: MountedFacts): MountedDescription;
  /** The effects that make it again on `device` (and the `others`) with the same UUID, label and features. */
  make(fs: Filesystem, device: string, others: readonly string[]): readonly Effect[];
  /** Pure: what puts a label into one that was just made with another, for an effect `label` of `make`. */
  labelWrites?(read: DeviceReader, label: string): readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  /** What has to be in it before anything is mounted for the restore; `at` is a directory to mount it on meanwhile. */
  populate?(fs: Filesystem, context: FilesystemContext, at: string): FilesystemWork | undefined;
  /** What has to be done when all files are back, while everything is mounted below `root`. */
  complete?(fs: Filesystem, context: FilesystemContext, root: string): FilesystemWork | undefined;
  /** Command that lets the kernel know all devices of those that lie on several. Changes nothing on them. */
  readonly gather?: readonly string[];
  /** Two of them with one UUID in one machine get mixed up by the kernel. */
  readonly needsUniqueUuid?: boolean;
  /**
   * One with the tool's defaults, with UUID and label as far as there are any: for a file system whose superblock could
   * not be read (`details.assumed`), or that was of another type (`details.fresh`).
   */
  makePlain(fs: Pick<Filesystem, "type" | "uuid" | "label">, device: string): readonly Effect[];
  /** Mount options that a restore needs, given those of the running system. */
  restoreOptions(sourceOptions: string): string;
  /** Options that say which part of the file system is mounted, and on which further devices it lies. */
  placeOptions?(mount: Pick<Mount, "root">, others: readonly string[]): string;
  /**
   * Options of a read-only mount of that type under which nothing is written, not even a journal replayed; older
   * kernels' words follow.
   */
  readOnlyOptions?(type: string): readonly string[];
  /**
   * Smallest device in bytes for what the file system holds, with room to work; its own size when it can't be made
   * smaller.
   */
  minimumBytes(fs: Filesystem): number;
  /**
   * The same file system as it would be with at most so many bytes; undefined, or no such function: it keeps its size.
   */
  resized?(fs: Filesystem, bytes: number): Filesystem | undefined;
  /** Pure: ranges of bytes at its start that it leaves to boot loaders. Default: none. */
  bootAreas?(details: FilesystemDetails): readonly ByteRange[];
  /** Whether it stores owners, modes and xattrs (vfat does not): what verification may expect. */
  readonly posix: boolean;
}

/** Swap areas: like a file system, but never mounted. */
export interface SwapDriver {
  readonly needs: Needs;
  recognise(read: DeviceReader): Pick<Swap, "uuid" | "label" | "sizeBytes"> | undefined;
  make(swap: Swap, device: string): readonly Effect[];
}

/** What a boot-loader driver may look at to find itself. Recorded with the other facts, so that detection is pure. */
export interface LoaderFacts {
  readonly layout: Layout;
  /** Paths below the root that exist, out of those that matter for starting (loader files, tools, the ESP's tree). */
  readonly files: readonly string[];
  /** Content of the small text files among them (grub.cfg, its ESP stub), by path. */
  readonly texts: Readonly<Record<string, string>>;
  /** First sector of a disk or partition; shorter, if it wasn't read. */
  readonly bootSector: (device: NodeId) => Uint8Array;
  /** Disks and partitions with code outside of tables and file systems, whoever's it is. */
  readonly coded: readonly NodeId[];
}

/** What a boot-loader driver may look at when it plans. */
export interface LoaderContext {
  readonly layout: Layout;
  readonly loader: Loader;
  /** Device on the target machine by node. */
  readonly targets: Readonly<Record<NodeId, string>>;
  /** Where the restored system is mounted. */
  readonly root: string;
  /** Names of devices in control files that don't lead to them here, and what names them for good. */
  readonly names: Readonly<Record<string, string>>;
  /** Firmware that the rescue was started by. */
  readonly firmware: "bios" | "uefi";
}

/** An entry of the firmware's boot menu for a loader whose machine had none: firmware found it by itself. */
export interface AssumedEntry {
  readonly label: string;
  /** With backslashes, from the top of the file system. */
  readonly file: string;
  readonly partition: Partition;
}

/** Paths of the source's system, below its root. */
export interface LoaderPaths {
  /** Whether they exist is recorded. */
  readonly files: readonly string[];
  /** What they hold is recorded, too. */
  readonly texts: readonly string[];
}

/** One boot loader. */
export interface LoaderDriver {
  readonly type: string;
  readonly needs: Needs;
  /** What must be in the details of a node that comes from a set. */
  readonly detailFields: DetailFields;
  /** What it looks at, besides kernels in /boot, files on ESPs, and `loader/` of boot file systems. */
  readonly paths?: LoaderPaths;
  /** Pure: looks for itself in what was recorded; undefined when the machine isn't started by it. */
  detect(facts: LoaderFacts): Loader | undefined;
  /** Asked only when no other driver found itself: it doesn't know what starts, only that something does. */
  readonly lastResort?: true;
  /** What to enter in a UEFI firmware's menu when the set knows no entry, the first one first. */
  assumedEntries?(context: LoaderContext): readonly AssumedEntry[];
  /** Actions that make the restored system boot (run after the files are back, mounts in place). */
  plan(context: LoaderContext): readonly Action[];
  /** Said before the first write: what will not be as it was. */
  warnings(context: LoaderContext): readonly string[];
  /** Looks at the disks afterwards, while the restored system is mounted; each string is a defect. */
  verify(host: Host, context: LoaderContext): Promise<readonly string[]>;
}
