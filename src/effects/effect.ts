import type { NodeId } from "../layout/types.ts";
import type { RunFields } from "./run-fields.ts";

/** What each primitive of a restore consists of, by its name. */
interface EffectFields {
  run: RunFields;
  wipe: {
    readonly path: string;
    readonly ranges: readonly (readonly [offsetBytes: number, lengthBytes: number])[];
  };
  /** Writes into a device, or into a file of the restored system. */
  writeAt: { readonly path: string; readonly offset: number; readonly base64: string };
  /** Gives a file system that was just made a label that its tool doesn't take; `bytesOfText` says which bytes. */
  label: { readonly path: string; readonly type: string; readonly label: string };
  /** Gives partitions names that sfdisk doesn't take, in a GUID partition table that was just made. */
  gptNames: {
    readonly path: string;
    readonly sectorBytes: number;
    readonly names: readonly { readonly number: number; readonly name: string }[];
  };
  /** Stops the arrays and logical volumes that lie on a disk and its partitions; fails if one is in use. */
  release: { readonly path: string };
  /** Sets how md treats a member of a running array. */
  raidHabits: {
    readonly path: string;
    readonly member: string;
    readonly habits: readonly ("writemostly" | "failfast")[];
  };
  /** Makes a file of zeros that occupies all of its blocks; `inPlace`: exempt from copy-on-write (btrfs). */
  fill: {
    readonly path: string;
    readonly sizeBytes: number;
    readonly mode: number;
    readonly inPlace?: boolean;
  };
  /**
   * Closes a disk to writes for as long as the restore lasts, whoever would write to it. Cannot destroy anything: it
   * only names what the plan leaves as it is.
   */
  keep: { readonly path: string };
  mkdir: { readonly path: string; readonly mode?: number };
  write: { readonly path: string; readonly text: string; readonly mode?: number };
  mount: {
    readonly source: string;
    readonly path: string;
    readonly type: string;
    readonly options: string;
  };
  unmount: { readonly path: string };
  /** Waits until the block device exists and has the size (the kernel rereads the table by itself). */
  await: { readonly path: string; readonly sizeBytes?: number; readonly timeoutMs: number };
  /** Makes the kernel drop what it knew of a disk and read its table; adds the `partitions` that it doesn't find. */
  rereadTable: { readonly path: string; readonly partitions?: readonly KernelPartition[] };
  /** Renames a restored file, so that nothing reads it any more; does nothing if it isn't there. */
  setAside: { readonly path: string; readonly to: string };
  /** Replaces whole device names in a restored text file (fstab, grub.cfg); does nothing if it has none of them. */
  renameDevices: { readonly path: string; readonly names: Readonly<Record<string, string>> };
  /** Replaces whole words (between blanks, commas, quotes) in a restored text file; skips a file that isn't there. */
  replaceWords: { readonly path: string; readonly words: Readonly<Record<string, string>> };
  /** Changes the options of fstab lines, each found by its mount point and its present options. */
  fstabOptions: {
    readonly path: string;
    readonly changes: readonly { readonly path: string; readonly from: string; readonly to: string }[];
  };
  /**
   * Changes lines of fstab, each found by what it mounts and where, keeping dump and pass; one that is gone becomes a
   * comment, new ones follow at the end.
   */
  fstabLines: { readonly path: string; readonly changes: readonly FstabLineChange[] };
  /**
   * Turns lines of a configuration file that begin with words of `without` (or have a `NAME=VALUE` of it) into
   * comments, and adds lines; makes the file if there is something to add. Does nothing where there is no directory
   * for it.
   */
  configLines: { readonly path: string; readonly without: readonly string[]; readonly add: readonly string[] };
  /**
   * Makes a UEFI boot entry unless the firmware has the same. It is in the boot order only once `efiOrder` names it.
   */
  efiEntry: {
    readonly disk: string;
    readonly partition: number;
    readonly startBytes: number;
    readonly sizeBytes: number;
    /** Its number, if no other entry has that. */
    readonly number?: string;
  } & EfiChoice & { readonly partitionUuid: string; readonly attributes: number };
  /** Puts the firmware's boot entries in the source's order, as far as it has them; all others follow as they were. */
  efiOrder: { readonly order: readonly EfiChoice[] };
  /** Makes the start of a device read as zeros, before an image with gaps goes there. */
  zero: { readonly path: string; readonly sizeBytes: number };
  /** Unpacks the set's files below the root, and images onto their devices. */
  unpack: { readonly root: string; readonly images?: readonly PlacedImage[] };
}

/** Names of the primitives: the keys of every table about effects. */
export type EffectKind = keyof EffectFields;

/** One kind of effect, or any of several. */
export type EffectOf<K extends EffectKind> = { [P in K]: { readonly do: P } & EffectFields[P] }[K];

/** The primitives that a restore is made of. A plan holds them as data; only `run/` carries them out. */
export type Effect = EffectOf<EffectKind>;

/** An entry of the archive that holds the content of a device. */
export interface PlacedImage {
  readonly entry: string;
  readonly device: string;
  /** Whether what is not stored must read as zeros. */
  readonly gaps: "zeros" | "unused";
}

/** A boot entry, identified by what it starts; one of the firmware's own only by its label. */
export interface EfiChoice {
  readonly label: string;
  readonly partitionUuid?: string;
  readonly file?: string;
  /** What it hands over, in base64; with it the label counts, too. Default: any. */
  readonly data?: string;
}

/** A line of fstab. */
export interface FstabLine {
  readonly spec: string;
  readonly path: string;
  readonly type: string;
  readonly options: string;
}

/** A line as it was, unless it is new, and as it is to be, unless it is gone. */
export interface FstabLineChange {
  readonly was?: FstabLine;
  readonly now?: FstabLine;
}

/** A partition as the kernel knows it. */
export interface KernelPartition {
  readonly number: number;
  readonly path: string;
  readonly startBytes: number;
  readonly sizeBytes: number;
}

/** One step: shown to people by `say`, journalled by `id`. */
export interface Action {
  /** Unique in the plan, and the same whenever the plan is made from the same input. */
  readonly id: string;
  readonly node: NodeId;
  /** Imperative, present tense: "Make an ext4 file system on /dev/vda2 (label root)". */
  readonly say: string;
  /** What is lost, as noun phrases with the device in them. Empty for harmless steps. */
  readonly destroys: readonly string[];
  readonly effects: readonly Effect[];
}
